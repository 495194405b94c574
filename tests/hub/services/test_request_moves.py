"""An entry that is moved between two requests leaves both as if it had always been where it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock, to_datetime
from hub.errors import Forbidden, Invalid, NotFound
from hub.ports.commerce import Order
from hub.ports.errors import Rejected
from hub.security import Actor
from hub.services.requests import NoSuchRequest
from tests.hub.world import World, at_once

# What happens to two people in one step happens within this.
SAME_TIME_MS = 30_000
MOMENTS = {"waiting_since", "first_response_at", "resolved_at", "open_since", "last_at", "open_ms"}
COMPARED = ("status", "unread", "failed", "box", "snoozed_until", *sorted(MOMENTS))


@dataclass
class Person:
    """A customer with two matters."""

    world: World
    mara: Actor
    address: str
    parcel: int = 0
    invoice: int = 0
    customer: int = 0

    async def begin(self) -> None:
        first = await self.write("Where is it?", "Parcel", own_ids=(self._thread("Parcel"),))
        self.customer, self.parcel = first.customer_id, first.request_id
        self.invoice = (await self.write("It is wrong.", "Invoice", own_ids=(self._thread("Invoice"),))).request_id
        # Who answers what nobody owns takes it, which is a decision of theirs.
        for request in (self.parcel, self.invoice):
            await self.world.hub.requests.assign(self.mara, request, owner_id=self.mara.id)

    def _thread(self, subject: str) -> str:
        return f"<{subject}.{self.address}>"

    async def write(self, text: str, subject: str, **more: Any) -> Any:
        return await self.world.mail(text, self.address, subject=subject, thread_ids=(self._thread(subject),), **more)

    async def is_answered(self, request: int, text: str = "Yes.", **more: Any) -> Any:
        return await self.world.reply(self.mara, self.customer, text, request=request, **more)

    async def is_looked_at(self) -> None:
        for request in (self.parcel, self.invoice):
            await self.world.hub.requests.read(self.mara, request)

    async def reads_as(self) -> list[dict[str, Any]]:
        """Both matters as the database and the inbox hold them."""
        rows = {row.id: row for row in await self.world.table("requests")}
        orders = {row.request_id: row.number for row in await self.world.table("request_orders")}
        shown = {row.id: row for row in await self.world.db.view(self._rows)}
        return [
            {name: getattr(rows[i], name) for name in COMPARED}
            | {"order": orders.get(i), "last": (words := shown[i].last) and words.text, "lists": shown[i].views}
            for i in (self.parcel, self.invoice)
        ]

    def _rows(self, rd: Any) -> Any:
        return self.world.hub.snapshot.collection(rd, "rows", [self.parcel, self.invoice])


Step = Callable[[Person, str], Awaitable[Any]]
# What one says about the invoice, under the subject given, and whatever happened before that.
Story = tuple[list[Step], Step, list[Step]]


async def asks(person: Person, subject: str) -> Any:
    return await person.write("The total of 10492?", subject)


async def says_it_is_away(person: Person, subject: str) -> Any:
    return await person.write("I am away", subject, automatic=True)


async def is_answered_here(person: Person, subject: str) -> Any:
    return await person.is_answered(person.parcel if subject == "Parcel" else person.invoice)


async def is_solved_here(person: Person, subject: str) -> Any:
    request = person.parcel if subject == "Parcel" else person.invoice
    return await person.is_answered(request, resolve=True)


async def is_not_reached(person: Person, subject: str) -> Any:
    person.world.provider.failures.append(Rejected("No such mailbox"))
    answer = await is_answered_here(person, subject)
    await person.world.deliver()
    return answer


async def parcel_is_answered(person: Person, _: str) -> None:
    await person.is_answered(person.parcel)


async def parcel_is_solved(person: Person, _: str) -> None:
    await person.world.hub.requests.set_status(person.mara, person.parcel, "resolved")


async def invoice_is_solved(person: Person, _: str) -> None:
    await person.world.hub.requests.set_status(person.mara, person.invoice, "resolved")


async def invoice_is_answered(person: Person, _: str) -> None:
    await person.is_answered(person.invoice)


async def waits_for_the_maker(person: Person, _: str) -> None:
    await person.world.hub.requests.set_status(person.mara, person.parcel, "waiting_third_party")


async def writes_on(person: Person, _: str) -> None:
    await person.write("Anybody?", "Parcel")


STORIES: dict[str, Story] = {
    "question": ([], asks, []),
    "question that goes on": ([], asks, [writes_on]),
    "question after an answer": ([parcel_is_answered, invoice_is_answered], asks, []),
    "question that reopened the wrong matter": ([parcel_is_solved], asks, []),
    "question that reopens the right matter": ([invoice_is_answered, invoice_is_solved], asks, [writes_on]),
    "question before a solution": ([parcel_is_answered], asks, [parcel_is_solved]),
    "question before a decision": ([], asks, [waits_for_the_maker, invoice_is_answered]),
    "automatic mail": ([], says_it_is_away, []),
    "answer": ([], is_answered_here, []),
    "answer before a question": ([], is_answered_here, [writes_on]),
    "answer that solved": ([], is_solved_here, []),
    "answer that failed": ([], is_not_reached, []),
}


@pytest.fixture(name="mara")
async def welcome_mara(world: World) -> Actor:
    return await world.colleague()


@pytest.mark.parametrize("name", STORIES)
async def test_both_requests_read_as_if_it_had_always_been_there(
    world: World, clock: Clock, mara: Actor, name: str
) -> None:
    before, astray, after = STORIES[name]
    await world.hub.orders.put(await world.colleague("Lea", "admin"), "shop", "10492", an_order(clock))
    moved, right = Person(world, mara, "anna@example.com"), Person(world, mara, "ben@example.com")
    said = await play([(moved, "Parcel"), (right, "Invoice")], clock, before, astray, after)
    untouched = await moved.reads_as()

    await world.hub.request_moves.move_entry(mara, said[0].id, moved.invoice)
    same(await moved.reads_as(), await right.reads_as())

    await world.hub.request_moves.move_entry(mara, said[0].id, moved.parcel)
    assert await moved.reads_as() == untouched


async def play(
    people: list[tuple[Person, str]], clock: Clock, before: list[Step], astray: Step, after: list[Step]
) -> list[Any]:
    """The same happens to all of them at the same times; what each said astray."""
    for person, _ in people:
        await person.begin()
    said: list[Any] = []
    for step in [*before, astray, *after]:
        clock.move_by(timedelta(minutes=10))
        became = [await step(person, subject) for person, subject in people]
        said = became if step is astray else said
    for person, _ in people:
        await person.is_looked_at()
    return said


def same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        for name, value in mine.items():
            if name in MOMENTS and None not in (value, other[name]):
                assert abs(value - other[name]) < SAME_TIME_MS, name
            else:
                assert value == other[name], name


def an_order(clock: Clock) -> Order:
    return Order(status="placed", updated_at=to_datetime(clock.now()))


async def test_the_inbox_counts_what_is_there_after_a_move(world: World, mara: Actor) -> None:
    anna = Person(world, mara, "anna@example.com")
    await anna.begin()
    await parcel_is_solved(anna, "")
    stray = await asks(anna, "Parcel")

    await world.hub.request_moves.move_entry(mara, stray.id, anna.invoice)

    counts = {row.name: row.n for row in await world.table("inbox_counts") if row.n}
    assert counts == {"open": 1, f"mine:{mara.id}": 1}


async def test_an_entry_moves_back_as_it_was(world: World, mara: Actor) -> None:
    anna = Person(world, mara, "anna@example.com")
    await anna.begin()
    [before, *_] = await world.table("entries")

    await world.hub.request_moves.move_entry(mara, before.id, anna.invoice)
    assert (await world.entry(before.id)).request_id == anna.invoice
    await world.hub.request_moves.move_entry(mara, before.id, anna.parcel)

    [after, *_] = await world.table("entries")
    assert after._replace(version=0) == before._replace(version=0)


async def test_an_entry_without_a_request_is_given_one(world: World, mara: Actor) -> None:
    lonely = await world.mail("Newsletter", automatic=True)
    matter = await world.mail("Where is it?", subject="Parcel")

    await world.hub.request_moves.move_entry(mara, lonely.id, matter.request_id)

    assert (await world.entry(lonely.id)).request_id == matter.request_id
    [row] = await world.table("requests")
    assert row.last_entry_id == matter.id


async def test_where_it_is_already_nothing_changes(world: World, mara: Actor) -> None:
    one = await world.mail()
    before = await world.table("requests")

    await world.hub.request_moves.move_entry(mara, one.id, one.request_id)

    assert await world.table("requests") == before


async def test_two_who_move_an_entry_at_once_leave_true_counts(world: World, mara: Actor) -> None:
    anna = Person(world, mara, "anna@example.com")
    await anna.begin()
    world.provider.failures.append(Rejected("No such mailbox"))
    answer = await anna.is_answered(anna.parcel)
    await world.deliver()

    goals = [anna.parcel, anna.invoice] * 4
    await at_once([world.hub.request_moves.move_entry(mara, answer.id, goal) for goal in goals])

    assert sorted(row.failed for row in await world.table("requests")) == [0, 1]
    assert {row.name: row.n for row in await world.table("inbox_counts")}["failed"] == 1


async def test_what_makes_no_sense_is_refused(world: World, mara: Actor) -> None:
    one, other = await world.mail(), await world.mail(sender="ben@example.com")
    await world.hub.requests.set_status(mara, one.request_id, "resolved")
    matter = await world.hub.requests.open(mara, one.customer_id, "Invoice")
    [status] = [row for row in await world.table("entries") if row.kind == "status"]
    move = world.hub.request_moves.move_entry

    with pytest.raises(Invalid):
        await move(mara, one.id, other.request_id)
    with pytest.raises(Invalid):
        await move(mara, status.id, matter)
    with pytest.raises(NotFound):
        await move(mara, 999, matter)
    with pytest.raises(NoSuchRequest):
        await move(mara, one.id, 999)
    with pytest.raises(Forbidden):
        await move(Actor(id=9, name="till", role="store"), one.id, matter)
