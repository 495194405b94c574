"""Statements that find customers for programs: at an address, or one after another."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, literal_column, select

from hub.database import Statement
from hub.models import customers, endpoints, entries

_false: ColumnElement[bool] = literal_column("false")

_at_address = (endpoints.c.kind == bindparam("kind"), endpoints.c.address == bindparam("address"))

# Whoever holds an address is one, or, where it is shared, a household.
holders = Statement(
    select(endpoints.c.id, endpoints.c.customer_id)
    .where(*_at_address, endpoints.c.held)
    .order_by(endpoints.c.id)
    .limit(literal_column("100"))
)
claimants = Statement(
    select(endpoints.c.id, endpoints.c.customer_id)
    .where(*_at_address, endpoints.c.held.is_(_false), endpoints.c.id > bindparam("after", type_=endpoints.c.id.type))
    .order_by(endpoints.c.id)
    .limit(bindparam("limit"))
)
page = Statement(
    select(customers.c.id)
    .where(customers.c.merged_into.is_(None), customers.c.id > bindparam("after", type_=customers.c.id.type))
    .order_by(customers.c.id)
    .limit(bindparam("limit"))
)

# What a form's fields and a colleague's promises were written down as.
told = Statement(
    select(entries.c.seq, entries.c.author_id, entries.c.details)
    .where(entries.c.conversation_id == bindparam("conversation_id"), entries.c.tells)
    .order_by(entries.c.seq)
)
