"""Statements on deliveries: what we send, part by part."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, insert, literal_column, not_, or_, select, update

from hub.database import Statement, among, bound
from hub.models import accounts, deliveries, endpoints, entries, provider_ids

CHANGED = (
    "state",
    "reason",
    "code",
    "tries",
    "next_try_at",
    "undo_until",
    "sent_at",
    "delivered_at",
    "read_at",
)
_DELIVERY = (
    deliveries.c.id,
    deliveries.c.version,
    deliveries.c.entry_id,
    deliveries.c.part,
    deliveries.c.endpoint_id,
    deliveries.c.account_id,
    deliveries.c.follows_id,
    deliveries.c.carried_by,
    deliveries.c.details,
    deliveries.c.created_at,
    *(deliveries.c[name] for name in CHANGED),
)
_SHOWN = (
    *_DELIVERY,
    accounts.c.name.label("account"),
    accounts.c.channel,
    endpoints.c.kind.label("endpoint_kind"),
    endpoints.c.shown.label("endpoint_shown"),
    entries.c.conversation_id,
)
_FROM = (
    deliveries.join(accounts, accounts.c.id == deliveries.c.account_id)
    .join(entries, entries.c.id == deliveries.c.entry_id)
    .outerjoin(endpoints, endpoints.c.id == deliveries.c.endpoint_id)
)
add = Statement(
    insert(deliveries)
    .values(
        bound(
            deliveries,
            "entry_id",
            "part",
            "endpoint_id",
            "account_id",
            "follows_id",
            "carried_by",
            "details",
            "created_at",
            *CHANGED,
        )
    )
    .returning(deliveries.c.id)
)
delivery = Statement(select(*_SHOWN).select_from(_FROM).where(deliveries.c.id == bindparam("delivery_id")))
of_entries = Statement(
    select(*_SHOWN).select_from(_FROM).where(among(deliveries.c.entry_id, "entry_ids")).order_by(deliveries.c.id)
)
change = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery_id"))
    .values(version=deliveries.c.version + literal_column("1"), **bound(deliveries, *CHANGED))
)
carried = Statement(
    select(*_SHOWN)
    .select_from(_FROM)
    .where(deliveries.c.carried_by == bindparam("delivery_id"))
    .order_by(deliveries.c.id)
)
# Entries of one conversation leave in order: one waits while an earlier one to the same place has its turn. One that
# was tried in vain this often no longer holds back what came after it.
_TRIES_WAITED_FOR = 3
_earlier = deliveries.alias("earlier")
_is_held_back = (
    select(_earlier.c.id)
    .where(
        _earlier.c.endpoint_id == deliveries.c.endpoint_id,
        _earlier.c.account_id == deliveries.c.account_id,
        or_(
            _earlier.c.entry_id < deliveries.c.entry_id,
            and_(_earlier.c.entry_id == deliveries.c.entry_id, _earlier.c.part < deliveries.c.part),
        ),
        _earlier.c.next_try_at.is_not(None),
        or_(
            _earlier.c.state == literal_column("'sending'"),
            and_(
                _earlier.c.state == literal_column("'queued'"),
                _earlier.c.tries < literal_column(str(_TRIES_WAITED_FOR)),
            ),
            and_(_earlier.c.state == literal_column("'scheduled'"), _earlier.c.next_try_at <= bindparam("now")),
        ),
    )
    .exists()
)
# What is not to be sent is only looked at, however busy its account is.
due = Statement(
    select(deliveries.c.id, deliveries.c.account_id, deliveries.c.state)
    .where(
        deliveries.c.next_try_at.is_not(None),
        deliveries.c.next_try_at <= bindparam("now"),
        or_(
            deliveries.c.state.in_([literal_column("'sending'"), literal_column("'sent'")]),
            and_(not_(among(deliveries.c.account_id, "full")), not_(_is_held_back)),
        ),
    )
    .order_by(deliveries.c.next_try_at, deliveries.c.id)
    .limit(literal_column("100"))
)
next_due = Statement(select(func.min(deliveries.c.next_try_at)).where(deliveries.c.next_try_at > bindparam("after")))
sending_through = Statement(
    select(deliveries.c.id)
    .join(accounts, accounts.c.id == deliveries.c.account_id)
    .where(
        deliveries.c.next_try_at <= bindparam("until"),
        deliveries.c.state == literal_column("'sending'"),
        accounts.c.channel == bindparam("channel"),
    )
    .limit(literal_column("1"))
)
part = Statement(
    select(deliveries.c.id)
    .where(
        deliveries.c.entry_id == bindparam("entry_id"),
        deliveries.c.account_id == bindparam("account_id"),
        deliveries.c.part == bindparam("part"),
    )
    .limit(literal_column("1"))
)
add_provider_id = Statement(
    lambda d: (
        d.insert(provider_ids)
        .values(bound(provider_ids, "account_id", "provider_id", "delivery_id"))
        .on_conflict_do_nothing(index_elements=["account_id", "provider_id"])
    )
)
by_provider_id = Statement(
    select(provider_ids.c.delivery_id)
    .where(provider_ids.c.provider_id == bindparam("provider_id"))
    .order_by(provider_ids.c.delivery_id.desc())
    .limit(literal_column("1"))
)
undelivered_to = Statement(
    select(*_DELIVERY)
    .where(
        deliveries.c.endpoint_id == bindparam("endpoint_id"),
        deliveries.c.account_id == bindparam("account_id"),
        deliveries.c.state == literal_column("'sent'"),
        deliveries.c.delivered_at.is_(None),
    )
    .order_by(deliveries.c.id)
    .limit(literal_column("50"))
)
waiting_to = Statement(
    select(*_DELIVERY)
    .where(
        among(deliveries.c.endpoint_id, "endpoint_ids"),
        deliveries.c.state.in_([literal_column("'queued'"), literal_column("'scheduled'")]),
    )
    .order_by(deliveries.c.id)
    .limit(literal_column("50"))
)
followed = Statement(
    select(deliveries.c.id).where(deliveries.c.follows_id == bindparam("delivery_id")).limit(literal_column("1"))
)
recheck = Statement(
    update(deliveries)
    .where(
        deliveries.c.endpoint_id == bindparam("endpoint_id"),
        deliveries.c.state == literal_column("'sent'"),
        deliveries.c.delivered_at.is_(None),
    )
    .values(bound(deliveries, "next_try_at"))
)
unread_by_endpoint = Statement(
    select(deliveries.c.id, deliveries.c.entry_id, deliveries.c.state)
    .where(
        deliveries.c.endpoint_id == bindparam("endpoint_id"),
        deliveries.c.entry_id <= bindparam("up_to"),
        deliveries.c.read_at.is_(None),
        deliveries.c.state.in_([literal_column("'sent'"), literal_column("'delivered'")]),
    )
    .order_by(deliveries.c.id)
    .limit(literal_column("200"))
)
