"""Colleagues, and the one-time links by which they come in."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Update, and_, bindparam, delete, false, insert, literal_column, select, update

from hub.database import Statement, bound
from hub.models import agents, invitations

_AGENT = (
    agents.c.id,
    agents.c.version,
    agents.c.name,
    agents.c.email,
    agents.c.role,
    agents.c.password_hash,
    agents.c.disabled,
    agents.c.away,
    agents.c.is_token,
)

# Who could let a disabled or demoted administrator in again.
_ADMINISTRATOR = and_(
    agents.c.role == literal_column("'admin'"),
    agents.c.disabled == false(),
    agents.c.is_token == false(),
    agents.c.password_hash.is_not(None),
)


def _change(*columns: str) -> Update:
    return (
        update(agents)
        .where(agents.c.id == bindparam("agent_id"))
        .values(version=agents.c.version + literal_column("1"), **bound(agents, *columns))
    )


add = Statement(
    lambda d: (
        d.insert(agents)
        .values(bound(agents, "name", "email", "role", "is_token", "created_at"))
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(agents.c.id)
    )
)
by_id = Statement(select(*_AGENT).where(agents.c.id == bindparam("agent_id")))
by_email = Statement(select(*_AGENT).where(agents.c.email == bindparam("email")))
everyone = Statement(select(*_AGENT).order_by(agents.c.name, agents.c.id))

# Locked, so that two administrators who remove each other at once do not both succeed.
administrators = Statement(select(agents.c.id).where(_ADMINISTRATOR).order_by(agents.c.id).with_for_update())
some_administrator = Statement(select(agents.c.id).where(_ADMINISTRATOR).limit(literal_column("1")))

set_password = Statement(_change("password_hash"))
set_name = Statement(_change("name"))
set_role = Statement(_change("role"))
set_disabled = Statement(_change("disabled"))
set_away = Statement(_change("away"))

# A hash with newer settings says nothing new about the colleague.
refresh_hash = Statement(
    update(agents)
    .where(agents.c.id == bindparam("agent_id"), agents.c.password_hash == bindparam("old"))
    .values(bound(agents, "password_hash"))
)


def _usable() -> ColumnElement[bool]:
    return and_(
        invitations.c.secret_hash == bindparam("secret_hash"),
        invitations.c.used_at.is_(None),
        invitations.c.expires_at > bindparam("now"),
    )


invite = Statement(insert(invitations).values(bound(invitations, "secret_hash", "agent_id", "purpose", "expires_at")))
invitation = Statement(
    select(
        invitations.c.purpose,
        invitations.c.agent_id,
        agents.c.name,
        agents.c.email,
        agents.c.disabled,
    )
    .select_from(invitations.outerjoin(agents, agents.c.id == invitations.c.agent_id))
    .where(_usable())
)
use_invitation = Statement(update(invitations).where(_usable()).values(used_at=bindparam("now")))
drop_invitations = Statement(
    delete(invitations).where(
        invitations.c.purpose == bindparam("purpose"),
        invitations.c.agent_id.is_not_distinct_from(bindparam("agent_id", type_=invitations.c.agent_id.type)),
        invitations.c.used_at.is_(None),
    )
)
recent_resets = Statement(
    select(invitations.c.secret_hash).where(
        invitations.c.purpose == literal_column("'reset'"),
        invitations.c.agent_id == bindparam("agent_id"),
        invitations.c.expires_at > bindparam("expires_after"),
    )
)
