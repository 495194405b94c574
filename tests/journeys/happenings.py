"""What can happen beside a customer's matters: among colleagues, to accounts, to the company, between two people."""

from typing import Any

from hub.clock import to_datetime
from hub.database import Transaction
from hub.ports.commerce import Line, Order, OrderCustomer
from hub.ports.errors import Misconfigured, Uncertain
from hub.ports.message import Receipt
from hub.repositories import identities as identities_sql
from hub.services import identities, joining, parting
from hub.services.company import Company
from hub.services.draft_body import DraftBody
from hub.services.sessions import open_session
from hub.services.shop_customers import ShopAddress, ShopCustomer
from tests.hub.services.test_snapshot import OTHER, Story
from tests.hub.world import number


async def accounts(story: Story) -> None:
    hub = story.hub
    await hub.accounts.save("returns", "fake", {"address": "returns@shop.example"}, label="Returns")
    await hub.accounts.set_state(story.world.accounts["mail"].id, "failing", "The password is wrong.")
    await hub.accounts.set_state(story.world.accounts["mail"].id, "ok")
    await hub.accounts.remove("returns")


async def account_fails_while_sending(story: Story) -> None:
    await story.world.reply(story.mara, story.customer)
    story.world.provider.failures.append(Misconfigured("The password is wrong."))
    await story.world.hub.delivery.work()
    await story.world.hub.delivery.settled()


async def uncertain(story: Story) -> None:
    await story.world.reply(story.mara, story.customer)
    story.world.provider.failures.append(Uncertain("The line broke."))
    await story.world.deliver()


async def late_receipts(story: Story) -> None:
    await story.world.reply(story.mara, story.customer)
    await story.world.deliver()
    [sent] = await story.world.table("provider_ids")
    states: tuple[Any, ...] = ("delayed", "delivered", "read")
    for state in states:
        await story.world.offer(Receipt(external_id=f"{number()}", provider_id=sent.provider_id, state=state))


async def company(story: Story) -> None:
    await story.hub.set_company(Company(name="Feldweg", country="DE", time_zone="Europe/Berlin", language="de"))


async def invited(story: Story) -> None:
    theo = await story.hub.agents.invite(story.lea, name="Theo", email="theo@shop.example", role="agent")
    await story.hub.agents.change(story.lea, theo.agent_id, role="supervisor")
    await story.hub.agents.change(story.lea, theo.agent_id, disabled=True)


async def signed_out_elsewhere(story: Story) -> None:
    signed_in = await story.world.db.unit(open_session, "another browser's secret", story.mara.id, "")
    await story.hub.sessions.sign_out(await story.hub.sessions.session_of(signed_in.secret))


async def tokens(story: Story) -> None:
    created = await story.hub.tokens.create(story.lea, name="shop", scopes=["orders.write"])
    await story.hub.tokens.revoke(story.lea, created.id)


async def canned(story: Story) -> None:
    saved = await story.hub.teams.save_canned(story.mara, None, name="hello", text="Hello!")
    await story.hub.teams.save_canned(story.mara, saved, name="hello", text="Good day!", language="en")
    await story.hub.teams.remove_canned(story.mara, saved)


async def teams(story: Story) -> None:
    team = await story.hub.teams.save_team(story.lea, None, name="Returns", agents=[story.mara.id, story.lea.id])
    await story.hub.teams.save_team(story.lea, team, name="Repairs", agents=[story.lea.id])


async def known_to_the_shop(story: Story) -> None:
    known = ShopCustomer(
        updated_at=to_datetime(story.clock.now()),
        name="Anna Berg",
        addresses=[ShopAddress(kind="email", address="anna@example.com", verified=True)],
        segments=["regular"],
    )
    await story.hub.shop_customers.put(story.lea, "shop", "C-7", known)
    order = Order(
        status="placed",
        updated_at=to_datetime(story.clock.now()),
        customer=OrderCustomer(number="C-7"),
        lines=[Line(sku="K1", name="Kettle", price=7900)],
    )
    await story.hub.orders.put(story.lea, "shop", "10493", order)


async def draft_gone(story: Story) -> None:
    await story.hub.drafts.save(story.mara, "reply", DraftBody(text="Dear"), story.customer)
    await story.hub.drafts.save(story.mara, "reply", DraftBody(text=""), story.customer)
    await story.hub.drafts.save(story.mara, "call", DraftBody(text="Rang", fields={"phone": "030"}), None, "tab-1")


async def nobody_named(story: Story) -> None:
    """A name reaches the drafts of whoever it names: told to their author alone, with nothing to say of it."""
    await story.hub.drafts.save(story.mara, "reply", DraftBody(text="Dear"), story.customer)
    await story.world.mail("By the way", name="Anna")


async def merged_away(story: Story) -> None:
    """The open customer is shown on another's screen from now on, and comes back."""
    other = await story.world.mail("I am Ben", OTHER, name="Ben")
    await story.hub.drafts.save(story.mara, "reply", DraftBody(text="Dear"), other.customer_id)
    await merge(story, story.customer, other.customer_id)
    await story.world.mail("Where is it now?")
    await unmerge(story, story.customer)
    await story.world.mail("And now?")


async def merged_into_a_nameless_one(story: Story) -> int:
    """The survivor has no name of their own, and shows the other's: on drafts and in suggestions, too."""
    other = await story.world.mail("I am Ben", OTHER, name="Ben")
    third = await story.world.mail("Me too", "third@example.com", name="Cleo")
    await story.world.db.unit(identities.suggest, third.customer_id, story.customer, ["same voice"])
    await story.hub.drafts.save(story.mara, "reply", DraftBody(text="Dear"), story.customer)
    await merge(story, other.customer_id, story.customer)
    await story.world.mail("More", OTHER)
    return int(other.customer_id)


async def shared(story: Story) -> None:
    """Ada's mailbox turns out to be her family's."""
    await story.order()
    await story.hub.sharing.share(story.lea, story.first.endpoint.id, True)
    await story.world.mail("I am her brother")
    await story.order("shipped")
    await story.hub.sharing.share(story.lea, story.first.endpoint.id, False)
    await story.world.mail("I am alone here again")


async def parted_from_a_named_one(story: Story) -> None:
    await unmerge(story, await merged_into_a_nameless_one(story))


async def named_through_two(story: Story) -> None:
    """One who was merged into one who was merged gets a name: all of them have it."""
    second = await story.world.mail("I am who", OTHER)
    third = await story.world.mail("And me", "third@example.com")
    for customer in (story.customer, second.customer_id, third.customer_id):
        await story.hub.drafts.save(story.mara, "reply", DraftBody(text="Dear"), customer)
    await merge(story, third.customer_id, second.customer_id)
    await merge(story, second.customer_id, story.customer)
    await story.world.mail("My name", "third@example.com", name="Cleo")


async def long_merged(story: Story) -> None:
    """More entries change screens than events tell of."""
    for i in range(130):
        await story.world.mail(f"Mail {i}", OTHER, name="Ben")
    other = await story.world.mail("The last", OTHER)
    await merge(story, other.customer_id, story.customer)


async def disowned(story: Story) -> None:
    """The owner of the address says that somebody else wrote the chat, after their answer had joined it."""
    visitor, answer = await story.followed_by_mail()
    await story.world.mail("Thanks", reply_tokens=(story.world.token_to(answer),))
    token = story.hub.keyring.sign("disown", str(answer.delivery.id), story.clock.now() + 1000)
    await story.hub.disownings.disown(token)
    await story.world.chat(visitor, "And the lid?")


async def merge(story: Story, customer_id: int, into_id: int) -> None:
    def join(tx: Transaction) -> None:
        identities.hold_still(tx, customer_id, into_id)
        rows = [tx.one(identities_sql.customer, customer_id=i) for i in (customer_id, into_id)]
        joining.merge(tx, rows[0], rows[1], reason="asked", agent_id=story.lea.id)

    await story.world.db.unit(join)


async def unmerge(story: Story, customer_id: int) -> None:
    def part(tx: Transaction) -> None:
        identities.hold_still(tx, customer_id)
        merged = tx.first(identities_sql.open_merge, customer_id=customer_id)
        if merged is not None:
            parting.unmerge(tx, merged)

    await story.world.db.unit(part)
