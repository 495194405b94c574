"""Every call that the control port takes."""

from __future__ import annotations

from hub.commands import agents, tokens

KNOWN = (
    agents.InviteAgent
    | agents.ListAgents
    | agents.SetPassword
    | agents.DisableAgent
    | tokens.CreateToken
    | tokens.ListTokens
    | tokens.RevokeToken
)
