"""Statements on customers, their endpoints and claims, and what joins or keeps apart two of them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, delete, exists, insert, literal_column, select, update
from sqlalchemy.sql.functions import coalesce

from hub.database import Statement, among, bound
from hub.models import address_marks, conversations, customers, endpoints, merges, requests, shop_customers, suggestions

_true: ColumnElement[bool] = literal_column("true")
_false: ColumnElement[bool] = literal_column("false")
_null: ColumnElement[int] = literal_column("NULL")

# --- customers ---

add_customer = Statement(
    insert(customers)
    .values(bound(customers, "name", "language", "provisional", "created_at"))
    .returning(customers.c.id)
)
add_conversation = Statement(
    insert(conversations).values(bound(conversations, "customer_id")).returning(conversations.c.id)
)
drop_conversation = Statement(delete(conversations).where(conversations.c.customer_id == bindparam("customer_id")))
drop_customer = Statement(delete(customers).where(customers.c.id == bindparam("customer_id")))

customer = Statement(
    select(
        customers.c.id,
        customers.c.version,
        customers.c.name,
        customers.c.language,
        customers.c.kind,
        customers.c.provisional,
        customers.c.merged_into,
        customers.c.created_at,
        conversations.c.id.label("conversation_id"),
        conversations.c.last_seq,
    )
    .join(conversations, conversations.c.customer_id == customers.c.id)
    .where(customers.c.id == bindparam("customer_id"))
)
customer_of_conversation = Statement(
    select(customers.c.id, customers.c.merged_into, customers.c.kind, conversations.c.last_seq)
    .join(conversations, conversations.c.customer_id == customers.c.id)
    .where(conversations.c.id == bindparam("conversation_id"))
)
customers_of_conversations = Statement(
    select(conversations.c.id.label("conversation_id"), customers.c.id, customers.c.merged_into)
    .join(customers, customers.c.id == conversations.c.customer_id)
    .where(among(conversations.c.id, "conversation_ids"))
)
joined = Statement(
    select(customers.c.id, conversations.c.id.label("conversation_id"), conversations.c.last_seq, customers.c.name)
    .join(conversations, conversations.c.customer_id == customers.c.id)
    .where(customers.c.merged_into == bindparam("customer_id"))
    .order_by(customers.c.id)
)
_lock = select(conversations.c.id).where(among(conversations.c.id, "conversation_ids")).order_by(conversations.c.id)
lock_conversations = Statement(_lock.with_for_update())
lock_free_conversations = Statement(_lock.with_for_update(skip_locked=True))
change_customer = Statement(
    update(customers)
    .where(customers.c.id == bindparam("customer_id"))
    .values(
        version=customers.c.version + literal_column("1"), **bound(customers, "name", "language", "provisional", "kind")
    )
)
bump_customer = Statement(
    update(customers)
    .where(customers.c.id == bindparam("customer_id"))
    .values(version=customers.c.version + literal_column("1"))
)
merge_customer = Statement(
    update(customers)
    .where(customers.c.id == bindparam("customer_id"))
    .values(version=customers.c.version + literal_column("1"), **bound(customers, "merged_into"))
)
add_merge = Statement(
    insert(merges).values(bound(merges, "customer_id", "into_id", "reason", "agent_id", "at")).returning(merges.c.id)
)
open_merge = Statement(
    select(merges.c.id, merges.c.customer_id, merges.c.into_id, merges.c.reason, merges.c.agent_id)
    .where(merges.c.customer_id == bindparam("customer_id"), merges.c.undone_at.is_(None))
    .order_by(merges.c.id.desc())
    .limit(literal_column("1"))
)
undo_merge = Statement(update(merges).where(merges.c.id == bindparam("merge_id")).values(bound(merges, "undone_at")))
shop_numbers = Statement(
    select(shop_customers.c.source, shop_customers.c.number, shop_customers.c.body)
    .where(among(shop_customers.c.customer_id, "customer_ids"))
    .order_by(shop_customers.c.id)
)

# --- endpoints ---

_ENDPOINT = (
    endpoints.c.id,
    endpoints.c.kind,
    endpoints.c.scope,
    endpoints.c.address,
    endpoints.c.shown,
    endpoints.c.customer_id,
    endpoints.c.held,
    endpoints.c.shared,
    endpoints.c.session,
    endpoints.c.assurance,
    endpoints.c.method,
    endpoints.c.proven_at,
    endpoints.c.seen_at,
    endpoints.c.left_at,
)

_joined = customers.alias()
holder = Statement(
    select(
        *_ENDPOINT,
        conversations.c.id.label("conversation_id"),
        customers.c.merged_into,
        exists().where(_joined.c.merged_into == customers.c.id).label("has_joined"),
        customers.c.kind.label("customer_kind"),
        customers.c.provisional,
        customers.c.name,
    )
    .join(conversations, conversations.c.customer_id == endpoints.c.customer_id)
    .join(customers, customers.c.id == endpoints.c.customer_id)
    .where(
        endpoints.c.kind == bindparam("kind"),
        endpoints.c.scope == bindparam("scope"),
        endpoints.c.address == bindparam("address"),
        endpoints.c.held,
        endpoints.c.shared.is_(_false),
    )
)
shared_endpoint = Statement(
    select(*_ENDPOINT).where(
        endpoints.c.kind == bindparam("kind"),
        endpoints.c.scope == bindparam("scope"),
        endpoints.c.address == bindparam("address"),
        endpoints.c.held,
        endpoints.c.shared,
    )
)
endpoint = Statement(select(*_ENDPOINT).where(endpoints.c.id == bindparam("endpoint_id")))
endpoints_of = Statement(
    select(*_ENDPOINT).where(among(endpoints.c.customer_id, "customer_ids")).order_by(endpoints.c.id)
)
claims_of_address = Statement(
    select(*_ENDPOINT)
    .where(
        endpoints.c.kind == bindparam("kind"),
        endpoints.c.address == bindparam("address"),
        endpoints.c.held.is_(_false),
    )
    .order_by(endpoints.c.id)
)
_ADDED = (
    "kind",
    "scope",
    "address",
    "shown",
    "customer_id",
    "held",
    "session",
    "assurance",
    "method",
    "proven_at",
    "seen_at",
)
hold = Statement(
    lambda d: (
        d.insert(endpoints)
        .values(bound(endpoints, *_ADDED))
        .on_conflict_do_nothing(
            index_elements=["kind", "scope", "address"],
            index_where=literal_column("held AND NOT shared"),
        )
        .returning(endpoints.c.id)
    )
)
claim = Statement(
    lambda d: (
        d.insert(endpoints)
        .values(bound(endpoints, *_ADDED))
        .on_conflict_do_nothing(index_elements=["session", "kind", "address"], index_where=literal_column("NOT held"))
        .returning(endpoints.c.id)
    )
)
claim_of_session = Statement(
    select(*_ENDPOINT).where(
        endpoints.c.session == bindparam("session"),
        endpoints.c.kind == bindparam("kind"),
        endpoints.c.address == bindparam("address"),
        endpoints.c.held.is_(_false),
    )
)
take_claim = Statement(
    update(endpoints)
    .where(endpoints.c.id == bindparam("endpoint_id"))
    .values(held=_true, **bound(endpoints, "session", "assurance", "method", "proven_at"))
)
take_back = Statement(
    update(endpoints)
    .where(endpoints.c.id == bindparam("endpoint_id"))
    .values(held=_false, **bound(endpoints, "session", "assurance", "method", "proven_at"))
)
set_shared = Statement(
    update(endpoints).where(endpoints.c.id == bindparam("endpoint_id")).values(bound(endpoints, "shared"))
)
retire_claim = Statement(
    update(endpoints).where(endpoints.c.id == bindparam("endpoint_id")).values(bound(endpoints, "session"))
)
prove = Statement(
    update(endpoints)
    .where(endpoints.c.id == bindparam("endpoint_id"))
    .values(bound(endpoints, "assurance", "method", "proven_at"))
)
seen = Statement(
    update(endpoints)
    .where(endpoints.c.id == bindparam("endpoint_id"))
    .values(left_at=_null, **bound(endpoints, "seen_at"))
)
left = Statement(
    update(endpoints).where(endpoints.c.id == bindparam("endpoint_id")).values(bound(endpoints, "left_at"))
)

# What the inbox shows of a customer stands in the rows of their requests.
bump_requests = Statement(
    update(requests)
    .where(
        requests.c.id.in_(
            select(requests.c.id)
            .where(among(requests.c.conversation_id, "conversation_ids"))
            .order_by(requests.c.id.desc())
            .limit(literal_column("100"))
        )
    )
    .values(version=requests.c.version + literal_column("1"))
    .returning(requests.c.id)
)

# --- kept apart, or suggested to be one ---

suggest = Statement(
    lambda d: (
        d.insert(suggestions)
        .values(bound(suggestions, "customer_id", "other_id", "evidence", "at"))
        .on_conflict_do_nothing(index_elements=["customer_id", "other_id"])
    )
)
keep_apart = Statement(
    lambda d: (
        lambda added: added.on_conflict_do_update(
            index_elements=["customer_id", "other_id"], set_={"verdict": added.excluded.verdict}
        )
    )(d.insert(suggestions).values(bound(suggestions, "customer_id", "other_id", "evidence", "verdict", "at")))
)
suggestions_of = Statement(
    select(
        suggestions.c.id,
        suggestions.c.customer_id,
        suggestions.c.other_id,
        suggestions.c.evidence,
        customers.c.name,
    )
    .join(customers, customers.c.id == suggestions.c.other_id)
    .where(among(suggestions.c.customer_id, "customer_ids"), suggestions.c.verdict == literal_column("''"))
    .order_by(suggestions.c.id)
)

suggesting = Statement(
    select(suggestions.c.customer_id)
    .where(suggestions.c.other_id == bindparam("customer_id"), suggestions.c.verdict == literal_column("''"))
    .order_by(suggestions.c.customer_id)
    .limit(literal_column("50"))
)
kept_apart = Statement(
    select(suggestions.c.id).where(
        among(suggestions.c.customer_id, "customer_ids"),
        among(suggestions.c.other_id, "other_ids"),
        suggestions.c.verdict == literal_column("'not_same'"),
    )
)

# --- what is no customer's ---

mark_of = Statement(
    select(address_marks.c.mark).where(
        address_marks.c.kind == bindparam("kind"), address_marks.c.address == bindparam("address")
    )
)
mark = Statement(
    lambda d: (
        lambda added: added.on_conflict_do_update(
            index_elements=["kind", "address"], set_={"mark": added.excluded.mark, "at": added.excluded.at}
        )
    )(d.insert(address_marks).values(bound(address_marks, "kind", "address", "mark", "agent_id", "at")))
)
unmark = Statement(
    delete(address_marks).where(
        address_marks.c.kind == bindparam("kind"), address_marks.c.address == bindparam("address")
    )
)

by_address = Statement(
    select(
        endpoints.c.customer_id,
        endpoints.c.held,
        endpoints.c.assurance,
        coalesce(customers.c.merged_into, customers.c.id),
    )
    .join(customers, customers.c.id == endpoints.c.customer_id)
    .where(endpoints.c.kind == bindparam("kind"), endpoints.c.address == bindparam("address"))
    .order_by(endpoints.c.held.desc(), endpoints.c.id)
)
