"""Statements on requests, the inbox lists they stand in, and the counts of those lists."""

from __future__ import annotations

from functools import cache

from sqlalchemy import bindparam, delete, exists, insert, literal_column, select, tuple_, update

from hub.database import Statement, among, bound
from hub.models import conversations, customers, entries, inbox_counts, request_orders, requests

CHANGED = (
    "subject",
    "topic",
    "status",
    "status_text",
    "owner_id",
    "team_id",
    "priority",
    "store",
    "snoozed_until",
    "waiting_since",
    "first_response_at",
    "resolved_at",
    "open_ms",
    "open_since",
    "last_at",
    "last_entry_id",
    "unread",
    "failed",
    "box",
    "rank",
)
_REQUEST = (
    requests.c.id,
    requests.c.version,
    requests.c.conversation_id,
    requests.c.opened_at,
    requests.c.backfilled,
    *(requests.c[name] for name in CHANGED),
)
add = Statement(
    insert(requests)
    .values(bound(requests, "conversation_id", "opened_at", "backfilled", *CHANGED))
    .returning(*_REQUEST)
)


@cache
def change(columns: tuple[str, ...]) -> Statement:
    """Change these columns alone: SQLite writes every index anew that holds a column which is named."""
    return Statement(
        update(requests)
        .where(requests.c.id == bindparam("request_id"))
        .values(version=requests.c.version + literal_column("1"), **bound(requests, *columns))
        .returning(*_REQUEST)
    )


request = Statement(select(*_REQUEST).where(requests.c.id == bindparam("request_id")))
some = Statement(select(*_REQUEST).where(among(requests.c.id, "request_ids")))
_SOME_OF_CONVERSATIONS = (
    select(*_REQUEST)
    .where(among(requests.c.conversation_id, "conversation_ids"))
    .order_by(requests.c.id.desc())
    .limit(literal_column("100"))
)
of_conversations = Statement(_SOME_OF_CONVERSATIONS)
some_shown = Statement(_SOME_OF_CONVERSATIONS.where(requests.c.box != literal_column("'hidden'")))
some_hidden = Statement(_SOME_OF_CONVERSATIONS.where(requests.c.box == literal_column("'hidden'")))
# What was said in a request, in the order of its arrival.
entries_of = Statement(
    select(
        entries.c.id,
        entries.c.kind,
        entries.c.direction,
        entries.c.author_kind,
        entries.c.received_time,
        entries.c.automatic,
        entries.c.backfilled,
        entries.c.details,
        entries.c.orders,
    )
    .where(entries.c.request_id == bindparam("request_id"))
    .order_by(entries.c.id)
)
_joined = customers.alias()
_ROW = (
    *_REQUEST,
    customers.c.id.label("customer_id"),
    customers.c.name.label("customer_name"),
    customers.c.merged_into,
    customers.c.provisional,
    exists().where(_joined.c.merged_into == customers.c.id).label("has_joined"),
    entries.c.id.label("words_id"),
    entries.c.kind.label("words_kind"),
    entries.c.channel.label("words_channel"),
    entries.c.direction.label("words_direction"),
    entries.c.author_name.label("words_author"),
    entries.c.text.label("words_text"),
    entries.c.quoted_from.label("words_quoted_from"),
    entries.c.subject.label("words_subject"),
    entries.c.details.label("words_details"),
)
_ROWS = (
    requests.join(conversations, conversations.c.id == requests.c.conversation_id)
    .join(customers, customers.c.id == conversations.c.customer_id)
    .outerjoin(entries, entries.c.id == requests.c.last_entry_id)
)
some_rows = Statement(select(*_ROW).select_from(_ROWS).where(among(requests.c.id, "request_ids")))

_after = tuple_(requests.c.rank, requests.c.id) > tuple_(
    bindparam("rank", type_=requests.c.rank.type), bindparam("after_id", type_=requests.c.id.type)
)
_upto = tuple_(requests.c.rank, requests.c.id) <= tuple_(
    bindparam("floor_rank", type_=requests.c.rank.type), bindparam("floor_id", type_=requests.c.id.type)
)


def _page(*conditions: object) -> Statement:
    return Statement(
        select(*_ROW)
        .select_from(_ROWS)
        .where(*conditions, _after, _upto)  # type: ignore[arg-type]
        .order_by(requests.c.rank, requests.c.id)
        .limit(bindparam("limit"))
    )


_open = requests.c.box == literal_column("'open'")

# A page of each list, after (rank, after_id) and up to (floor_rank, floor_id).
LISTS: dict[str, Statement] = {
    "open": _page(_open),
    "unassigned": _page(_open, requests.c.owner_id.is_(None)),
    "mine": _page(_open, requests.c.owner_id == bindparam("owner_id")),
    "snoozed": _page(requests.c.box == literal_column("'snoozed'")),
    "failed": _page(requests.c.failed > literal_column("0"), requests.c.box != literal_column("'hidden'")),
    "resolved": _page(requests.c.box == literal_column("'resolved'")),
}

due_snoozes = Statement(
    select(requests.c.id, requests.c.conversation_id)
    .where(requests.c.snoozed_until.is_not(None), requests.c.snoozed_until <= bindparam("now"))
    .order_by(requests.c.snoozed_until)
    .limit(literal_column("50"))
)

add_count = Statement(
    lambda d: (
        lambda added: added.on_conflict_do_update(
            index_elements=["name"], set_={"n": inbox_counts.c.n + added.excluded.n}
        )
    )(d.insert(inbox_counts).values(bound(inbox_counts, "name", "n")))
)
counts = Statement(select(inbox_counts.c.name, inbox_counts.c.n))

link_order = Statement(
    lambda d: (
        d.insert(request_orders)
        .values(bound(request_orders, "request_id", "source", "number"))
        .on_conflict_do_nothing(index_elements=["request_id", "source", "number"])
    )
)
unlink_order = Statement(
    delete(request_orders).where(
        request_orders.c.request_id == bindparam("request_id"),
        request_orders.c.source == bindparam("source"),
        request_orders.c.number == bindparam("number"),
    )
)
orders_of = Statement(
    select(request_orders.c.request_id, request_orders.c.source, request_orders.c.number)
    .where(among(request_orders.c.request_id, "request_ids"))
    .order_by(request_orders.c.source, request_orders.c.number)
)
# What we began ourselves, or took by phone, nobody waited for.
recent_response_times = Statement(
    select(requests.c.opened_at, requests.c.first_response_at)
    .where(
        requests.c.first_response_at.is_not(None),
        requests.c.first_response_at >= bindparam("since", type_=requests.c.opened_at.type),
        requests.c.first_response_at > requests.c.opened_at,
        requests.c.backfilled.is_(literal_column("false")),
    )
    .order_by(requests.c.first_response_at.desc())
    .limit(literal_column("200"))
)
