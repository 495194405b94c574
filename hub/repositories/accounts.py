"""Statements on accounts: configured instances of channels and shops."""

from __future__ import annotations

from sqlalchemy import bindparam, literal_column, select, update

from hub.database import Statement, bound
from hub.models import accounts

_ACCOUNT = (
    accounts.c.id,
    accounts.c.version,
    accounts.c.name,
    accounts.c.channel,
    accounts.c.label,
    accounts.c.settings,
    accounts.c.secrets,
    accounts.c.state,
    accounts.c.state_reason,
    accounts.c.cursor,
    accounts.c.gone,
)
add = Statement(
    lambda d: (
        lambda added: added.on_conflict_do_update(
            index_elements=["name"],
            set_={
                "label": added.excluded.label,
                "settings": added.excluded.settings,
                "secrets": added.excluded.secrets,
                "gone": literal_column("false"),
                "version": accounts.c.version + literal_column("1"),
            },
            where=accounts.c.channel == added.excluded.channel,
        ).returning(accounts.c.id)
    )(d.insert(accounts).values(bound(accounts, "name", "channel", "label", "settings", "secrets", "created_at")))
)
add_if_missing = Statement(
    lambda d: (
        d.insert(accounts)
        .values(bound(accounts, "name", "channel", "label", "settings", "secrets", "created_at"))
        .on_conflict_do_nothing(index_elements=["name"])
    )
)
account = Statement(select(*_ACCOUNT).where(accounts.c.id == bindparam("account_id")))
by_name = Statement(select(*_ACCOUNT).where(accounts.c.name == bindparam("name")))
every = Statement(select(*_ACCOUNT).order_by(accounts.c.id))
set_state = Statement(
    update(accounts)
    .where(
        accounts.c.id == bindparam("account_id"),
        (accounts.c.state != bindparam("state")) | (accounts.c.state_reason != bindparam("state_reason")),
    )
    .values(version=accounts.c.version + literal_column("1"), **bound(accounts, "state", "state_reason"))
)
set_cursor = Statement(
    update(accounts).where(accounts.c.id == bindparam("account_id")).values(bound(accounts, "cursor"))
)
remove = Statement(
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(
        version=accounts.c.version + literal_column("1"),
        gone=literal_column("true"),
        secrets=literal_column("''"),
    )
)
