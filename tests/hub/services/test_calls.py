"""Calls are filed with whoever holds the number; a call proves nothing."""

from datetime import timedelta

import pytest

from hub.clock import Clock, to_datetime
from hub.errors import Invalid
from hub.ports.commerce import Order, OrderCustomer
from hub.ports.message import CallReport
from hub.services.answers import KeyReused
from hub.services.calls import CallNote
from hub.services.company import Company
from hub.services.intake import ExternalIdReused
from tests.hub.world import World, at_once

PHONE = "+49301234567"


async def test_a_note_makes_a_customer_who_holds_the_number(world: World) -> None:
    mara = await world.colleague()
    await world.hub.set_company(Company(country="DE"))

    entry_id, customer_id = await world.hub.calls.note(mara, CallNote(phone="030 1234567", name="Anna", text="Late"))

    entry, screen = await world.entry(entry_id), await world.screen(customer_id)
    assert (entry.kind, entry.direction, entry.assurance, entry.author.name) == ("call", "in", "claimed", "Mara")
    assert [(e.kind, e.address, e.assurance) for e in screen.customer.endpoints] == [
        ("phone", "030 1234567", "claimed")
    ]
    assert [request.owner_id for request in screen.requests] == [mara.id]


async def test_a_second_call_from_the_number_is_the_same_customer(world: World) -> None:
    mara = await world.colleague()
    _, one = await world.hub.calls.note(mara, CallNote(phone=PHONE, text="One"))
    taken = await world.hub.calls.report(world.accounts["phone"], CallReport(external_id="1", phone=PHONE), b"1")

    assert taken.customer_id == one


async def test_a_withheld_number_is_nobody_known(world: World) -> None:
    mara = await world.colleague()
    first = await world.hub.calls.note(mara, CallNote(text="Who?"))
    second = await world.hub.calls.note(mara, CallNote(text="Who?"))

    assert first[1] != second[1]
    assert await world.table("endpoints") == []


async def test_a_note_for_an_address_is_filed_with_its_holder(world: World) -> None:
    mara = await world.colleague()
    mail = await world.mail()

    _, customer_id = await world.hub.calls.note(mara, CallNote(email="ANNA@example.com", text="Called"))

    assert customer_id == mail.customer_id


async def test_a_number_that_a_chosen_customer_called_from_is_a_claim(world: World) -> None:
    mara = await world.colleague()
    mail = await world.mail()

    await world.hub.calls.note(mara, CallNote(customer=mail.customer_id, phone=PHONE, text="Called"))

    customer = (await world.screen(mail.customer_id)).customer
    assert [(claim.kind, claim.address) for claim in customer.says] == [("phone", PHONE)]


async def test_a_number_that_somebody_else_holds_stays_theirs(world: World) -> None:
    mara = await world.colleague()
    _, owner = await world.hub.calls.note(mara, CallNote(phone=PHONE, text="Mine"))
    mail = await world.mail()

    entry_id, customer_id = await world.hub.calls.note(
        mara, CallNote(customer=mail.customer_id, phone=PHONE, text="Her phone")
    )

    assert customer_id == mail.customer_id != owner
    assert (await world.entry(entry_id)).endpoint is None


async def test_a_promise_stands_in_the_entry_and_keeps_the_matter_open(world: World, clock: Clock) -> None:
    mara = await world.colleague()
    due = to_datetime(clock.now()) + timedelta(days=1)

    entry_id, customer_id = await world.hub.calls.note(
        mara, CallNote(phone=PHONE, text="x", outcome="promised", promise="Ring back", due_at=due)
    )

    details = (await world.entry(entry_id)).details
    assert (details["promise"], details["outcome"]) == ("Ring back", "promised")
    assert [request.status for request in (await world.screen(customer_id)).requests] == ["open"]


async def test_the_same_key_at_once_is_one_note(world: World) -> None:
    mara = await world.colleague()
    call = CallNote(phone=PHONE, text="Once")

    noted = await at_once([world.hub.calls.note(mara, call, key="k") for _ in range(8)])

    assert len(set(noted)) == 1
    assert len(await world.table("entries")) == 1
    with pytest.raises(KeyReused):
        await world.hub.calls.note(mara, CallNote(phone=PHONE, text="Other"), key="k")


async def test_a_report_at_once_is_one_entry(world: World) -> None:
    phone = world.accounts["phone"]
    call = CallReport(external_id="1", phone=PHONE, text="Missed")

    taken = await at_once([world.hub.calls.report(phone, call, b"1") for _ in range(6)])

    assert len({one.entry_id for one in taken}) == 1
    with pytest.raises(ExternalIdReused):
        await world.hub.calls.report(phone, call, b"2")


async def test_a_missed_call_waits_and_one_that_was_taken_does_not(world: World) -> None:
    phone = world.accounts["phone"]
    missed = await world.hub.calls.report(phone, CallReport(external_id="1", phone=PHONE), b"1")
    taken = await world.hub.calls.report(phone, CallReport(external_id="2", phone="+49307654321", duration_s=90), b"2")

    waiting = {
        customer_id: (await world.screen(customer_id)).requests[0].waiting_since is not None
        for customer_id in (missed.customer_id, taken.customer_id)
    }
    assert waiting == {missed.customer_id: True, taken.customer_id: False}


async def test_candidates_come_with_their_evidence(world: World) -> None:
    mara = await world.colleague()
    _, holder = await world.hub.calls.note(mara, CallNote(phone=PHONE, name="Anna", text="x"))
    mail = await world.mail(sender="ben@example.com", name="Ben")

    found = await world.hub.calls.candidates(mara, PHONE, [mail.customer_id])

    assert [(one.customer_id, one.evidence) for one in found] == [
        (holder, ["number_known"]),
        (mail.customer_id, ["found"]),
    ]
    assert [len(one.requests) for one in found] == [1, 1]


async def evidence(world: World, q: str, found: list[int]) -> list[list[str]]:
    mara = await world.colleague()
    return [one.evidence for one in await world.hub.calls.candidates(mara, q, found)]


async def test_who_was_found_by_words_is_told_by_which(world: World, clock: Clock) -> None:
    anna = await world.mail(name="Anna Berg")
    order = Order(
        status="placed", updated_at=to_datetime(clock.now()), customer=OrderCustomer(email="anna@example.com")
    )
    await world.hub.orders.put(await world.colleague("Shop", "admin"), "shop", "K-10492", order)
    found = [anna.customer_id]

    assert await evidence(world, "Anna@Example.com", found) == [["email_known"]]
    assert await evidence(world, "k-10492", found) == [["order_known"]]
    assert await evidence(world, "ber ann", found) == [["name_known"]]
    assert await evidence(world, "kettle", found) == [["found"]]


async def test_an_address_that_a_chat_gave_is_only_said(world: World) -> None:
    visitor = await world.visitor()
    said = await world.chat(visitor)
    await world.hub.visitors.leave_email(visitor, "ben@example.com")

    assert await evidence(world, "ben@example.com", [said.customer_id]) == [["email_said"]]


async def test_a_note_without_words_is_refused(world: World) -> None:
    mara = await world.colleague()

    with pytest.raises(Invalid):
        await world.hub.calls.note(mara, CallNote(phone=PHONE))
    with pytest.raises(Invalid):
        await world.hub.calls.note(mara, CallNote(phone="no number", text="x"))
