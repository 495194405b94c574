"""Statements of full-text search: FTS5 on SQLite, tsvector on PostgreSQL, one way to ask both.

Words come folded (`hub.words`), so neither database's own idea of a word matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    ColumnElement,
    Select,
    TableClause,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal_column,
    not_,
    select,
    table,
    union,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.functions import coalesce
from sqlalchemy.types import TypeDecorator

from hub.database import Statement, among, bound
from hub.models import (
    conversations,
    customers,
    endpoints,
    entries,
    found_messages,
    found_things,
    order_addresses,
    orders,
    requests,
)


class Phrase(NamedTuple):
    """Words that follow each other; of the last one perhaps only its start."""

    words: tuple[str, ...]
    prefix: bool = False


# All of these terms; of each term one of its alternatives; of an alternative all its phrases.
Alternative = Sequence[Phrase]
Term = Sequence[Alternative]
Wanted = Sequence[Term]

# PostgreSQL keeps no more places of one word, and none beyond this one.
_PLACES_OF_WORD = 255
# Among so many of the newest rows a common word fills a page.
_NEWEST_ROWS = 2000
MOST_WORDS = 16_000


class _Words(TypeDecorator[Any]):
    """Words in their order, as FTS5 takes them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return " ".join(value)


class _Places(TypeDecorator[Any]):
    """Words with their places, as PostgreSQL reads a tsvector."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        places: dict[str, list[str]] = defaultdict(list)
        for place, word in enumerate(value, 1):
            if len(places[word]) < _PLACES_OF_WORD:
                places[word].append(str(place))
        return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


class _Match(TypeDecorator[Any]):
    """What is wanted, in the words of the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        phrase = _fts5_phrase if dialect.name == "sqlite" else _tsquery_phrase
        all_of, one_of = (" AND ", " OR ") if dialect.name == "sqlite" else (" & ", " | ")
        return all_of.join(
            f"({one_of.join(f'({all_of.join(phrase(p) for p in alternative)})' for alternative in term)})"
            for term in value
        )


def _fts5_phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"{"*" if phrase.prefix else ""}'


def _tsquery_phrase(phrase: Phrase) -> str:
    words = " <-> ".join(f"'{word}'" for word in phrase.words)
    return f"({words}{':*' if phrase.prefix else ''})"


def _index(name: str) -> TableClause:
    # FTS5 is asked through a column that has its table's name.
    columns: list[ColumnClause[Any]] = [column("rowid", BigInteger), column("words", Text), column(name, Text)]
    return table(name, *columns, column("found", TSVECTOR))


messages = _index("search_messages")
things = _index("search_things")
# On SQLite what is new waits here: many rows at once cost the index a fraction of what each would alone.
waiting = table("search_waiting", column("place", Text), column("id", BigInteger), column("words", Text))


def _add(index: TableClause) -> Statement:
    row_id = bindparam("id", type_=BigInteger())
    words = bindparam("words", type_=_Words())
    places = cast(bindparam("places", type_=_Places()), TSVECTOR)
    return Statement(
        lambda d: (
            d.insert(index).values({"rowid": row_id, "found": places})
            if d is postgresql
            else d.insert(waiting).values({"place": literal_column(f"'{index.name}'"), "id": row_id, "words": words})
        )
    )


def _before(index: TableClause) -> ColumnElement[bool]:
    return index.c.rowid < bindparam("before", type_=BigInteger())


def _newest(index: TableClause, d: ModuleType) -> Select[Any]:
    """Ids of the newest hits. The index's own order is that of time, so none are sorted that are not wanted."""
    if d is postgresql:
        return _newest_of_tsvectors(index)
    match = index.c[index.name].op("MATCH", is_comparison=True)(bindparam("match", type_=_Match()))
    return (
        select(index.c.rowid.label("id"))
        .where(match, _before(index))
        .order_by(index.c.rowid.desc())
        .limit(bindparam("limit"))
    )


def _newest_of_tsvectors(index: TableClause) -> Select[Any]:
    """Common words are found among the newest rows; only what is not common is taken from the word index.

    Left to choose, PostgreSQL guesses how common the start of a word is, and reads the whole table for a rare one.
    """
    columns = (index.c.rowid, index.c.found)
    newest = select(*columns).where(_before(index)).order_by(index.c.rowid.desc()).limit(_NEWEST_ROWS).subquery()
    recent = (
        select(newest.c.rowid)
        .where(_has(newest.c.found))
        .order_by(newest.c.rowid.desc())
        .limit(bindparam("limit"))
        .cte("recent")
    )
    enough = select(func.count()).select_from(recent).scalar_subquery() >= bindparam("limit")
    older = select(index.c.rowid).where(_has(index.c.found), _before(index), not_(enough))
    hits = union(select(recent.c.rowid), older).subquery()
    return select(hits.c.rowid.label("id")).order_by(hits.c.rowid.desc()).limit(bindparam("limit"))


def _has(found: ColumnElement[Any]) -> ColumnElement[bool]:
    return found.op("@@", is_comparison=True)(cast(bindparam("match", type_=_Match()), postgresql.TSQUERY))


def _newest_messages(d: ModuleType) -> ClauseElement:
    hits = _newest(messages, d).subquery()
    return (
        select(found_messages.c.id, found_messages.c.entry_id)
        .join(hits, hits.c.id == found_messages.c.id)
        .order_by(found_messages.c.id.desc())
    )


def _newest_things(d: ModuleType) -> ClauseElement:
    hits = _newest(things, d).subquery()
    return (
        select(found_things.c.id, found_things.c.thing_id)
        .join(hits, hits.c.id == found_things.c.id)
        .order_by(found_things.c.id.desc())
    )


newest_messages = Statement(_newest_messages)
newest_things = Statement(_newest_things)

# --- what stands in the index ---

place_message = Statement(
    lambda d: (
        d.insert(found_messages)
        .values(bound(found_messages, "id", "entry_id"))
        .on_conflict_do_nothing()
        .returning(found_messages.c.id)
    )
)
place_thing = Statement(
    lambda d: (
        d.insert(found_things)
        .values(bound(found_things, "id", "kind", "thing_id"))
        .on_conflict_do_nothing()
        .returning(found_things.c.id)
    )
)
place_of_message = Statement(select(found_messages.c.id).where(found_messages.c.entry_id == bindparam("entry_id")))
place_of_thing = Statement(
    select(found_things.c.id).where(
        found_things.c.kind == bindparam("kind"), found_things.c.thing_id == bindparam("thing_id")
    )
)
add_message = _add(messages)
add_thing = _add(things)
drop_message = Statement(delete(messages).where(messages.c.rowid == bindparam("id", type_=BigInteger())))
drop_thing = Statement(delete(things).where(things.c.rowid == bindparam("id", type_=BigInteger())))
drop_waiting = Statement(
    delete(waiting).where(waiting.c.place == bindparam("place"), waiting.c.id == bindparam("id", type_=BigInteger()))
)
leave_message = Statement(delete(found_messages).where(found_messages.c.id == bindparam("id")))
leave_thing = Statement(delete(found_things).where(found_things.c.id == bindparam("id")))

# --- what waits to be indexed (SQLite) ---

# So many rows are indexed at once, and no more than these letters: a unit is short.
INDEXED_AT_ONCE = 64
LETTERS_AT_ONCE = 24 * 1024
is_waiting = Statement(select(waiting.c.id).limit(literal_column("1")))


def _some_waiting(index: TableClause) -> Select[Any]:
    """The first rows that wait for this index: at least one, as far as the letters before them allow."""
    first = (
        select(waiting.c.id, waiting.c.words)
        .where(waiting.c.place == literal_column(f"'{index.name}'"))
        .order_by(waiting.c.id)
        .limit(literal_column(str(INDEXED_AT_ONCE)))
        .subquery()
    )
    letters = func.length(first.c.words)
    before = (func.sum(letters).over(order_by=first.c.id) - letters).label("before")
    counted = select(first.c.id, first.c.words, before).subquery()
    return select(counted.c.id, counted.c.words).where(counted.c.before < literal_column(str(LETTERS_AT_ONCE)))


# Per index: some of what waits goes in, and what is in waits no more.
MOVES = tuple(
    (
        Statement(insert(index).from_select(["rowid", "words"], _some_waiting(index))),
        Statement(
            delete(waiting).where(
                waiting.c.place == literal_column(f"'{index.name}'"),
                waiting.c.id.in_(select(_some_waiting(index).subquery().c.id)),
            )
        ),
    )
    for index in (messages, things)
)

# --- what a hit shows ---

# Far enough for a snippet, whatever was pasted into a message.
_SHOWN_TEXT = 20_000
_shown = customers.alias("shown")

message_hits = Statement(
    select(
        entries.c.id,
        entries.c.conversation_id,
        entries.c.request_id,
        entries.c.seq,
        entries.c.shown_at,
        entries.c.kind,
        entries.c.channel,
        entries.c.direction,
        entries.c.author_name,
        entries.c.subject,
        func.substr(entries.c.text, 1, _SHOWN_TEXT, type_=Text).label("text"),
        _shown.c.id.label("customer_id"),
        _shown.c.name.label("customer_name"),
    )
    .join(conversations, conversations.c.id == entries.c.conversation_id)
    .join(customers, customers.c.id == conversations.c.customer_id)
    .join(_shown, _shown.c.id == coalesce(customers.c.merged_into, customers.c.id))
    .where(among(entries.c.id, "ids"))
)
request_hits = Statement(
    select(
        requests.c.id,
        requests.c.subject,
        requests.c.topic,
        requests.c.status,
        requests.c.last_at,
        _shown.c.id.label("customer_id"),
        _shown.c.name.label("customer_name"),
    )
    .join(conversations, conversations.c.id == requests.c.conversation_id)
    .join(customers, customers.c.id == conversations.c.customer_id)
    .join(_shown, _shown.c.id == coalesce(customers.c.merged_into, customers.c.id))
    .where(among(requests.c.id, "ids"))
)
customer_hits = Statement(
    select(
        customers.c.id,
        customers.c.name,
        customers.c.kind,
        customers.c.created_at,
        coalesce(customers.c.merged_into, customers.c.id).label("customer_id"),
    ).where(among(customers.c.id, "ids"))
)
order_hits = Statement(
    select(
        orders.c.id,
        orders.c.source,
        orders.c.number,
        orders.c.status,
        orders.c.updated_at,
        orders.c.placed_at,
        orders.c.body,
    ).where(among(orders.c.id, "ids"))
)
holders_of_orders = Statement(
    select(order_addresses.c.order_id, coalesce(customers.c.merged_into, customers.c.id).label("customer_id"))
    .join(
        endpoints,
        (endpoints.c.kind == order_addresses.c.kind)
        & (endpoints.c.address == order_addresses.c.address)
        & endpoints.c.held,
    )
    .join(customers, customers.c.id == endpoints.c.customer_id)
    .where(among(order_addresses.c.order_id, "ids"))
    .order_by(endpoints.c.id)
)
addresses_of_customers = Statement(
    select(endpoints.c.customer_id, endpoints.c.kind, endpoints.c.address, endpoints.c.shown, endpoints.c.held)
    .where(among(endpoints.c.customer_id, "ids"))
    .order_by(endpoints.c.id)
)
