"""Tokens of programs that use the API."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select, update

from hub.database import Statement, bound
from hub.models import agents, tokens

_TOKEN = (
    tokens.c.id,
    tokens.c.name,
    tokens.c.secret_hash,
    tokens.c.scopes,
    tokens.c.agent_id,
    tokens.c.created_at,
    tokens.c.expires_at,
    tokens.c.last_used_at,
    tokens.c.revoked_at,
    agents.c.role,
    agents.c.disabled,
)
_FROM = tokens.join(agents, agents.c.id == tokens.c.agent_id)

add = Statement(
    insert(tokens)
    .values(bound(tokens, "name", "secret_hash", "scopes", "agent_id", "created_at", "expires_at"))
    .returning(tokens.c.id)
)
by_id = Statement(select(*_TOKEN).select_from(_FROM).where(tokens.c.id == bindparam("token_id")))
listed = Statement(select(*_TOKEN).select_from(_FROM).order_by(tokens.c.id))
used = Statement(update(tokens).where(tokens.c.id == bindparam("token_id")).values(bound(tokens, "last_used_at")))
revoke = Statement(
    update(tokens)
    .where(tokens.c.id == bindparam("token_id"), tokens.c.revoked_at.is_(None))
    .values(bound(tokens, "revoked_at"))
)
