"""Customers and conversations as programs read them, on both databases."""

import pytest

from hub.database import Database
from hub.errors import Forbidden, Invalid
from hub.ports.channel import Capabilities
from hub.ports.message import Address, InboundMessage
from hub.security import Actor
from hub.services import accounts, intake, joining
from hub.services.conversation_views import Conversations, NoSuchConversation
from hub.services.customers import Customers, Wanted
from hub.services.identities import Arrival, NoSuchCustomer
from hub.services.intake import Taken
from hub.services.senders import Context
from hub.services.snapshot import Snapshot

ADMIN = Actor(id=1, name="Ana", role="admin")
STORE = Actor(id=2, name="Till", role="store")


async def write(db: Database, n: int, address: str = "ana@example.com", *, proven: bool = True) -> Taken:
    """A message that a shop's backend brought."""
    message = InboundMessage(
        external_id=f"m{n}",
        sender=Address(kind="email", address=address, name="Ana"),
        text=f"words {n}",
        proof="signed" if proven else None,
        session="" if proven else f"s{n}",
    )
    await db.unit(accounts.add_built_in)
    row = await db.view(accounts.by_name, "api")
    context = Context(
        account_id=row.id,
        account="api",
        channel="generic",
        capabilities=Capabilities(bound_to="session"),
        country="DE",
        read_token=lambda token: None,
    )
    return await db.unit(intake.take_now, context, message, (), message.text.encode(), None)


def customers(db: Database) -> Customers:
    return Customers(db, Snapshot({}))


def conversations(db: Database) -> Conversations:
    return Conversations(db, Snapshot({}))


async def found(db: Database, wanted: Wanted) -> list[int]:
    return [known.customer.id for known in (await customers(db).find(ADMIN, wanted)).customers]


async def test_the_holder_of_an_address_comes_before_those_who_claim_it(db: Database) -> None:
    claim = await write(db, 1, proven=False)
    holder = await write(db, 2)

    assert await found(db, Wanted(email="ANA@example.com")) == [holder.customer_id, claim.customer_id]


async def test_a_claim_is_marked_as_such(db: Database) -> None:
    claim = await write(db, 1, proven=False)

    known = await customers(db).read(ADMIN, claim.customer_id)

    assert [(e.kind, e.held, e.assurance) for e in known.endpoints] == [
        ("session", True, "claimed"),
        ("email", False, "claimed"),
    ]


async def test_customers_are_found_by_words_in_pages(db: Database) -> None:
    for n in range(5):
        await write(db, n, f"c{n}@example.com")
    service = customers(db)

    first = await service.find(ADMIN, Wanted(q="ana"), limit=3)
    rest = await service.find(ADMIN, Wanted(q="ana"), after=first.next, limit=3)

    assert len({known.customer.id for known in first.customers + rest.customers}) == 5
    assert rest.next is None


async def test_somebody_merged_is_found_as_the_one_they_were_merged_into(db: Database) -> None:
    claim = await write(db, 1, proven=False)
    holder = await write(db, 2)
    proof = Arrival(kind="email", address="ana@example.com", proof="code", method="code")
    await db.unit(joining.prove, claim.customer_id, proof, "DE")

    merged = await customers(db).read(ADMIN, claim.customer_id)
    conversation = await conversations(db).read(ADMIN, holder.conversation_id)

    assert await found(db, Wanted(email="ana@example.com")) == [holder.customer_id]
    assert merged.merged_into == holder.customer_id
    assert [(one.conversation_id, one.last_seq) for one in conversation.joined] == [
        (holder.conversation_id, 1),
        (claim.conversation_id, 1),
    ]


async def test_one_looks_for_one_thing_at_a_time(db: Database) -> None:
    with pytest.raises(Invalid):
        await customers(db).find(ADMIN, Wanted(q="ana", phone="1"))


async def test_who_may_not_read_customers_reads_none(db: Database) -> None:
    with pytest.raises(Forbidden):
        await customers(db).find(STORE, Wanted())
    with pytest.raises(Forbidden):
        await customers(db).read(STORE, 1)


async def test_a_conversation_is_read_by_seq_whatever_the_times_say(db: Database) -> None:
    *_, taken = [await write(db, n) for n in range(4)]
    service = conversations(db)

    first = await service.entries(ADMIN, taken.conversation_id, limit=3)
    rest = await service.entries(ADMIN, taken.conversation_id, after=first.next or 0, limit=3)

    assert [entry.seq for entry in first.entries + rest.entries] == [1, 2, 3, 4]
    assert (first.last_seq, first.next, rest.next) == (4, 3, None)


async def test_a_till_is_told_only_that_there_are_entries(db: Database) -> None:
    taken = await write(db, 1)

    page = await conversations(db).entries(STORE, taken.conversation_id)

    assert [(entry.seq, getattr(entry, "hidden", False)) for entry in page.entries] == [(1, True)]


async def test_what_there_is_not_is_said_to_be_missing(db: Database) -> None:
    with pytest.raises(NoSuchCustomer):
        await customers(db).read(ADMIN, 7)
    with pytest.raises(NoSuchConversation):
        await conversations(db).read(ADMIN, 7)
    with pytest.raises(NoSuchConversation):
        await conversations(db).entries(ADMIN, 7)
