"""What providers deliver raw: stored before it is read, once however often it comes, and always accounted for."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import Clock
from hub.errors import Unavailable
from hub.ports.channel import Account, Received
from hub.ports.message import Address, CallReport, Ignored, InboundMessage, Item
from hub.services.filing import WasRead
from hub.services.intake import COPY_WITHIN_MS, INLINE_BODY, ExternalIdReused
from hub.services.reader import AT_ONCE, FIRST_WAIT_MS, LONGEST_WAIT_MS, TRIES
from tests.hub.fake_channel import FakeChannel, payload
from tests.hub.sums import sums
from tests.hub.world import World, a_mail, at_once, number


async def test_an_item_is_safe_before_it_is_read(world: World) -> None:
    mail = world.accounts["mail"].id
    await world.hub.reader.offer(mail, [Received(provider_id="1", body=payload(a_mail()))], "cursor-1")

    assert await sums(world.hub) == {"stored": 1}
    assert await world.hub.reader.cursor(mail) == "cursor-1"
    assert await world.hub.reader.unknown(mail, ["1", "2"]) == ["2"]
    assert await world.table("entries") == []
    await world.hub.reader.read_on()
    assert await sums(world.hub) == {"entry": 1}


async def test_the_same_item_offered_again_is_not_another(world: World) -> None:
    item = Received(provider_id="1", body=payload(a_mail()))
    offers = [world.hub.reader.offer(world.accounts["mail"].id, [item]) for _ in range(6)]

    assert sum(await at_once(offers)) == 1


async def test_one_message_under_two_provider_ids_is_one_entry(world: World) -> None:
    mail = a_mail(external_id="<1@client>")

    [first] = await world.offer(mail, provider_id="uid-1")
    [again] = await world.offer(mail, provider_id="uid-2")

    assert first.id == again.id
    assert await sums(world.hub) == {"duplicate": 1, "entry": 1}


async def test_one_mail_to_two_accounts_is_one_entry_with_two_intakes(world: World) -> None:
    mail = a_mail("To both", external_id="<1@client>")

    [one] = await world.offer(mail, account="mail")
    [other] = await world.offer(mail, account="sales")

    assert one.id == other.id
    assert await sums(world.hub) == {"duplicate": 1, "entry": 1}


async def test_copies_in_any_order_at_once_are_one_entry_each(world: World) -> None:
    """Two nodes read what four servers deliver, shuffled, several times."""
    mails = [a_mail(f"Mail {n}", external_id=f"<{n}@client>") for n in range(6)]
    copies = [(mail, account) for mail in mails for account in ("mail", "sales") for _ in range(2)]
    random.Random(5).shuffle(copies)

    await at_once([world.offer(mail, account=account) for mail, account in copies])

    assert len(await world.table("entries")) == 6
    assert await sums(world.hub) == {"duplicate": 18, "entry": 6}
    assert sorted(row.seq for row in await world.table("entries")) == list(range(1, 7))


async def test_a_message_id_used_again_for_other_words_is_another_message(world: World) -> None:
    one = await world.mail("One", external_id="<1@broken>", body_hash="1")
    [other] = await world.offer(a_mail("Two", external_id="<1@broken>", body_hash="2"), account="sales")

    assert one.id != other.id


async def test_after_a_week_the_same_words_are_said_anew(world: World) -> None:
    mail = a_mail("Still nothing", external_id="<1@client>")
    [one] = await world.offer(mail, account="mail")
    world.db.clock.move_by(timedelta(milliseconds=COPY_WITHIN_MS + 1))
    [other] = await world.offer(mail, account="sales")

    assert one.id != other.id


async def test_what_cannot_be_read_is_kept_shown_and_stops_nothing(world: World) -> None:
    mail = world.accounts["mail"].id
    items = [b"\xff not ours", payload(a_mail("Fine")), b'{"a":' * 100_000, payload(a_mail("x", "not an address"))]
    await world.hub.reader.offer(mail, [Received(provider_id=f"{n}", body=body) for n, body in enumerate(items)])

    await world.hub.reader.read_on()

    assert await sums(world.hub) == {"entry": 1, "failed": 3}
    entries = await world.table("entries")
    assert [row.unreadable for row in entries].count(True) == 3
    rows = {row.external_id: row for row in await world.table("intake")}
    assert rows["0"].body == items[0]
    assert all(rows[key].reason for key in ("0", "2", "3"))


async def test_many_are_filed_in_the_order_in_which_they_came(world: World) -> None:
    texts = [f"Mail {n}" for n in range(AT_ONCE + 10)]
    for account in ("mail", "sales"):
        mails = [a_mail(text, f"{account}@example.com") for text in texts]
        received = [Received(provider_id=f"{n}", body=payload(mail)) for n, mail in enumerate(mails)]
        await world.hub.reader.offer(world.accounts[account].id, received)

    await world.hub.reader.read_on()

    entries = sorted(await world.table("entries"), key=lambda row: (row.conversation_id, row.seq))
    assert [row.text for row in entries] == texts + texts
    assert await sums(world.hub) == {"entry": len(entries)}


async def test_what_failed_can_be_read_again_from_its_bytes(world: World) -> None:
    mara = await world.colleague()
    await offer_raw(world, b"{")
    await world.hub.reader.read_on()
    [stand_in] = await world.table("entries")
    await mend(world, payload(a_mail("Now it can be read", "ben@example.com")))

    entry_id = await world.hub.reader.read_again(mara, stand_in.id)

    read, kept = await world.entry(entry_id), await world.entry(stand_in.id)
    assert (read.text, read.unreadable, kept.unreadable) == ("Now it can be read", False, True)
    assert read.customer_id != kept.customer_id
    assert await sums(world.hub) == {"entry": 1}
    assert [row.status for row in await world.table("requests")] == ["resolved", "new"]
    with pytest.raises(WasRead):
        await world.hub.reader.read_again(mara, stand_in.id)
    with pytest.raises(WasRead):
        await world.hub.reader.read_again(mara, entry_id)


async def test_what_fails_again_is_shown_once(world: World) -> None:
    mara = await world.colleague()
    await offer_raw(world, b"{")
    await world.hub.reader.read_on()
    [stand_in] = await world.table("entries")

    assert await world.hub.reader.read_again(mara, stand_in.id) == stand_in.id

    assert await sums(world.hub) == {"failed": 1}
    assert [row.id for row in await world.table("entries")] == [stand_in.id]
    assert len(await world.table("customers")) == 1


async def test_all_that_an_account_failed_to_read_is_read_again_at_once(world: World) -> None:
    for n in range(3):
        await offer_raw(world, b"{", f"bad-{n}")
    await world.hub.reader.read_on()
    await mend(world, payload(a_mail("Fine")), "bad-1")

    assert await world.hub.reader.read_failed_again("mail") == (3, 2)

    assert await sums(world.hub) == {"entry": 1, "failed": 2}
    assert await world.hub.reader.read_failed_again("sales") == (0, 0)


async def offer_raw(world: World, body: bytes, provider_id: str = "1") -> None:
    await world.hub.reader.offer(world.accounts["mail"].id, [Received(provider_id=provider_id, body=body)])


async def mend(world: World, body: bytes, provider_id: str = "1") -> None:
    """From now on the same bytes mean something, as after the connector was mended."""
    kept = await world.hub.files.put(body)
    await world.execute(f"UPDATE intake SET body = NULL, file = '{kept.file}' WHERE external_id = '{provider_id}'")


# --- what cannot be read just now ---


class Away(FakeChannel):
    """Cannot read anything while the reason lasts."""

    reason: Exception | None = OSError("No space left on device")
    tries = 0

    def parse(self, account: Account, body: bytes, headers: Mapping[str, str]) -> Sequence[Item]:
        self.tries += 1
        if self.reason is not None:
            raise self.reason
        return super().parse(account, body, headers)


@pytest.mark.parametrize("reason", [OSError("No space left on device"), Unavailable("The shop's list is away.")])
async def test_what_cannot_be_read_just_now_is_tried_again_and_shown_in_the_end(
    world: World, clock: Clock, reason: Exception
) -> None:
    away, raw = away_in(world, reason), payload(a_mail("Hello"))
    await offer_raw(world, raw)
    for tries in range(1, TRIES + 1):
        assert (await sums(world.hub), away.tries) == ({"stored": 1}, tries - 1)
        await world.hub.reader.read_on()
        await world.hub.reader.read_on()
        clock.move_by(timedelta(milliseconds=LONGEST_WAIT_MS))

    [row], [entry] = await world.table("intake"), await world.table("entries")
    assert (row.state, row.reason, row.entry_id, away.tries) == ("failed", str(reason), entry.id, TRIES)
    assert (entry.unreadable, row.body) == (True, raw)
    away.reason = None
    read = await world.entry(await world.hub.reader.read_again(await world.colleague(), entry.id))
    assert read.text == "Hello"


async def test_what_waits_for_another_try_stops_nothing(world: World, clock: Clock) -> None:
    away = away_in(world, OSError("away"))
    await offer_raw(world, payload(a_mail("First")))
    await world.hub.reader.read_on()
    away.reason = None

    await offer_raw(world, payload(a_mail("Second")), "2")
    await world.hub.reader.read_on()
    assert [row.text for row in await world.table("entries")] == ["Second"]
    clock.move_by(timedelta(milliseconds=FIRST_WAIT_MS))
    await world.hub.reader.read_on()

    assert [row.text for row in await world.table("entries")] == ["Second", "First"]


async def test_what_nothing_installed_can_read_stops_nothing_and_is_shown(world: World, clock: Clock) -> None:
    await offer_raw(world, b"coo")
    await world.execute("UPDATE accounts SET channel = 'pigeon' WHERE name = 'mail'")
    await world.hub.reader.offer(world.accounts["sales"].id, [Received(provider_id="2", body=payload(a_mail()))])

    for _ in range(TRIES):
        await world.hub.reader.read_on()
        clock.move_by(timedelta(milliseconds=LONGEST_WAIT_MS))

    assert await sums(world.hub) == {"entry": 1, "failed": 1}
    [row] = [row for row in await world.table("intake") if row.state == "failed"]
    assert "pigeon" in row.reason


def away_in(world: World, reason: Exception) -> Away:
    away = Away(world.provider)
    away.reason = reason
    world.hub.reader._payloads._channels = {**world.hub.channels, "fake": away}
    return away


async def test_a_large_item_waits_in_the_file_store(world: World) -> None:
    text = "x" * INLINE_BODY

    entry = await world.mail(text)

    [row] = await world.table("intake")
    assert row.body is None
    assert row.file
    assert entry.text == text


async def test_what_is_rightly_left_out_says_why(world: World) -> None:
    await world.offer(Ignored(external_id="1", reason="our own mail coming back"))

    [row] = await world.table("intake")
    assert (row.state, row.reason) == ("ignored", "our own mail coming back")


async def test_a_call_that_a_provider_reports_is_filed(world: World) -> None:
    [entry] = await world.offer(CallReport(external_id="1", phone="+49301234567", text="Missed"))

    assert (entry.kind, entry.direction, entry.text) == ("call", "in", "Missed")


async def test_an_item_read_twice_at_once_is_filed_once(world: World) -> None:
    await world.hub.reader.offer(
        world.accounts["mail"].id, [Received(provider_id="1", body=payload(a_mail(own_ids=())))]
    )
    [row] = await world.table("intake")

    await asyncio.gather(*(world.hub.reader.read_one(row.id) for _ in range(6)))

    assert len(await world.table("entries")) == 1


# --- the shop's backend ---


def from_shop(external_id: str, text: str) -> InboundMessage:
    return InboundMessage(external_id=external_id, sender=Address(kind="email", address="a@example.com"), text=text)


async def test_the_same_external_id_at_once_is_one_entry(world: World) -> None:
    api = world.accounts["api"]
    taken = await at_once([world.hub.intake.take(api, from_shop("7", "Hi"), b"Hi") for _ in range(10)])

    assert len({one.entry_id for one in taken}) == 1
    assert sum(not one.duplicate for one in taken) == 1
    assert await sums(world.hub) == {"entry": 1}


async def test_the_same_external_id_with_another_body_is_refused_and_stores_nothing(world: World) -> None:
    api = world.accounts["api"]
    await world.hub.intake.take(api, from_shop("7", "Hi"), b"Hi")

    with pytest.raises(ExternalIdReused):
        await world.hub.intake.take(api, from_shop("7", "Ho"), b"Ho")

    assert len(await world.table("entries")) == 1
    assert await sums(world.hub) == {"entry": 1}


async def test_a_refused_message_leaves_no_intake(world: World) -> None:
    api = world.accounts["api"]
    bad: Any = InboundMessage(external_id="7", sender=Address(kind="email", address="nobody"), text=f"{number()}")

    with pytest.raises(Exception, match="not an e-mail address"):
        await world.hub.intake.take(api, bad, b"x")

    assert await world.table("intake") == []
    assert await world.table("customers") == []
