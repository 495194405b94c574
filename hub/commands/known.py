"""Every call that the control port takes."""

from __future__ import annotations

from hub.commands import agents, channels, clock, imports, status, tokens

KNOWN = (
    agents.InviteAgent
    | agents.ListAgents
    | agents.SetPassword
    | agents.DisableAgent
    | agents.ResetPassword
    | tokens.CreateToken
    | tokens.ListTokens
    | tokens.RevokeToken
    | channels.ListAccounts
    | channels.AddAccount
    | channels.TestAccount
    | channels.RemoveAccount
    | channels.ReadAgain
    | imports.ImportOrders
    | clock.MoveClock
    | status.ReadStatus
)
