"""Statements on orders: what the shop told us, every version of it, and whose addresses they were placed with."""

from __future__ import annotations

from sqlalchemy import Select, bindparam, delete, insert, literal_column, select, union, update
from sqlalchemy.sql.functions import coalesce

from hub.database import Statement, among, bound
from hub.models import (
    endpoints,
    order_addresses,
    order_milestones,
    order_versions,
    orders,
    shop_customers,
)

# The kind under which an order's customer number stands among its addresses.
NUMBER = "number"

_TOLD = ("status", "updated_at", "as_of", "placed_at", "body")
_ORDER = (orders.c.id, orders.c.version, orders.c.source, orders.c.number, *(orders.c[name] for name in _TOLD))
_numbered = (orders.c.source == bindparam("source"), orders.c.number == bindparam("number"))

order = Statement(select(*_ORDER).where(*_numbered))
lock = Statement(select(*_ORDER).where(*_numbered).with_for_update())
add = Statement(
    lambda d: (
        d.insert(orders)
        .values(bound(orders, "source", "number", *_TOLD))
        .on_conflict_do_nothing(index_elements=["source", "number"])
        .returning(orders.c.id)
    )
)
change = Statement(
    update(orders)
    .where(orders.c.id == bindparam("order_id"))
    .values(version=orders.c.version + literal_column("1"), **bound(orders, *_TOLD))
    .returning(orders.c.version)
)
add_version = Statement(insert(order_versions).values(bound(order_versions, "order_id", "version", "as_of", "body")))
version = Statement(
    select(order_versions.c.version, order_versions.c.as_of, order_versions.c.body).where(
        order_versions.c.order_id == bindparam("order_id"), order_versions.c.version == bindparam("version")
    )
)

# --- whose it is ---

drop_addresses = Statement(delete(order_addresses).where(order_addresses.c.order_id == bindparam("order_id")))
add_address = Statement(
    lambda d: (
        d.insert(order_addresses)
        .values(bound(order_addresses, "order_id", "kind", "address", "verified"))
        .on_conflict_do_nothing(index_elements=["order_id", "kind", "address"])
    )
)
_same_address = (endpoints.c.kind == order_addresses.c.kind) & (endpoints.c.address == order_addresses.c.address)
_same_number = (
    (order_addresses.c.kind == literal_column(f"'{NUMBER}'"))
    & (shop_customers.c.number == order_addresses.c.address)
    & (shop_customers.c.source == orders.c.source)
)
by_address = Statement(
    select(
        order_addresses.c.order_id,
        endpoints.c.customer_id,
        endpoints.c.kind,
        endpoints.c.held,
        endpoints.c.shared,
    )
    .join(endpoints, _same_address)
    .where(among(order_addresses.c.order_id, "order_ids"))
    .order_by(order_addresses.c.order_id, endpoints.c.kind, endpoints.c.id)
)
by_number = Statement(
    select(order_addresses.c.order_id, shop_customers.c.customer_id)
    .join(orders, orders.c.id == order_addresses.c.order_id)
    .join(shop_customers, _same_number)
    .where(among(order_addresses.c.order_id, "order_ids"), shop_customers.c.customer_id.is_not(None))
    .order_by(order_addresses.c.order_id, shop_customers.c.id)
)
_theirs = union(
    select(order_addresses.c.order_id)
    .join(endpoints, _same_address)
    .where(among(endpoints.c.customer_id, "customer_ids")),
    select(order_addresses.c.order_id)
    .join(orders, orders.c.id == order_addresses.c.order_id)
    .join(shop_customers, _same_number)
    .where(among(shop_customers.c.customer_id, "customer_ids")),
).subquery()
of_customers = Statement(
    select(orders.c.id)
    .join(_theirs, _theirs.c.order_id == orders.c.id)
    .order_by(coalesce(orders.c.placed_at, orders.c.updated_at).desc(), orders.c.id.desc())
    .limit(bindparam("limit"))
)
of_address = Statement(
    select(order_addresses.c.order_id.label("id"))
    .where(order_addresses.c.kind == bindparam("kind"), order_addresses.c.address == bindparam("address"))
    .order_by(order_addresses.c.order_id.desc())
    .limit(bindparam("limit"))
)

# --- found by their ids, numbers or pages ---

by_ids = Statement(select(*_ORDER).where(among(orders.c.id, "order_ids")))
numbered = Statement(
    select(orders.c.id, orders.c.source, orders.c.number, orders.c.version).where(among(orders.c.number, "numbers"))
)


def _page(wanted: Select[tuple[int]]) -> Statement:
    before = bindparam("before", type_=orders.c.id.type)
    return Statement(wanted.where(orders.c.id < before).order_by(orders.c.id.desc()).limit(bindparam("limit")))


page = _page(select(orders.c.id))
page_of_source = _page(select(orders.c.id).where(orders.c.source == bindparam("source")))
page_of_address = _page(
    select(orders.c.id)
    .join(order_addresses, order_addresses.c.order_id == orders.c.id)
    .where(order_addresses.c.kind == bindparam("kind"), order_addresses.c.address == bindparam("address"))
)

# --- milestones ---

reach = Statement(
    lambda d: (
        d.insert(order_milestones)
        .values(bound(order_milestones, "order_id", "milestone"))
        .on_conflict_do_nothing(index_elements=["order_id", "milestone"])
        .returning(order_milestones.c.milestone)
    )
)
note_entry = Statement(
    update(order_milestones)
    .where(order_milestones.c.order_id == bindparam("order_id"), order_milestones.c.milestone == bindparam("milestone"))
    .values(bound(order_milestones, "entry_id"))
)
