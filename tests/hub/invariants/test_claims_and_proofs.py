"""Whatever people claim, prove and write, in any order: nothing goes to somebody else, and nothing is rewritten."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hub.clock import Clock
from hub.services.destinations import NotReachable
from hub.services.identities import root
from hub.services.visitor_identity import Identity
from hub.sqlite import SqliteDatabase
from tests.hub.fake_channel import FakeProvider
from tests.hub.world import World, a_hub

ADDRESSES = ("ada@example.com", "bo@example.com", "cy@example.com")
# What may change in an entry that was appended: to which request it belongs, and that it changed.
MAY_CHANGE = {"version", "request_id"}

address = st.sampled_from(ADDRESSES)


class Identities(RuleBasedStateMachine):
    """Three people with mailboxes, and visitors who may be any of them or an impostor.

    `typed` remembers which addresses a window was told to answer to, and `signed` whom the shop vouched for there.
    """

    visitors = Bundle("visitors")

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.typed: dict[int, set[str]] = {}
        self.signed: dict[int, str] = {}
        self.entries: dict[int, dict[str, Any]] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        path = Path(shutil.copyfile(self.template, self.folder / "onethread.db"))
        self.db = SqliteDatabase(path, Clock(movable=True))
        await self.db.start()
        provider = FakeProvider()
        self.world = World(a_hub(self.db, self.folder, provider), provider)
        await self.world.open()
        self.mara = await self.world.colleague()

    def teardown(self) -> None:
        self.run(self._close())
        self.loop.close()
        shutil.rmtree(self.folder)

    async def _close(self) -> None:
        await self.world.hub.delivery.settled()
        await self.db.stop()

    # --- what people do ---

    @rule(target=visitors)
    def come(self) -> int:
        visitor: int = self.run(self.world.visitor())
        self.run(self.world.chat(visitor, "Hello"))
        self.typed[visitor] = set()
        return visitor

    @rule(visitor=visitors)
    def chat(self, visitor: int) -> None:
        self.run(self.world.chat(visitor, "And again"))

    @rule(visitor=visitors, email=address)
    def type_address(self, visitor: int, email: str) -> None:
        self.run(self.world.hub.visitors.leave_email(visitor, email))
        self.typed[visitor].add(email)

    @rule(visitor=visitors, email=address)
    def sign_in_at_the_shop(self, visitor: int, email: str) -> None:
        if self.signed.setdefault(visitor, email) == email:
            identity = Identity(subject=email, email=email)
            self.run(self.world.hub.visitors.identify(visitor, self.world.accounts["web"], identity))

    @rule(email=address)
    def mail(self, email: str) -> None:
        self.run(self.world.mail("A mail", email))

    @rule(email=address)
    def forge_mail(self, email: str) -> None:
        self.run(self.world.mail("A forged mail", email, failed_proof=True))

    @rule(number=st.integers(0, 50))
    def answer(self, number: int) -> None:
        """A colleague answers on one of the screens, where it goes by itself."""
        self.run(self._answer(number))

    async def _answer(self, number: int) -> None:
        shown = sorted({(await self._root(row.customer_id)) for row in await self.world.table("conversations")})
        if not shown:
            return
        # Somebody whose claim of an address was lost to its owner cannot be answered there.
        with contextlib.suppress(NotReachable):
            await self.world.reply(self.mara, shown[number % len(shown)], "An answer")

    @rule(visitor=visitors)
    def leave(self, visitor: int) -> None:
        self.run(self._leave(visitor))

    async def _leave(self, visitor: int) -> None:
        await self.world.hub.visitors.went(visitor)
        await self.world.hub.delivery.work()
        await self.world.deliver()

    @rule(visitor=visitors)
    def return_to_the_window(self, visitor: int) -> None:
        self.run(self.world.look(visitor))

    @rule(number=st.integers(0, 50), email=address)
    def answer_a_mail(self, number: int, email: str) -> None:
        """Whoever got a mail of ours answers it; somebody to whom it was forwarded may do so too."""
        self.run(self._answer_a_mail(number, email))

    async def _answer_a_mail(self, number: int, email: str) -> None:
        await self.world.deliver()
        messages = self.world.provider.messages
        if messages:
            message = messages[number % len(messages)]
            await self.world.mail("Re: your answer", email, reply_tokens=(message.reply_token,))

    async def _root(self, customer_id: int) -> int:
        shown = await self.db.view(lambda rd: root(rd, customer_id))
        return int(shown.id)

    # --- what must be true whatever they did ---

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "mara"):
            self.run(self._check())

    async def _check(self) -> None:
        await self._entries_are_only_appended()
        await self._each_customer_has_one_conversation()
        await self._at_most_one_holds_an_address()
        await self._deliveries_go_to_their_own()
        await self._what_follows_a_chat_goes_where_its_window_said()
        await self._windows_show_their_session_alone()

    async def _entries_are_only_appended(self) -> None:
        now = {row.id: row._asdict() for row in await self.world.table("entries")}
        for entry_id, before in self.entries.items():
            changed = {name for name, value in before.items() if now[entry_id][name] != value}
            assert changed <= MAY_CHANGE
        self.entries = now
        for conversation in await self.world.table("conversations"):
            seqs = [row["seq"] for row in now.values() if row["conversation_id"] == conversation.id]
            assert sorted(seqs) == list(range(1, conversation.last_seq + 1))

    async def _each_customer_has_one_conversation(self) -> None:
        customers = [row.id for row in await self.world.table("customers")]
        assert sorted(row.customer_id for row in await self.world.table("conversations")) == customers

    async def _at_most_one_holds_an_address(self) -> None:
        held = [(row.kind, row.scope, row.address) for row in await self.world.table("endpoints") if row.held]
        assert len(held) == len(set(held))

    async def _deliveries_go_to_their_own(self) -> None:
        """Each went to an endpoint of the customer in whose conversation it stands, or on whose screen that shows."""
        endpoints = {row.id: row for row in await self.world.table("endpoints")}
        conversations = {row.id: row.customer_id for row in await self.world.table("conversations")}
        for delivery in await self.world.table("deliveries"):
            entry = self.entries[delivery.entry_id]
            to = endpoints[delivery.endpoint_id]
            owner = conversations[entry["conversation_id"]]
            assert await self._root(to.customer_id) == await self._root(owner)

    async def _what_follows_a_chat_goes_where_its_window_said(self) -> None:
        endpoints = {row.id: row for row in await self.world.table("endpoints")}
        deliveries = {row.id: row for row in await self.world.table("deliveries")}
        said = {f"v{visitor}": typed | {self.signed.get(visitor, "")} for visitor, typed in self.typed.items()}
        for delivery in deliveries.values():
            before = deliveries.get(delivery.follows_id)
            if before is not None and endpoints[before.endpoint_id].kind == "visitor":
                window = endpoints[before.endpoint_id].address
                assert endpoints[delivery.endpoint_id].address in said[window]

    async def _windows_show_their_session_alone(self) -> None:
        for visitor in self.typed:
            window = await self.world.hub.visitors.window(visitor)
            rows = [self.entries[self.world.hub.visitors.screen.entry_of(message.id)] for message in window.messages]
            assert {row["endpoint_id"] for row in rows} <= {window.endpoint_id}


def play(template: Path, *, examples: int, steps: int) -> None:
    machine = type("Identities", (Identities,), {"template": template})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=how)


def test_a_little_of_everything(sqlite_template: Path) -> None:
    play(sqlite_template, examples=6, steps=20)


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_a_lot_of_everything(sqlite_template: Path) -> None:
    play(sqlite_template, examples=200, steps=60)
