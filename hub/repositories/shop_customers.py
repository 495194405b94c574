"""Statements on customers as a shop knows them."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from hub.database import Statement, bound
from hub.models import shop_customers

lock = Statement(
    select(
        shop_customers.c.id,
        shop_customers.c.customer_id,
        shop_customers.c.updated_at,
        shop_customers.c.body,
    )
    .where(shop_customers.c.source == bindparam("source"), shop_customers.c.number == bindparam("number"))
    .with_for_update()
)
add = Statement(
    lambda d: (
        d.insert(shop_customers)
        .values(bound(shop_customers, "source", "number", "updated_at", "body"))
        .on_conflict_do_nothing(index_elements=["source", "number"])
        .returning(shop_customers.c.id)
    )
)
change = Statement(
    update(shop_customers)
    .where(shop_customers.c.id == bindparam("shop_customer_id"))
    .values(bound(shop_customers, "updated_at", "body"))
)
link = Statement(
    update(shop_customers)
    .where(shop_customers.c.id == bindparam("shop_customer_id"))
    .values(bound(shop_customers, "customer_id"))
)
