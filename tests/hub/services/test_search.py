"""Search finds what was said, by whom, about what and what was bought: newest first, page by page."""

import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from hub.database import Database, Reading, Statement, Transaction
from hub.errors import Forbidden
from hub.ports.commerce import Line, Order, OrderCustomer, Shipment
from hub.repositories import search as sql
from hub.security import Actor
from hub.services import conversations, identities, orders, requests, search
from hub.services.company import Company, set_company
from hub.services.request_numbers import number_of
from hub.services.search import BadCursor, Search
from hub.sqlite import SqliteDatabase

ANA = Actor(id=1, name="Ana", role="agent")
T0 = 1_770_000_000_000
WAITING = Statement(select(func.count()).select_from(sql.waiting))


def say(tx: Transaction, text: str, *, email: str = "anna@example.com", at: int = T0, subject: str = "") -> int:
    who = identities.arrive(tx, identities.Arrival(kind="email", address=email, name="Anna Nowak"), "")
    entry = conversations.NewEntry(
        conversation_id=who.conversation_id,
        kind="message",
        author_kind="customer",
        direction="in",
        text=text,
        subject=subject,
        provider_time=at,
    )
    return conversations.append(tx, entry).id


async def found_texts(db: Database, q: str) -> list[str]:
    return [hit.snippet for hit in (await Search(db).find(ANA, q)).groups.messages]


@pytest.mark.parametrize(
    ("q", "hit"),
    [
        ("deckel", True),
        ("DECKEL schussel", True),
        ("schü", True),
        ('"meiner Schüssel"', True),
        ('"schüssel meiner"', False),
        ("deckel teller", False),
        ("deck* kaputt", True),
        ("eckel", False),
    ],
)
async def test_words_are_found_whatever_their_case_and_accents(db: Database, q: str, hit: bool) -> None:
    text = "Der Deckel meiner Schüssel ist kaputt."
    await db.unit(say, text)

    assert await found_texts(db, q) == ([text] if hit else [])


async def test_scripts_without_spaces_are_found_by_any_part(db: Database) -> None:
    await db.unit(say, "注文した東京のやかんが届きません")

    assert len(await found_texts(db, "東京")) == 1
    assert len(await found_texts(db, "届きません")) == 1
    assert await found_texts(db, "京東") == []


@pytest.mark.parametrize("country", ["DE", ""])
@pytest.mark.parametrize("written", ["0151 23456789", "+49 151 23456789", "+49 (0)151/234-567-89", "004915123456789"])
@pytest.mark.parametrize("asked", ["0151 234567", "+49 151 23456789", "0151-23456789", "015123456789"])
async def test_a_phone_number_is_found_in_any_format(sqlite: Database, country: str, written: str, asked: str) -> None:
    await sqlite.unit(set_company, Company(country=country))
    await sqlite.unit(say, f"Please call {written}, thanks")

    assert len(await found_texts(sqlite, asked)) == 1


async def test_the_match_is_marked_in_the_snippet(db: Database) -> None:
    await db.unit(set_company, Company(country="DE"))
    await db.unit(say, "😀 Bitte rufen Sie an: 0151 / 23456789")

    [hit] = (await Search(db).find(ANA, "rufen +49 151 2345")).groups.messages

    assert [hit.snippet[start:end] for start, end in hit.marks] == ["rufen", "0151 / 23456789"]


async def test_the_newest_come_first_by_the_time_they_show(db: Database) -> None:
    for text, at in (("kettle two", T0 + 2000), ("kettle three", T0 + 3000), ("kettle one", T0 + 1000)):
        await db.unit(say, text, at=at)

    assert await found_texts(db, "kettle") == ["kettle three", "kettle two", "kettle one"]


async def test_pages_follow_each_other_without_gaps(db: Database) -> None:
    def fill(tx: Transaction) -> None:
        for i in range(45):
            say(tx, f"kettle number {i}", at=T0 + i // 3)

    await db.unit(fill)
    pages: list[list[int]] = []
    after: str | None = None
    while not pages or after:
        found = await Search(db).find(ANA, "kettle", after)
        pages.append([hit.id for hit in found.groups.messages])
        after = found.next

    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({entry_id for page in pages for entry_id in page}) == 45


async def test_what_a_session_is_called_between_machines_is_neither_found_nor_shown(db: Database) -> None:
    def visit(tx: Transaction) -> None:
        identities.arrive(tx, identities.Arrival(kind="visitor", scope="web", address="v11", name="Kim Walker"), "")

    await db.unit(visit)

    assert (await Search(db).find(ANA, "v11")).groups.customers == []
    [kim] = (await Search(db).find(ANA, "Kim")).groups.customers
    assert (kim.title, kim.snippet) == ("Kim Walker", "Kim Walker")


async def test_more_than_is_indexed_at_once_is_found_and_what_was_taken_out_is_not(db: Database) -> None:
    many = 2 * sql.INDEXED_AT_ONCE + 1

    def fill(tx: Transaction) -> None:
        for i in range(many):
            search.index_thing(tx, "order", i, T0 + i, "alike")

    await db.unit(fill)
    await db.unit(lambda tx: search.forget_thing(tx, "order", 0))
    await search.index_waiting(db)
    await db.unit(lambda tx: search.forget_thing(tx, "order", many - 1))

    wanted = [[[sql.Phrase(("oalike",))]]]
    rows = await db.view(lambda rd: rd.all(sql.newest_things, match=wanted, before=1 << 62, limit=many))
    assert [row.thing_id for row in rows] == list(range(many - 2, 0, -1))
    assert not await db.view(search.is_waiting)


async def test_long_texts_are_indexed_a_few_at_a_time(sqlite: SqliteDatabase) -> None:
    long, few = "word " * (sql.LETTERS_AT_ONCE // 10), []

    def fill(tx: Transaction) -> None:
        for i in range(5):
            search.index_thing(tx, "order", i, T0 + i, long)

    await sqlite.unit(fill)
    while await sqlite.unit(search.index_some):
        few.append(await sqlite.view(lambda rd: rd.value(WAITING)))

    assert few == [3, 1]


async def test_many_things_of_one_moment_are_told_apart(db: Database) -> None:
    def fill(tx: Transaction) -> None:
        for i in range(5):
            search.index_thing(tx, "order", 1 + (i << 20), T0, "alike")

    await db.unit(fill)
    await search.index_waiting(db)

    rows = await db.view(
        lambda rd: rd.all(sql.newest_things, match=[[[sql.Phrase(("oalike",))]]], before=1 << 62, limit=10)
    )
    assert len(rows) == 5


async def test_every_kind_of_thing_is_found_in_its_group(db: Database) -> None:
    order = Order(
        status="shipped",
        updated_at=datetime(2026, 3, 8, tzinfo=UTC),
        customer=OrderCustomer(name="Anna Nowak", email="anna@example.com"),
        lines=[Line(name="Kettle Alba")],
        shipments=[Shipment(carrier="DHL", tracking="00340434161")],
    )

    def fill(tx: Transaction) -> None:
        say(tx, "Nowak here, my kettle drips")
        orders.put(tx, "shop", "AB-10492", order)

    await db.unit(fill)
    groups = (await Search(db).find(ANA, "nowak")).groups
    by_tracking = (await Search(db).find(ANA, "0034043")).groups
    by_compact_number = (await Search(db).find(ANA, "ab10492")).groups

    assert [hit.title for hit in groups.customers] == ["Anna Nowak"]
    assert [hit.number for hit in groups.orders] == ["AB-10492"]
    assert groups.orders[0].customer_id == groups.customers[0].id
    assert len(groups.messages) == 1
    assert [hit.number for hit in by_tracking.orders] == ["AB-10492"]
    assert [hit.number for hit in by_compact_number.orders] == ["AB-10492"]


async def test_a_request_is_found_by_its_number_and_subject(db: Database) -> None:
    def open_one(tx: Transaction) -> str:
        who = identities.arrive(tx, identities.Arrival(kind="email", address="anna@example.com"), "")
        return number_of(requests.open_request(tx, who.conversation_id, subject="Swap shoes 42 → 43").id)

    number = await db.unit(open_one)

    assert [hit.number for hit in (await Search(db).find(ANA, number)).groups.requests] == [number]
    assert [hit.title for hit in (await Search(db).find(ANA, "swap 43")).groups.requests] == ["Swap shoes 42 → 43"]


async def test_an_address_finds_its_customer(db: Database) -> None:
    await db.unit(say, "Hello")

    assert len((await Search(db).find(ANA, "anna@exam")).groups.customers) == 1


async def test_a_thing_indexed_again_is_found_by_its_new_words_alone(db: Database) -> None:
    customer_id = (await db.unit(identities.add_customer, name="Old Name"))[0]
    await db.unit(search.index_thing, "customer", customer_id, T0, "Old Name")
    await db.unit(search.index_thing, "customer", customer_id, T0 + 5, "New Name")

    assert (await Search(db).find(ANA, "old")).groups.customers == []
    assert len((await Search(db).find(ANA, "new")).groups.customers) == 1


async def test_a_message_indexed_again_is_one_hit(db: Database) -> None:
    entry_id = await db.unit(say, "kettle")
    await db.unit(search.index_message, entry_id, T0, "kettle", "invoice.pdf")

    assert len(await found_texts(db, "kettle")) == 1
    assert len(await found_texts(db, "invoice")) == 1


async def test_what_is_forgotten_is_found_no_more(db: Database) -> None:
    entry_id = await db.unit(say, "kettle")
    await db.unit(search.forget_message, entry_id)

    assert await found_texts(db, "kettle") == []


@pytest.mark.parametrize(
    "q",
    ["", '"', "'", "a OR b", "NEAR(a b)", "words:x", "a^2", "-x", "*", "a & !b | c", "\\", "😀", "\x00", "x" * 10_000],
)
async def test_odd_queries_find_nothing_and_raise_nothing(db: Database, q: str) -> None:
    await db.unit(say, "kettle")

    assert await found_texts(db, q) == []


async def test_only_who_may_search_searches(db: Database) -> None:
    with pytest.raises(Forbidden):
        await Search(db).find(Actor(id=2, name="till", role="store"), "kettle")


async def test_a_token_finds_only_what_its_scopes_let_it_read(db: Database) -> None:
    await db.unit(say, "kettle for anna")
    token = Actor(id=3, name="t", role="agent", scopes=frozenset({"search", "customers.read"}), is_token=True)

    groups = (await Search(db).find(token, "anna")).groups

    assert len(groups.customers) == 1
    assert groups.messages == []


@pytest.mark.parametrize("after", ["x", "messages-", "messages-zz", "messages-1.people-2", "messages-" + "f" * 40])
async def test_a_forged_place_is_refused(db: Database, after: str) -> None:
    with pytest.raises(BadCursor):
        await Search(db).find(ANA, "kettle", after)


@pytest.mark.parametrize("statement", [sql.newest_messages, sql.newest_things])
async def test_sqlite_reads_hits_in_the_order_of_its_index(sqlite: SqliteDatabase, statement: Statement) -> None:
    """Nothing is sorted but the one page: however common a word is, its newest hits are the first that are read."""
    compiled = statement.compiled(sqlite.dialect)
    values = {"match": [[[sql.Phrase(("kettle",), True)]]], "before": 1 << 62, "limit": 21}
    with sqlite3.connect(sqlite.path) as reader:
        plan = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", compiled.ready(values)[1])]

    found = plan.index(next(step for step in plan if "VIRTUAL TABLE INDEX" in step))
    assert not any("TEMP B-TREE" in step for step in plan[:found])
    assert not any(step.startswith("SCAN found") for step in plan)


async def test_common_and_rare_words_of_many_things_are_found(db: Database) -> None:
    def fill(tx: Transaction, start: int) -> None:
        for i in range(start, start + 500):
            extra = "zebrafish" if i == 1000 else "order"
            search.index_thing(tx, "order", i + 1, T0 + i, f"{100_000 + i} delivered order {extra}")

    for start in range(0, 5000, 500):
        await db.unit(fill, start)
    await search.index_waiting(db)

    def newest(rd: Reading, q: str) -> int:
        wanted = [[[sql.Phrase(tuple(f"o{word}" for word in q.split()), True)]]]
        rows = rd.all(sql.newest_things, match=wanted, before=1 << 62, limit=21)
        return int(rows[0].thing_id)

    for q, first in (("delivered order", 5000), ("deliv", 5000), ("zebra", 1001), ("delivered order zebra", 1001)):
        assert await db.view(newest, q) == first
