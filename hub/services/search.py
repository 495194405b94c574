"""Full-text search over messages, customers, requests and orders: newest first, however common the words.

Rules keep the index as things change. An index row's id grows with the time of what it stands for, so that the index's
own order is that of the answer. The rows are written after all units of a group: at every savepoint SQLite would write
out what it has gathered of the word index. There they wait for a moment, and whoever looks for something has them
indexed first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import msgspec

from hub.addresses import SESSION_KINDS
from hub.database import Database, Reading, Statement, Transaction
from hub.errors import Malformed
from hub.in_passing import in_passing
from hub.phone_words import may_hold_phones, words_of_phones
from hub.repositories import identities as identities_sql
from hub.repositories import search as sql
from hub.repositories.search import MOST_WORDS, Phrase, Term, Wanted
from hub.security import Actor, authorize, may
from hub.services import search_hits
from hub.services.company import company
from hub.services.search_hits import CustomerHit, MessageHit, OrderHit, RequestHit
from hub.services.search_query import Query, parse
from hub.words import words_of

Thing = Literal["customer", "request", "order"]

PAGE = 20
_LONGEST_TEXT = 100_000
# The low bits of an index row's id tell apart what happened in the same millisecond.
_LOW_BITS = 20
_LOW = (1 << _LOW_BITS) - 1
_LATEST_MS = (1 << 42) - 1
# How long a search waits for what is newest to be found as well.
INDEX_WITHIN_S = 2.0
_NEWEST = (1 << 63) - 1


class BadCursor(Malformed):
    """This is not a place in the results that we gave out."""

    code = "bad_cursor"


# --- rules: what stands in the index ---


def index_message(tx: Transaction, entry_id: int, at_ms: int, text: str, extra: str = "") -> None:
    """Make an entry findable by its words and by the phone numbers in it; `extra` is found and never shown."""
    words = _words(tx, f"{text}\n{extra}" if extra else text)
    forget = partial(forget_message, tx, entry_id)
    row_id = _place(tx, sql.place_message, forget, at_ms, entry_id, entry_id=entry_id)
    tx.run_last(sql.add_message, id=row_id, words=words, places=words)


def forget_message(tx: Transaction, entry_id: int) -> None:
    """The entry is found no more."""
    row_id = tx.value(sql.place_of_message, entry_id=entry_id)
    if row_id is not None:
        _drop(tx, sql.drop_message, sql.messages.name, row_id)
        tx.run(sql.leave_message, id=row_id)


def index_thing(tx: Transaction, kind: Thing, thing_id: int, at_ms: int, text: str) -> None:
    """Make a customer, request or order findable by these words; the same one again replaces them."""
    words = [f"{_mark(kind)}{word}" for word in _words(tx, text)]
    forget_thing(tx, kind, thing_id)
    forget = partial(forget_thing, tx, kind, thing_id)
    row_id = _place(tx, sql.place_thing, forget, at_ms, thing_id, kind=kind, thing_id=thing_id)
    tx.run_last(sql.add_thing, id=row_id, words=words, places=words)


def forget_thing(tx: Transaction, kind: Thing, thing_id: int) -> None:
    """The customer, request or order is found no more."""
    row_id = tx.value(sql.place_of_thing, kind=kind, thing_id=thing_id)
    if row_id is not None:
        _drop(tx, sql.drop_thing, sql.things.name, row_id)
        tx.run(sql.leave_thing, id=row_id)


def _drop(tx: Transaction, statement: Statement, place: str, row_id: int) -> None:
    tx.run_last(statement, id=row_id)
    if _may_wait(tx):
        tx.run_last(sql.drop_waiting, place=place, id=row_id)


def _may_wait(rd: Reading) -> bool:
    """PostgreSQL gathers by itself what is new in an index."""
    return rd.dialect.name == "sqlite"


def is_waiting(rd: Reading) -> bool:
    """Whether something is still to be indexed."""
    return _may_wait(rd) and rd.first(sql.is_waiting) is not None


def index_some(tx: Transaction) -> bool:
    """Index some of what waits; whether there is more."""
    for put_in, take_out in sql.MOVES:
        tx.run(put_in)
        tx.run(take_out)
    return is_waiting(tx)


def index_customer(tx: Transaction, customer_id: int) -> None:
    """Make a customer findable by name, by every address, also a claimed one, and by their numbers in the shops.

    What browsers and sessions are called between machines says nothing to people.
    """
    customer = tx.one(identities_sql.customer, customer_id=customer_id)
    words = [customer.name]
    for endpoint in tx.all(identities_sql.endpoints_of, customer_ids=[customer_id]):
        if endpoint.kind not in SESSION_KINDS:
            words += [endpoint.address, endpoint.shown]
    words += [row.number for row in tx.all(identities_sql.shop_numbers, customer_ids=[customer_id])]
    index_thing(tx, "customer", customer_id, customer.created_at, "\n".join(dict.fromkeys(words)))


def _words(tx: Transaction, text: str) -> list[str]:
    text = text[:_LONGEST_TEXT]
    words = words_of(text)[:MOST_WORDS]
    if may_hold_phones(text):
        words += words_of_phones(text, company(tx).country)
    return words


def _mark(kind: Thing) -> str:
    """The letter before each word of a thing, so that looking for orders never reads what is said of customers."""
    return kind[0]


def _place(
    tx: Transaction, statement: Statement, forget: Callable[[], None], at_ms: int, low: int, **about: Any
) -> int:
    """A free id at this time. `forget` is called when a try fails: the thing itself may stand in the index already,
    since long ago or since another node's unit a moment ago.
    """
    first = min(max(at_ms, 0), _LATEST_MS) << _LOW_BITS
    for step in range(_LOW + 1):
        row_id = first | ((low + step) & _LOW)
        if tx.first(statement, id=row_id, **about) is not None:
            return row_id
        forget()
    raise LookupError("more things happened in one millisecond than the index can tell apart")


# --- methods ---


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, by kind, each newest first."""

    customers: list[CustomerHit] = []
    requests: list[RequestHit] = []
    orders: list[OrderHit] = []
    messages: list[MessageHit] = []


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of each group; `next` asks for the following one of those that have more, None: this is all."""

    groups: Groups
    next: str | None


async def index_waiting(db: Database) -> None:
    """Index what has been waiting until now. Called before every search, and by the hub's timer."""
    if await db.view(is_waiting):
        while await db.unit(index_some):
            pass


async def index_if_possible(db: Database) -> None:
    """The same before a search, which also finds what it can while nothing can be written."""
    await in_passing(index_waiting(db), INDEX_WITHIN_S)


class Search:
    """Finds what was said, who said it, what it was about and what was bought."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, actor: Actor, q: str, after: str | None = None, *, limit: int = PAGE) -> Found:
        """What matches, as far as the actor may see it. Anything may be typed; only a forged `after` is refused."""
        authorize(actor, "search")
        await index_if_possible(self._db)
        return await self._db.view(_find, actor, q, _places(after), limit)


def customers_found(rd: Reading, q: str, before: int | None, limit: int) -> tuple[list[int], int | None]:
    """Customers that match, newest first, also those merged into others, and where the next page starts."""
    query = parse(q, company(rd).country)
    if not query.terms:
        return [], None
    group = _GROUPS["customers"]
    place = _NEWEST if before is None else min(before, _NEWEST)
    rows = rd.all(group.newest, match=group.wanted(query), before=place, limit=limit + 1)
    return [row[1] for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None


def _find(rd: Reading, actor: Actor, q: str, places: dict[str, int], limit: int) -> Found:
    country = company(rd).country
    query = parse(q, country)
    hits: dict[str, Any] = {}
    next_places: dict[str, int] = {}
    for name, group in _GROUPS.items():
        if name not in places or not query.terms or not may(actor, group.right):
            continue
        rows = rd.all(group.newest, match=group.wanted(query), before=places[name], limit=limit + 1)
        hits[name] = group.read(rd, [row[1] for row in rows[:limit]], query, country)
        if len(rows) > limit:
            next_places[name] = rows[limit - 1].id
    return Found(groups=Groups(**hits), next=_cursor(next_places))


class _Group(msgspec.Struct, frozen=True, kw_only=True):
    right: str
    newest: Statement
    wanted: Callable[[Query], Wanted]
    read: Callable[[Reading, list[int], Query, str], Sequence[Any]]


def _of(kind: Thing) -> Callable[[Query], Wanted]:
    mark = _mark(kind)

    def marked(term: Term) -> Term:
        return [[Phrase(tuple(mark + word for word in p.words), p.prefix) for p in phrases] for phrases in term]

    return lambda query: [marked(term) for term in query.terms]


_GROUPS: dict[str, _Group] = {
    "customers": _Group(
        right="customers.read", newest=sql.newest_things, wanted=_of("customer"), read=search_hits.customers
    ),
    "requests": _Group(
        right="requests.read", newest=sql.newest_things, wanted=_of("request"), read=search_hits.requests
    ),
    "orders": _Group(right="orders.read", newest=sql.newest_things, wanted=_of("order"), read=search_hits.orders),
    "messages": _Group(
        right="conversations.read",
        newest=sql.newest_messages,
        wanted=lambda query: query.terms,
        read=search_hits.messages,
    ),
}
_CURSOR = re.compile(r"(customers|requests|orders|messages)-([0-9a-f]{1,16})")


def _cursor(places: dict[str, int]) -> str | None:
    return ".".join(f"{name}-{place:x}" for name, place in places.items()) or None


def _places(cursor: str | None) -> dict[str, int]:
    """Per group where its page starts; groups that have no more are not asked again."""
    if not cursor:
        return dict.fromkeys(_GROUPS, _NEWEST)
    parts = [_CURSOR.fullmatch(part) for part in cursor.split(".")[: len(_GROUPS)]]
    if not all(parts):
        raise BadCursor
    return {part[1]: min(int(part[2], 16), _NEWEST) for part in parts if part}
