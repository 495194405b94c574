"""What both databases promise alike: one unit, one view, the same statements."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import bindparam, insert, select

from hub.clock import Clock
from hub.database import Database, Reading, Statement, Transaction, among, bound
from hub.models import answers, customers
from hub.services.answers import KeyReused, before, remember

ADD = Statement(
    insert(customers).values(bound(customers, "name", "provisional", "created_at")).returning(customers.c.id)
)
ADD_QUIETLY = Statement(insert(customers).values(bound(customers, "name", "provisional", "created_at")))
NAMES = Statement(select(customers.c.name, customers.c.provisional).order_by(customers.c.id))
BY_IDS = Statement(select(customers.c.name).where(among(customers.c.id, "ids")).order_by(customers.c.id))
BY_NAMES = Statement(select(customers.c.id).where(among(customers.c.name, "names")).order_by(customers.c.id))
BY_NAME = Statement(select(customers.c.id).where(customers.c.name == bindparam("name")))
ANSWERS = Statement(select(answers.c.key, answers.c.answer))


def add(tx: Transaction, name: str) -> int:
    customer_id: int = tx.value(ADD, name=name, provisional=False, created_at=tx.now)
    return customer_id


def names(rd: Reading) -> list[str]:
    return [row.name for row in rd.all(NAMES)]


async def test_a_unit_returns_what_it_made_once_it_is_stored(db: Database) -> None:
    customer_id = await db.unit(add, "Anna")

    assert await db.view(lambda rd: rd.value(BY_NAME, name="Anna")) == customer_id


async def test_a_unit_that_raises_leaves_nothing(db: Database) -> None:
    def fail(tx: Transaction) -> None:
        add(tx, "Anna")
        raise KeyError("no")

    with pytest.raises(KeyError):
        await db.unit(fail)

    assert await db.view(names) == []


async def test_several_units_run_in_order_and_one_that_raises_takes_none_with_it(db: Database) -> None:
    def work(name: str) -> Callable[[Transaction], int]:
        def one(tx: Transaction) -> int:
            add(tx, name)
            if name == "Ben":
                raise KeyError(name)
            return len(names(tx))

        return one

    first, second, third = await db.units([work(name) for name in ("Anna", "Ben", "Cem")])

    assert (first, third) == (1, 2)
    assert isinstance(second, KeyError)
    assert await db.view(names) == ["Anna", "Cem"]


async def test_what_is_to_run_last_runs_after_the_unit_and_before_its_commit(db: Database) -> None:
    def work(tx: Transaction) -> list[str]:
        tx.run_last(ADD_QUIETLY, name="Last", provisional=False, created_at=tx.now)
        add(tx, "Anna")
        return names(tx)

    assert await db.unit(work) == ["Anna"]
    assert await db.view(names) == ["Anna", "Last"]


async def test_what_a_unit_that_raises_wanted_last_is_not_run(db: Database) -> None:
    def fail(tx: Transaction) -> None:
        tx.run_last(ADD_QUIETLY, name="Last", provisional=False, created_at=tx.now)
        raise KeyError("no")

    await asyncio.gather(db.unit(add, "Anna"), db.unit(fail), db.unit(add, "Bo"), return_exceptions=True)

    assert sorted(await db.view(names)) == ["Anna", "Bo"]


async def test_a_seal_that_fails_takes_its_unit_with_it(db: Database) -> None:
    def seal(units: Sequence[Transaction]) -> None:
        raise LookupError("nothing to seal with")

    db.seal = seal

    with pytest.raises(LookupError):
        await db.unit(add, "Anna")
    assert await db.view(names) == []


async def test_a_seal_that_fails_for_one_unit_leaves_those_beside_it(db: Database) -> None:
    sealed: list[list[str]] = []

    def seal(units: Sequence[Transaction]) -> None:
        kinds = [news.kind for tx in units for news in tx.announcements]
        if "bad" in kinds:
            raise LookupError("nothing to seal with")
        sealed.append(kinds)

    def add_and_tell(tx: Transaction, name: str, kind: str) -> None:
        add(tx, name)
        tx.announce(kind)

    db.seal = seal

    ends = await asyncio.gather(
        db.unit(add_and_tell, "Anna", "good"),
        db.unit(add_and_tell, "Ben", "bad"),
        db.unit(add_and_tell, "Cleo", "good"),
        return_exceptions=True,
    )

    assert [type(end) for end in ends] == [type(None), LookupError, type(None)]
    assert sorted(await db.view(names)) == ["Anna", "Cleo"]
    assert sorted(kind for kinds in sealed for kind in kinds) == ["good", "good"]


async def test_a_list_of_one_is_asked_for_as_well(db: Database) -> None:
    ids = [await db.unit(add, name) for name in ("Anna", "Ben")]

    assert [row.name for row in await db.view(lambda rd: rd.all(BY_IDS, ids=[ids[1]]))] == ["Ben"]
    assert [row.id for row in await db.view(lambda rd: rd.all(BY_NAMES, names=("Anna",)))] == [ids[0]]


async def test_a_view_sees_one_snapshot(db: Database) -> None:
    loop = asyncio.get_running_loop()
    looked, written = asyncio.Event(), asyncio.Event()

    def look_twice(rd: Reading) -> tuple[list[str], list[str]]:
        first = names(rd)
        if db.dialect.name == "sqlite":
            loop.call_soon_threadsafe(looked.set)
            asyncio.run_coroutine_threadsafe(written.wait(), loop).result()
        return first, names(rd)

    async def write() -> None:
        if db.dialect.name == "sqlite":
            await looked.wait()
        await db.unit(add, "Anna")
        written.set()

    seen, _ = await asyncio.gather(db.view(look_twice), write())

    assert seen[0] == seen[1]


async def test_lists_of_any_length_are_one_parameter(db: Database) -> None:
    ids = [await db.unit(add, name) for name in ("Anna", "Ben", "Cleo")]

    assert [row.name for row in await db.view(lambda rd: rd.all(BY_IDS, ids=[ids[0], ids[2]]))] == ["Anna", "Cleo"]
    assert await db.view(lambda rd: rd.all(BY_IDS, ids=[])) == []
    assert len(await db.view(lambda rd: rd.all(BY_IDS, ids=range(40_000)))) == 3
    assert [row.id for row in await db.view(lambda rd: rd.all(BY_NAMES, names=["Ben", "o'Neil", "{x}"]))] == [ids[1]]


async def test_true_and_false_come_back_as_such(db: Database) -> None:
    await db.unit(add, "Anna")

    [row] = await db.view(lambda rd: rd.all(NAMES))
    assert row.provisional is False


async def test_the_time_of_a_unit_is_the_hubs(db: Database, clock: Clock) -> None:
    clock.move_to(1_700_000_000_000)

    assert abs(await db.unit(lambda tx: tx.now) - 1_700_000_000_000) < 5_000


async def test_the_row_there_must_be_is_missed_loudly(db: Database) -> None:
    with pytest.raises(LookupError, match="no row"):
        await db.view(lambda rd: rd.one(BY_NAME, name="Nobody"))


async def test_listeners_hear_of_commits_with_news_only(db: Database) -> None:
    heard: list[int] = []
    db.on_commit = lambda: heard.append(1)

    def told(tx: Transaction) -> None:
        tx.announce("customer.renamed")

    await db.unit(told)

    assert heard == [1]


async def test_two_with_the_same_key_at_once_do_it_once(db: Database) -> None:
    """Whoever loses the race is run again and finds the winner's answer."""

    def act(tx: Transaction) -> int:
        known = before(tx, "agent:1", "key", "print")
        if known is not None:
            return int(known)
        customer_id = add(tx, "Anna")
        remember(tx, "agent:1", "key", "print", customer_id)
        return customer_id

    made = await asyncio.gather(*(db.unit(act) for _ in range(8)))

    assert len(set(made)) == 1
    assert await db.view(names) == ["Anna"]
    with pytest.raises(KeyReused):
        await db.view(lambda rd: before(rd, "agent:1", "key", "other"))  # type: ignore[arg-type]
