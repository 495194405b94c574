"""A snapshot, brought forward by the events after it, is the next snapshot: after everything that can happen."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock, to_datetime
from hub.database import Transaction
from hub.ports.commerce import Line, Order, OrderCustomer
from hub.ports.errors import Rejected, Unreachable
from hub.ports.message import CallReport, Receipt
from hub.repositories import identities as identities_sql
from hub.security import Actor
from hub.services import identities, joining
from hub.services.calls import CallNote
from hub.services.draft_body import DraftBody
from hub.services.replies import First
from hub.services.visitor_identity import Identity
from tests.hub.follower import Follower
from tests.hub.world import CUSTOMER, World, at_once, number

OTHER = "ben@example.com"
FIRST_ID = "<first@client.example>"


class Story:
    """A customer with a mail, whose screen everybody watches while one thing after the other happens."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.hub = world.hub
        self.clock = clock

    async def begin(self) -> None:
        self.mara = await self.world.colleague()
        self.lea = await self.world.colleague("Lea", "admin")
        self.first = await self.world.mail("Where is it?", subject="Parcel", external_id=FIRST_ID)
        self.customer = self.first.customer_id
        self.request = self.first.request_id

    @property
    def web(self) -> Any:
        return self.world.accounts["web"]

    async def order(self, status: str = "placed", email: str = CUSTOMER) -> None:
        order = Order(
            status=status,
            updated_at=to_datetime(self.clock.now()),
            customer=OrderCustomer(name="Anna", email=email),
            lines=[Line(sku="K1", name="Kettle", price=7900)],
            total=7900,
            currency="EUR",
        )
        await self.hub.orders.put(self.lea, "shop", "10492", order)
        self.clock.move_by(timedelta(seconds=1))

    async def chat_about(self, email: str = CUSTOMER) -> tuple[int, Any]:
        visitor = await self.world.visitor()
        said = await self.world.chat(visitor, "Anybody?")
        await self.hub.visitors.leave_email(visitor, email, "Anna")
        return visitor, said

    async def followed_by_mail(self) -> tuple[int, Any]:
        visitor, said = await self.chat_about()
        answer = await self.world.reply(self.mara, said.customer_id, "Yes")
        await self.hub.visitors.went(visitor)
        await self.hub.delivery.work()
        await self.world.deliver()
        return visitor, await self.world.entry(answer.id)


Happening = Callable[[Story], Awaitable[Any]]


async def mail_again(story: Story) -> None:
    await story.world.mail("Still waiting", name="Anna")


async def automatic_mail(story: Story) -> None:
    await story.world.mail("I am away", automatic=True)


async def history(story: Story) -> None:
    await story.world.mail("Long ago", backfilled=True, sent_at=to_datetime(story.clock.now() - 10**9))


async def stranger(story: Story) -> None:
    await story.world.mail("I am new", OTHER)


async def order_course(story: Story) -> None:
    await story.order()
    await story.world.mail("It is about 10492")
    await story.order("shipped")


async def order_of_a_stranger(story: Story) -> None:
    await story.order(email=OTHER)
    await story.world.mail("Mine too", OTHER)


async def answer_and_receipts(story: Story) -> None:
    await story.world.reply(story.mara, story.customer)
    story.world.provider.failures.append(Unreachable("Away"))
    await story.world.deliver()
    story.clock.move_by(timedelta(minutes=2))
    await story.world.deliver()
    [sent] = await story.world.table("provider_ids")
    for what in ("delivered", "read"):
        await receipt(story, sent, what)
    other = await story.world.reply(story.mara, story.customer, "And this?")
    await story.world.deliver()
    [_, bounced] = await story.world.table("provider_ids")
    await receipt(story, bounced, "failed")
    await story.hub.delivery.retry(story.mara, other.delivery.id)
    await story.world.deliver()


async def receipt(story: Story, sent: Any, state: Any) -> None:
    await story.world.offer(Receipt(external_id=f"{number()}", provider_id=sent.provider_id, state=state))


async def failure_and_retry(story: Story) -> None:
    answer = await story.world.reply(story.mara, story.customer, resolve=True)
    story.world.provider.failures.append(Rejected("No"))
    await story.world.deliver()
    await story.hub.delivery.retry(story.mara, answer.delivery.id)


async def cancelled(story: Story) -> None:
    answer = await story.world.reply(story.mara, story.customer)
    await story.hub.delivery.cancel(story.mara, answer.delivery.id)


async def long_answer(story: Story) -> None:
    await story.world.reply(story.mara, story.customer, "a" * 2500)
    await story.world.deliver()


async def written_first(story: Story) -> None:
    await story.hub.replies.write_first(story.mara, First(text="Hi", client_key="1", kind="email", address=CUSTOMER))
    await story.hub.replies.write_first(story.mara, First(text="Hi", client_key="2", kind="email", address=OTHER))


async def forwarded(story: Story) -> None:
    await story.hub.replies.forward(story.mara, story.first.id, "repair@maker.example", "Please", "k")
    await story.world.deliver()


async def noted(story: Story) -> None:
    from hub.services.notes import add_note

    await story.world.db.unit(add_note, story.mara, story.customer, "Careful", story.request, None)


async def request_life(story: Story) -> None:
    requests = story.hub.requests
    await requests.assign(story.lea, story.request, owner_id=story.mara.id)
    await requests.assign(story.lea, story.request, owner_id=None)
    await requests.assign(story.mara, story.request, owner_id=story.lea.id)
    await requests.describe(story.mara, story.request, subject="Kettle", priority="urgent", topic="delivery")
    await requests.snooze(story.mara, story.request, to_datetime(story.clock.now()) + timedelta(hours=1))
    story.clock.move_by(timedelta(hours=2))
    assert await requests.wake_due() == 1
    await requests.read(story.mara, story.request)
    for status in ("waiting_customer", "resolved", "open", "ready_in_store", "resolved"):
        await requests.set_status(story.mara, story.request, status)
    await story.world.mail("Not yet!", subject="Kettle", thread_ids=(FIRST_ID,))


async def second_request(story: Story) -> None:
    opened = await story.hub.requests.open(story.mara, story.customer, "Another matter", key="k")
    await story.hub.request_moves.move_entry(story.mara, story.first.id, opened)
    await story.hub.request_moves.move_entry(story.mara, story.first.id, story.request)


async def calls(story: Story) -> None:
    now = to_datetime(story.clock.now())
    note = CallNote(customer=story.customer, phone="+49301234567", text="Called", outcome="promised", promise="Ring")
    await story.hub.calls.note(story.mara, note)
    await story.hub.calls.note(story.mara, CallNote(phone="+49307654321", text="Somebody", name="Cleo", due_at=now))
    await story.hub.calls.note(story.mara, CallNote(text="Withheld"))
    report = CallReport(external_id="1", phone="+49307654321", started_at=now)
    await story.hub.calls.report(story.world.accounts["phone"], report, b"1")


async def chat_and_claim(story: Story) -> None:
    await story.chat_about()


async def proof_joins(story: Story) -> None:
    visitor, answer = await story.followed_by_mail()
    await story.world.mail("Thanks", reply_tokens=(story.world.token_to(answer),))
    await story.world.chat(visitor, "And the lid?")


async def evicted(story: Story) -> None:
    await story.chat_about()
    _, answer = await story.followed_by_mail()
    await story.world.mail("Thanks", reply_tokens=(story.world.token_to(answer),))


async def shop_sign_in(story: Story) -> None:
    visitor, _ = await story.chat_about("somebody@else.example")
    await story.hub.visitors.identify(visitor, story.web, Identity(subject="7", email=CUSTOMER, name="Anna A."))
    await story.world.chat(visitor, "Now I am signed in")
    await story.hub.visitors.went(visitor)
    await story.world.look(visitor)


async def proven_mail(story: Story) -> None:
    await story.hub.requests.set_status(story.mara, story.request, "resolved")
    await story.world.mail("Me", proof="code", proof_method="dkim", subject="Parcel")


async def forged(story: Story) -> None:
    await story.world.mail("Forged", failed_proof=True)


async def quarantined(story: Story) -> None:
    answer = await story.world.reply(story.mara, story.customer)
    await story.world.mail("I am another", OTHER, reply_tokens=(story.world.token_to(answer),))


async def merged_by_hand(story: Story) -> None:
    other = await story.world.mail("I am Ben", OTHER, name="Ben")

    def merge(tx: Transaction) -> None:
        rows = [tx.one(identities_sql.customer, customer_id=i) for i in (other.customer_id, story.customer)]
        identities.hold_still(tx, other.customer_id, story.customer)
        joining.merge(tx, rows[0], rows[1], reason="asked", agent_id=story.lea.id)

    await story.world.db.unit(merge)
    await story.world.mail("Ben again", OTHER, name="Ben")
    await story.world.reply(story.mara, story.customer)


async def suggestions_renamed(story: Story) -> None:
    other = await story.world.mail("Hi", OTHER)
    await story.world.db.unit(identities.suggest, story.customer, other.customer_id, ["same voice"])
    await story.world.mail("My name", OTHER, name="Ben")


async def spam_and_back(story: Story) -> None:
    await story.hub.marks.mark(story.mara, story.customer, "spam")
    await story.world.mail("Buy!")
    await story.hub.marks.mark(story.mara, story.customer, "person")


async def drafts(story: Story) -> None:
    await story.hub.drafts.save(story.mara, "reply", DraftBody(text="Ye"), story.customer)
    await story.world.mail("Still", name="Anna")
    await story.hub.drafts.save(story.lea, "note", DraftBody(text="Hm"), story.customer)
    await story.world.reply(story.mara, story.customer)


async def colleagues(story: Story) -> None:
    theo = await story.world.colleague("Theo")
    await story.hub.agents.set_away(story.mara, True)
    team = await story.hub.teams.save_team(story.lea, None, name="Returns", agents=[theo.id])
    await story.hub.teams.save_canned(story.lea, None, name="hi", text="Hello")
    await story.hub.requests.assign(story.mara, story.request, team_id=team)
    await story.hub.teams.remove_team(story.lea, team)


async def unreadable(story: Story) -> None:
    from hub.ports.channel import Received

    await story.hub.reader.offer(story.world.accounts["mail"].id, [Received(provider_id="bad", body=b"\xff{")])
    await story.hub.reader.read_on()


async def many_at_once(story: Story) -> None:
    mails = [story.world.mail(f"Mail {i}") for i in range(8)]
    others = [story.world.mail(f"Other {i}", OTHER) for i in range(4)]
    changes = [story.hub.requests.assign(story.lea, story.request, owner_id=owner) for owner in (story.mara.id, None)]
    await at_once([*mails, *others, *changes])


HAPPENINGS: list[Happening] = [
    mail_again,
    automatic_mail,
    history,
    stranger,
    order_course,
    order_of_a_stranger,
    answer_and_receipts,
    failure_and_retry,
    cancelled,
    long_answer,
    written_first,
    forwarded,
    noted,
    request_life,
    second_request,
    calls,
    chat_and_claim,
    proof_joins,
    evicted,
    shop_sign_in,
    proven_mail,
    forged,
    quarantined,
    merged_by_hand,
    suggestions_renamed,
    spam_and_back,
    drafts,
    colleagues,
    unreadable,
    many_at_once,
]


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda happening: happening.__name__)
async def test_events_make_of_a_snapshot_the_next_one(world: World, clock: Clock, happening: Happening) -> None:
    story = Story(world, clock)
    await story.begin()
    followers = await watching(story)

    await happening(story)

    for follower in followers:
        await follower.follow()


async def watching(story: Story) -> list[Follower]:
    def watch(actor: Actor, view: str, customer: int | None) -> Follower:
        return Follower(story.world, actor, view, customer)

    followers = [
        watch(story.mara, "open", story.customer),
        watch(story.lea, "unassigned", None),
        watch(story.mara, f"mine:{story.mara.id}", None),
        watch(story.lea, "snoozed", None),
        watch(story.lea, "failed", None),
        watch(story.lea, "resolved", None),
    ]
    for follower in followers:
        await follower.begin()
    return followers


async def test_counters_are_what_counting_would_say(world: World, clock: Clock) -> None:
    story = Story(world, clock)
    await story.begin()
    for happening in (many_at_once, request_life, failure_and_retry, spam_and_back, calls, forged):
        await happening(story)

    counted: dict[str, int] = {}
    for row in await world.table("requests"):
        if row.box == "open":
            for name in ("open", "unassigned" if row.owner_id is None else f"mine:{row.owner_id}"):
                counted[name] = counted.get(name, 0) + 1
        if row.box == "snoozed":
            counted["snoozed"] = counted.get("snoozed", 0) + 1
        if row.failed and row.box != "hidden":
            counted["failed"] = counted.get("failed", 0) + 1
    kept = {row.name: row.n for row in await world.table("inbox_counts") if row.n}
    assert kept == counted
