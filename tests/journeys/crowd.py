"""Everybody at once: customers, colleagues, the shop do random things, whether they make sense or not."""

import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from hub.clock import Clock, to_datetime
from hub.errors import HubError
from hub.ports.commerce import Order, OrderCustomer
from hub.ports.errors import Rejected, Unreachable
from hub.security import Actor
from hub.services.calls import CallNote
from hub.services.draft_body import DraftBody
from tests.hub.services.test_snapshot import Story
from tests.hub.world import World, number
from tests.journeys import happenings

PEOPLE = ("anna", "ben", "cleo", "dora", "emil", "fay")
STATUSES = ("new", "open", "waiting_customer", "waiting_third_party", "ready_in_store", "resolved")


class Crowd:
    """What they did so far; `chance` decides what they do next."""

    def __init__(self, story: Story, clock: Clock, chance: random.Random) -> None:
        self._story = story
        self._clock = clock
        self._chance = chance
        self._visitors: list[int] = []
        self._entries = [story.first.id]
        self._deeds: list[Callable[[], Awaitable[Any]]] = [
            *[self._mail] * 6,
            *[self._answer] * 4,
            *[self._chat] * 3,
            *[self._assign] * 2,
            *[self._status] * 2,
            *[self._draft] * 2,
            *[self._deliver] * 2,
            self._note,
            self._snooze,
            self._describe,
            self._read,
            self._move,
            self._open,
            self._order,
            self._mark,
            self._call,
            self._merge,
            self._unmerge,
            self._leave_email,
            self._reading,
            self._canned,
            self._away,
            self._account,
        ]

    @property
    def _world(self) -> World:
        return self._story.world

    async def act(self) -> None:
        """Something happens, or is refused."""
        deed = self._chance.choice(self._deeds)
        with contextlib.suppress(HubError):
            await deed()

    def _somebody(self) -> Actor:
        return self._chance.choice([self._story.mara, self._story.lea])

    def _person(self) -> str:
        return f"{self._chance.choice(PEOPLE)}@example.com"

    async def customer(self) -> int:
        rows = await self._world.table("customers")
        return int(self._chance.choice(rows).id)

    async def _request(self) -> int:
        rows = await self._world.table("requests")
        return int(self._chance.choice(rows).id)

    def _keep(self, entry: Any) -> None:
        if entry is not None:
            self._entries.append(entry.id)

    async def _mail(self) -> None:
        person = self._person()
        words = self._chance.choice(["Hello", "And order 10492?", "Still waiting", "Thanks"])
        name = self._chance.choice(["", person.split("@")[0].title()])
        self._keep(await self._world.mail(f"{words} {number()}", person, name=name))

    async def _answer(self) -> None:
        actor, resolve = self._somebody(), self._chance.random() < 0.2
        self._keep(await self._world.reply(actor, await self.customer(), "We look into it.", resolve=resolve))

    async def _chat(self) -> None:
        if not self._visitors or self._chance.random() < 0.3:
            self._visitors.append(await self._world.visitor())
        self._keep(await self._world.chat(self._chance.choice(self._visitors), "Is anybody there?"))

    async def _leave_email(self) -> None:
        if self._visitors:
            await self._world.hub.visitors.leave_email(self._chance.choice(self._visitors), self._person(), "Anna")

    async def _reading(self) -> None:
        if self._visitors:
            visitor = self._chance.choice(self._visitors)
            await self._world.look(visitor)
            await self._world.hub.visitors.went(visitor)

    async def _assign(self) -> None:
        owner = self._chance.choice([self._story.mara.id, self._story.lea.id, None])
        await self._world.hub.requests.assign(self._somebody(), await self._request(), owner_id=owner)

    async def _status(self) -> None:
        status = self._chance.choice(STATUSES)
        await self._world.hub.requests.set_status(self._somebody(), await self._request(), status)

    async def _snooze(self) -> None:
        until = to_datetime(self._clock.now()) + timedelta(minutes=1)
        await self._world.hub.requests.snooze(self._somebody(), await self._request(), until)
        if self._chance.random() < 0.5:
            self._clock.move_by(timedelta(minutes=2))
            await self._world.hub.requests.wake_due()

    async def _describe(self) -> None:
        priority = self._chance.choice(["low", "normal", "urgent"])
        await self._world.hub.requests.describe(self._somebody(), await self._request(), priority=priority)

    async def _read(self) -> None:
        await self._world.hub.requests.read(self._somebody(), await self._request())

    async def _open(self) -> None:
        await self._world.hub.requests.open(self._somebody(), await self.customer(), f"Matter {number()}")

    async def _move(self) -> None:
        entry = self._chance.choice(self._entries)
        await self._world.hub.request_moves.move_entry(self._somebody(), entry, await self._request())

    async def _note(self) -> None:
        await self._world.hub.replies.note(self._somebody(), await self.customer(), "Careful", None, f"n{number()}")

    async def _draft(self) -> None:
        mode, text = self._chance.choice(["reply", "note"]), self._chance.choice(["", "Dear", "Dear Anna"])
        await self._world.hub.drafts.save(self._somebody(), mode, DraftBody(text=text), await self.customer())

    async def _deliver(self) -> None:
        failures: list[Exception | None] = [None, None, Rejected("No such mailbox"), Unreachable("Away")]
        self._world.provider.failures.append(self._chance.choice(failures))
        await self._world.hub.delivery.work()
        await self._world.hub.delivery.settled()

    async def _order(self) -> None:
        order = Order(
            status=self._chance.choice(["placed", "shipped", "delivered"]),
            updated_at=to_datetime(self._clock.now()),
            customer=OrderCustomer(email=self._person()),
        )
        await self._world.hub.orders.put(self._story.lea, "shop", self._chance.choice(["10492", "10493"]), order)

    async def _mark(self) -> None:
        kind = self._chance.choice(["person", "person", "spam"])
        await self._world.hub.marks.mark(self._somebody(), await self.customer(), kind)

    async def _call(self) -> None:
        note = CallNote(phone=f"+4930123450{self._chance.randrange(4)}", text="Rang", outcome="answered")
        await self._world.hub.calls.note(self._somebody(), note)

    async def _merge(self) -> None:
        rows = [row for row in await self._world.table("customers") if row.merged_into is None]
        if len(rows) > 1:
            one, other = self._chance.sample(rows, 2)
            await happenings.merge(self._story, one.id, other.id)

    async def _unmerge(self) -> None:
        rows = [row for row in await self._world.table("customers") if row.merged_into is not None]
        if rows:
            await happenings.unmerge(self._story, self._chance.choice(rows).id)

    async def _canned(self) -> None:
        await self._world.hub.teams.save_canned(self._somebody(), None, name=f"c{number()}", text="Hello")

    async def _away(self) -> None:
        await self._world.hub.agents.set_away(self._somebody(), self._chance.random() < 0.5)

    async def _account(self) -> None:
        state = self._chance.choice(["ok", "failing"])
        await self._world.hub.accounts.set_state(self._world.accounts["sales"].id, state, "Why not")
