"""Statements on drafts: one per colleague, mode and slot; gone ones are kept empty so that their version grows."""

from __future__ import annotations

from sqlalchemy import bindparam, literal_column, select

from hub.database import Statement, bound
from hub.models import customers, drafts

_DRAFT = (
    drafts.c.id,
    drafts.c.version,
    drafts.c.agent_id,
    drafts.c.customer_id,
    drafts.c.mode,
    drafts.c.slot,
    drafts.c.body,
    drafts.c.saved_at,
    drafts.c.gone,
    customers.c.name.label("customer_name"),
)
_FROM = drafts.outerjoin(customers, customers.c.id == drafts.c.customer_id)

save = Statement(
    lambda d: (
        lambda added: added.on_conflict_do_update(
            index_elements=["agent_id", "mode", "slot"],
            set_={
                "body": added.excluded.body,
                "customer_id": added.excluded.customer_id,
                "saved_at": added.excluded.saved_at,
                "gone": added.excluded.gone,
                "version": drafts.c.version + literal_column("1"),
            },
        ).returning(drafts.c.id)
    )(d.insert(drafts).values(bound(drafts, "agent_id", "customer_id", "mode", "slot", "body", "saved_at", "gone")))
)
draft = Statement(select(*_DRAFT).select_from(_FROM).where(drafts.c.id == bindparam("draft_id")))
by_slot = Statement(
    select(*_DRAFT)
    .select_from(_FROM)
    .where(
        drafts.c.agent_id == bindparam("agent_id"),
        drafts.c.mode == bindparam("mode"),
        drafts.c.slot == bindparam("slot"),
    )
)
of_customer = Statement(
    select(drafts.c.id, drafts.c.agent_id)
    .where(drafts.c.customer_id == bindparam("customer_id"), drafts.c.gone.is_(literal_column("false")))
    .order_by(drafts.c.id)
    .limit(literal_column("50"))
)
of_agent = Statement(
    select(*_DRAFT)
    .select_from(_FROM)
    .where(drafts.c.agent_id == bindparam("agent_id"), drafts.c.gone.is_(literal_column("false")))
    .order_by(drafts.c.id)
    .limit(literal_column("200"))
)
