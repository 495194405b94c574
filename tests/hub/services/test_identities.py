"""Who is who: addresses choose customers, claims choose nobody, proof joins exactly what was proven."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock
from hub.database import Transaction
from hub.ports.message import Address, InboundMessage
from hub.repositories import identities as sql
from hub.services import identities, joining
from hub.services.identities import Arrival
from hub.services.visitor_identity import Identity, SomebodyElse
from tests.hub.world import CUSTOMER, World, number

OWNER = "owner@example.com"


async def arrive(world: World, address: str, kind: str = "email", **more: Any) -> identities.Who:
    country = more.pop("country", "DE")
    return await world.db.unit(identities.arrive, Arrival(kind=kind, address=address, **more), country)


async def held(world: World, address: str) -> list[tuple[int, str]]:
    """Who holds an address, and how well it is proven."""
    rows = [row for row in await world.table("endpoints") if row.held and row.address == address]
    return [(row.customer_id, row.assurance) for row in rows]


async def leave_and_get_mail(world: World, email: str) -> tuple[int, Any, Any]:
    """A visitor types an address and goes, so that the answer follows by mail: visitor, their entry, the answer."""
    mara = await world.colleague()
    visitor = await world.visitor()
    said = await world.chat(visitor, "Is the kettle here?")
    await world.hub.visitors.leave_email(visitor, email)
    answer = await world.reply(mara, said.customer_id, "Yes, it is.")
    await world.hub.visitors.went(visitor)
    await world.hub.delivery.work()
    await world.deliver()
    return visitor, said, await world.entry(answer.id)


# --- arriving ---


async def test_the_first_message_makes_a_customer_who_holds_the_address(world: World) -> None:
    who = await arrive(world, "Anna@Example.COM", name="Anna")

    assert who.fresh
    assert await held(world, "anna@example.com") == [(who.customer_id, "claimed")]
    assert len(await world.table("conversations")) == 1


async def test_the_same_address_in_another_spelling_is_the_same_customer(world: World) -> None:
    first = await arrive(world, "anna@bücher.example")
    second = await arrive(world, " ANNA@xn--bcher-kva.example ")

    assert (second.customer_id, second.endpoint_id) == (first.customer_id, first.endpoint_id)


async def test_a_national_phone_number_is_of_the_default_country(world: World) -> None:
    first = await arrive(world, "030 1234567", kind="phone")
    second = await arrive(world, "+49 30 1234567", kind="phone")

    assert first.customer_id == second.customer_id


async def test_many_first_messages_at_once_make_one_customer(world: World) -> None:
    numbers = ["030 1234567", "+49301234567", "0049 30 1234567", "(030) 12 34 567"]
    found = await asyncio.gather(*(arrive(world, numbers[i % 4], kind="phone") for i in range(40)))

    assert len({who.customer_id for who in found}) == 1
    assert sum(who.fresh for who in found) == 1
    assert len(await world.table("customers")) == 1
    assert len(await world.table("conversations")) == 1


async def test_an_arrival_proves_no_more_than_it_proves_itself(world: World) -> None:
    proven = await arrive(world, CUSTOMER, proof="code", method="dkim")
    later = await arrive(world, CUSTOMER)

    assert (proven.assurance, later.assurance) == ("code", "claimed")
    assert await held(world, CUSTOMER) == [(proven.customer_id, "code")]


async def test_a_weaker_proof_does_not_replace_a_better_one(world: World) -> None:
    who = await arrive(world, CUSTOMER, proof="signed", method="shop")
    await arrive(world, CUSTOMER, proof="link", method="answer")

    assert await held(world, CUSTOMER) == [(who.customer_id, "signed")]


async def test_a_shared_address_identifies_nobody(world: World) -> None:
    who = await arrive(world, CUSTOMER)
    await world.execute(f"UPDATE endpoints SET shared = true WHERE id = {who.endpoint_id}")

    apart = await arrive(world, CUSTOMER)

    assert apart.customer_id != who.customer_id
    assert (await world.screen(apart.customer_id)).customer.provisional


# --- mail that fails authentication ---


async def test_mail_that_fails_authentication_is_kept_apart_with_a_suggestion(world: World) -> None:
    honest = await world.mail()
    forged = await world.mail("Send it to my new address.", failed_proof=True, proof_method="dmarc=fail")

    assert forged.customer_id != honest.customer_id
    apart = (await world.screen(forged.customer_id)).customer
    assert apart.provisional
    assert [suggestion.customer_id for suggestion in apart.suggestions] == [honest.customer_id]
    assert [(claim.kind, claim.address) for claim in apart.says] == [("email", CUSTOMER)]
    assert len((await world.screen(honest.customer_id)).entries) == 1


async def test_more_forged_mail_of_an_address_stays_together_apart(world: World) -> None:
    await world.mail()
    first = await world.mail("One", failed_proof=True)
    second = await world.mail("Two", failed_proof=True)

    assert second.customer_id == first.customer_id
    assert (first.seq, second.seq) == (1, 2)


async def test_forged_mail_proves_nothing_even_with_a_token(world: World) -> None:
    mara = await world.colleague()
    honest = await world.mail()
    answer = await world.reply(mara, honest.customer_id)

    forged = await world.mail("It is me.", failed_proof=True, reply_tokens=(world.token_to(answer),))

    assert forged.customer_id != honest.customer_id
    assert await held(world, CUSTOMER) == [(honest.customer_id, "claimed")]


async def test_forged_mail_of_a_stranger_with_a_token_is_not_shown_in_the_thread(world: World) -> None:
    mara = await world.colleague()
    honest = await world.mail()
    answer = await world.reply(mara, honest.customer_id)

    forged = await world.mail("x", "stranger@example.org", failed_proof=True, reply_tokens=(world.token_to(answer),))

    assert forged.customer_id != honest.customer_id


# --- claims ---


async def test_typing_an_address_finds_nobody_and_changes_nobody(world: World) -> None:
    known = await world.mail()
    before = await world.screen(known.customer_id)
    visitor = await world.visitor()
    said = await world.chat(visitor)

    await world.hub.visitors.leave_email(visitor, CUSTOMER, "Anna")

    assert said.customer_id != known.customer_id
    assert await world.screen(known.customer_id) == before
    claimant = (await world.screen(said.customer_id)).customer
    assert claimant.provisional
    assert [claim.address for claim in claimant.says] == [CUSTOMER]
    assert claimant.assurance is None


@pytest.mark.parametrize("known", [True, False])
async def test_what_a_visitor_sees_and_gets_is_the_same_for_a_known_address(world: World, known: bool) -> None:
    if known:
        await world.mail(sender=OWNER)
    visitor = await world.visitor()
    await world.chat(visitor)
    me = await world.hub.visitors.leave_email(visitor, OWNER, "Anna")
    window = await world.hub.visitors.window(visitor)
    _, said, answer = await leave_and_get_mail(world, OWNER)

    assert (me.name, me.email_hint, me.identified) == ("Anna", "o•••@example.com", False)
    assert (len(window.messages), window.more) == (1, False)
    assert answer.delivery.moved_to.address == OWNER
    assert [message.to.address for message in world.provider.messages] == [OWNER]
    assert said.assurance == "claimed"


async def test_a_claim_is_one_per_session_and_address(world: World) -> None:
    visitor = await world.visitor()
    await world.chat(visitor)
    for _ in range(3):
        await world.hub.visitors.leave_email(visitor, CUSTOMER)

    claims = [row for row in await world.table("endpoints") if not row.held]
    assert len(claims) == 1


# --- proof by answering ---


async def test_an_answer_to_our_mail_proves_the_address_and_joins_what_the_session_wrote(world: World) -> None:
    visitor, said, answer = await leave_and_get_mail(world, CUSTOMER)

    mail = await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))

    assert mail.customer_id == said.customer_id
    assert (mail.assurance, mail.assurance_method) == ("link", "answer to our message")
    assert mail.conversation_id == said.conversation_id
    assert await held(world, CUSTOMER) == [(mail.customer_id, "link")]
    customer = (await world.screen(mail.customer_id)).customer
    assert not customer.provisional
    assert customer.says == []
    assert await world.look(visitor) == ["Is the kettle here?", "Yes, it is."]


async def test_proof_joins_the_provisional_customer_to_whoever_holds_the_address(world: World) -> None:
    known = await world.mail("I am an old customer.")
    _, said, answer = await leave_and_get_mail(world, CUSTOMER)

    mail = await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))

    assert mail.customer_id == known.customer_id
    assert mail.conversation_id == known.conversation_id
    screen = await world.screen(known.customer_id)
    assert screen.customer.joined == [said.customer_id]
    assert {entry.id for entry in screen.entries} >= {known.id, said.id, answer.id, mail.id}
    assert (await world.entry(said.id)).conversation_id == said.conversation_id
    assert {request.customer_id for request in screen.requests} == {known.customer_id}


async def test_the_window_in_which_the_address_was_typed_stays_unproven(world: World) -> None:
    await world.mail("My secret order.")
    visitor, _, answer = await leave_and_get_mail(world, CUSTOMER)
    await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))

    again = await world.chat(visitor, "And the lid?")

    assert again.assurance == "claimed"
    assert await world.look(visitor) == ["Is the kettle here?", "Yes, it is.", "And the lid?"]


async def test_proof_evicts_the_claims_of_others(world: World) -> None:
    impostor = await world.visitor()
    lie = await world.chat(impostor, "I am Anna.")
    await world.hub.visitors.leave_email(impostor, CUSTOMER)
    _, _, answer = await leave_and_get_mail(world, CUSTOMER)

    await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))

    screen = await world.screen(lie.customer_id)
    assert screen.customer.says == []
    assert [entry.text for entry in screen.entries] == ["I am Anna."]
    assert (await world.entry(lie.id)).customer_id == lie.customer_id


async def test_proof_evicts_claims_of_an_address_that_was_held_before(world: World) -> None:
    await world.mail()
    impostor = await world.visitor()
    lie = await world.chat(impostor, "I am Anna.")
    await world.hub.visitors.leave_email(impostor, CUSTOMER)
    _, _, answer = await leave_and_get_mail(world, CUSTOMER)

    await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))

    assert (await world.screen(lie.customer_id)).customer.says == []


async def test_answers_to_an_evicted_session_go_to_nobodys_mailbox(world: World) -> None:
    mara = await world.colleague()
    impostor = await world.visitor()
    lie = await world.chat(impostor, "I am Anna.")
    await world.hub.visitors.leave_email(impostor, CUSTOMER)
    _, _, answer = await leave_and_get_mail(world, CUSTOMER)
    await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))
    before = len(world.provider.messages)

    await world.reply(mara, lie.customer_id, "Who are you?")
    await world.hub.visitors.went(impostor)
    await world.hub.delivery.work()
    await world.deliver()

    assert len(world.provider.messages) == before


async def test_later_answers_to_the_joined_session_still_follow_by_mail(world: World) -> None:
    await world.mail("I am an old customer.")
    mara = await world.colleague()
    visitor, _, answer = await leave_and_get_mail(world, CUSTOMER)
    await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))
    await world.hub.visitors.came(visitor)
    again = await world.chat(visitor, "And the lid?")

    await world.reply(mara, again.customer_id, "Also here.", endpoint=again.endpoint.id)
    await world.hub.visitors.went(visitor)
    await world.hub.delivery.work()
    await world.deliver()

    assert [message.text for message in world.provider.messages] == ["Yes, it is.", "Also here."]


async def test_a_token_of_another_delivery_proves_nothing(world: World) -> None:
    mara = await world.colleague()
    other = await world.mail(sender=OWNER)
    answer = await world.reply(mara, other.customer_id)
    await world.mail()

    mail = await world.mail("Me?", reply_tokens=(world.token_to(answer),))

    assert mail.assurance == "claimed"
    assert mail.customer_id != other.customer_id
    assert mail.request_id != answer.request_id


@pytest.mark.parametrize("token", ["", "aaaaaaaaaaaaaaaa1", "x" * 5000, "0", "äöü"])
async def test_a_forged_token_proves_nothing(world: World, token: str) -> None:
    first = await world.mail()

    mail = await world.mail("Again", reply_tokens=(token,))

    assert (mail.customer_id, mail.assurance) == (first.customer_id, "claimed")


async def test_a_stranger_with_a_token_is_a_participant_in_quarantine(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail("Please ask my neighbour.")
    answer = await world.reply(mara, first.customer_id, "Private words.")

    entry = await world.mail("I am the neighbour.", "neighbour@example.org", reply_tokens=(world.token_to(answer),))

    assert entry.customer_id == first.customer_id
    assert (entry.author.kind, entry.author.name) == ("participant", "neighbour@example.org")
    assert entry.details["quarantine"] is True
    assert entry.endpoint is None
    assert await held(world, "neighbour@example.org") == []
    await world.reply(mara, first.customer_id, "Thank you both.")
    await world.deliver()
    assert {message.to.address for message in world.provider.messages} == {CUSTOMER}


async def test_a_known_customer_with_somebody_elses_token_stays_themselves(world: World) -> None:
    mara = await world.colleague()
    first = await world.mail()
    answer = await world.reply(mara, first.customer_id)
    other = await world.mail(sender=OWNER)

    entry = await world.mail("About her thread", OWNER, reply_tokens=(world.token_to(answer),), thread_ids=("<x@y>",))

    assert (entry.customer_id, entry.author.kind) == (other.customer_id, "customer")


# --- the shop's signature ---


async def test_a_shops_token_makes_the_visitor_the_known_customer(world: World) -> None:
    known = await world.mail()
    visitor = await world.visitor()
    await world.hub.visitors.identify(visitor, world.accounts["web"], Identity(subject="7", email=CUSTOMER))

    said = await world.chat(visitor)

    assert said.customer_id == known.customer_id
    assert said.assurance == "signed"
    assert await held(world, CUSTOMER) == [(known.customer_id, "signed")]


async def test_signing_in_later_joins_what_was_written_and_marks_it(world: World) -> None:
    known = await world.mail()
    visitor = await world.visitor()
    said = await world.chat(visitor, "Before")

    await world.hub.visitors.identify(visitor, world.accounts["web"], Identity(subject="7", email=CUSTOMER))
    later = await world.chat(visitor, "After")

    assert (await world.entry(said.id)).customer_id == later.customer_id == known.customer_id
    assert (await world.entry(said.id)).before_proof
    assert (later.assurance, later.before_proof) == ("signed", False)
    assert later.conversation_id == said.conversation_id


async def test_another_person_at_the_same_browser_is_refused(world: World) -> None:
    visitor = await world.visitor()
    await world.hub.visitors.identify(visitor, world.accounts["web"], Identity(subject="7", email=CUSTOMER))

    with pytest.raises(SomebodyElse):
        await world.hub.visitors.identify(visitor, world.accounts["web"], Identity(subject="8", email=OWNER))


async def test_two_known_customers_join_only_where_the_address_was_proven_on_both_sides(world: World) -> None:
    """Unproven mail holds the address; a colleague decides. An address answered from before is proof on both sides."""
    held_only = await world.mail(sender=OWNER)
    visitor = await world.visitor()
    web = world.accounts["web"]
    await world.hub.visitors.identify(visitor, web, Identity(subject="7"))
    said = await world.chat(visitor)

    await world.hub.visitors.identify(visitor, web, Identity(subject="7", email=OWNER))

    apart = await world.screen(said.customer_id)
    assert apart.customer.id == said.customer_id
    assert [suggestion.customer_id for suggestion in apart.customer.suggestions] == [held_only.customer_id]

    await world.hub.visitors.identify(visitor, web, Identity(subject="7", email=OWNER))
    assert (await world.entry(said.id)).customer_id == held_only.customer_id


async def test_not_the_same_person_is_remembered_against_proof(world: World) -> None:
    known = await world.mail()
    _, said, answer = await leave_and_get_mail(world, CUSTOMER)
    await world.db.unit(identities.suggest, said.customer_id, known.customer_id, ["same name"])
    await world.execute("UPDATE suggestions SET verdict = 'not_same'")

    mail = await world.mail("Thanks!", reply_tokens=(world.token_to(answer),))

    assert mail.customer_id == known.customer_id
    assert (await world.entry(said.id)).customer_id == said.customer_id


# --- the shop's backend without proof ---


def by_api(text: str, address: str = CUSTOMER, session: str = "", proof: Any = None) -> InboundMessage:
    sender = Address(kind="email", address=address)
    return InboundMessage(external_id=f"{number()}", sender=sender, text=text, session=session, proof=proof)


async def test_unverified_messages_of_one_session_share_a_provisional_customer(world: World) -> None:
    known = await world.mail()
    api = world.accounts["api"]
    one = await world.hub.intake.take(api, by_api("One", session="s"), b"1")
    two = await world.hub.intake.take(api, by_api("Two", OWNER, session="s"), b"2")
    other = await world.hub.intake.take(api, by_api("Three"), b"3")
    same = await world.hub.intake.take(api, by_api("Four"), b"4")

    assert one.customer_id == two.customer_id
    assert other.customer_id == same.customer_id
    assert len({one.customer_id, other.customer_id, known.customer_id}) == 3


async def test_verified_messages_join_the_holder(world: World) -> None:
    known = await world.mail()

    taken = await world.hub.intake.take(world.accounts["api"], by_api("One", proof="signed"), b"1")

    assert taken.customer_id == known.customer_id


# --- merging ---


async def test_a_merge_is_one_row_and_unmerging_is_exact(world: World) -> None:
    mara = await world.colleague()
    one = await world.mail("One", name="Anna")
    other = await world.mail("Other", OWNER)
    before = {name: await world.table(name) for name in ("customers", "entries", "endpoints", "conversations")}
    screens = [await world.screen(entry.customer_id) for entry in (one, other)]

    def merge(tx: Transaction) -> None:
        rows = [tx.one(sql.customer, customer_id=entry.customer_id) for entry in (one, other)]
        joining.merge(tx, rows[0], rows[1], reason="test")

    await world.db.unit(merge)

    changed = [new for old, new in zip(before["customers"], await world.table("customers"), strict=True) if old != new]
    assert sorted(row.merged_into or 0 for row in changed) == [0, other.customer_id]
    for name in ("entries", "endpoints", "conversations"):
        assert await world.table(name) == before[name]
    joint = await world.screen(other.customer_id)
    assert joint.customer.name == "Anna"
    assert {entry.text for entry in joint.entries} == {"One", "Other"}
    between = await world.mail("In between")
    await world.reply(mara, other.customer_id, "To Anna", endpoint=one.endpoint.id)
    assert between.conversation_id == one.conversation_id

    await world.execute(f"UPDATE customers SET merged_into = NULL WHERE id = {one.customer_id}")

    apart = [await world.screen(entry.customer_id) for entry in (one, other)]
    assert [entry.text for entry in apart[0].entries] == ["One", "In between", "To Anna"]
    assert apart[1].entries == screens[1].entries
    assert apart[1].customer.name == ""
    assert apart[1].customer.endpoints == screens[1].customer.endpoints


async def test_two_merged_into_each_other_at_once_make_no_ring(world: World) -> None:
    one, other = await world.mail(), await world.mail(sender=OWNER)

    def into(customer: int, address: str) -> Any:
        arrival = Arrival(kind="email", address=address, proof="code", method="test")
        return world.db.unit(joining.prove, customer, arrival, "")

    await world.execute("UPDATE customers SET provisional = true")
    await asyncio.gather(into(one.customer_id, OWNER), into(other.customer_id, CUSTOMER))

    merged = [row.merged_into for row in await world.table("customers")]
    assert sum(row is not None for row in merged) == 1


async def test_a_number_silent_for_long_keeps_its_holder(world: World, clock: Clock) -> None:
    first = await arrive(world, "+49301234567", kind="phone")
    clock.move_by(timedelta(days=400))

    assert (await arrive(world, "+49301234567", kind="phone")).customer_id == first.customer_id
