"""The story as it is written down, before any hub hears it."""

import re
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest

from demo.people import COLLEAGUES, FULL, JAKOB, MIRA, NO_CUSTOMERS, PEOPLE
from demo.script import (
    Act,
    Answer,
    Call,
    Chat,
    FilledForm,
    FromShop,
    Leaves,
    LeavesEmail,
    Mail,
    Missed,
    OrderNews,
    Step,
)
from demo.story import story
from hub.clock import to_ms

NOW = datetime(2026, 3, 10, 14, 2, tzinfo=UTC)
DOMAIN = re.compile(r"[\w.+-]+@([\w.-]+)|https?://([\w.-]+)")

# Numbers that the regulators of Germany, the United Kingdom, France and Sweden keep for stories.
FOR_STORIES = re.compile(r"\+493023125\d{3}|\+4917139200\d\d|\+447700900\d{3}|\+3319900\d{4}|\+468465004\d\d")


@pytest.fixture(name="steps", scope="module")
def write_down() -> list[Step]:
    return story(NOW)


def test_all_happens_in_order_within_six_months_and_before_now(steps: list[Step]) -> None:
    times = [step.at for step in steps]

    assert times == sorted(times)
    assert times[-1] < to_ms(NOW)
    assert to_ms(NOW - timedelta(days=182)) < times[0] < to_ms(NOW - timedelta(days=170))


def test_forty_people_come_on_five_ways(steps: list[Step]) -> None:
    spoke = (Mail, Chat, FilledForm, FromShop, Call, Missed)

    people = {step.who for step in steps if isinstance(step, spoke)} - NO_CUSTOMERS

    assert len(people) >= 38
    assert {type(step) for step in steps} >= set(spoke)


def test_everybody_is_somebody_of_the_story(steps: list[Step]) -> None:
    assert {step.who for step in steps} <= set(PEOPLE)
    assert {step.agent for step in steps if isinstance(step, Act)} == {key for key, *_ in COLLEAGUES}
    assert FULL in PEOPLE


def test_who_chats_without_signing_in_is_met_nowhere_else(steps: list[Step]) -> None:
    guests = {step.who for step in steps if isinstance(step, Chat) and not step.signed}

    assert guests
    for step in steps:
        if isinstance(step, (Mail, FilledForm, FromShop, Call, Missed)):
            assert step.who not in guests


def test_who_opens_the_chat_leaves_it(steps: list[Step]) -> None:
    here: set[str] = set()
    for step in steps:
        if isinstance(step, Chat):
            here.add(step.who)
        elif isinstance(step, LeavesEmail):
            assert step.who in here
        elif isinstance(step, Leaves):
            here.remove(step.who)

    assert not here


def test_orders_only_go_forward(steps: list[Step]) -> None:
    seen: dict[str, int] = {}
    for step in steps:
        if isinstance(step, OrderNews):
            assert step.at > seen.get(step.number, 0), step.number
            seen[step.number] = step.at

    assert len(seen) >= 100


def test_later_orders_have_higher_numbers(steps: list[Step]) -> None:
    placed = [int(step.number) for step in steps if isinstance(step, OrderNews) and step.order.status == "placed"]

    recent = placed[-15:]

    assert recent == sorted(recent)


def test_addresses_are_set_aside_for_examples(steps: list[Step]) -> None:
    words = [person.email for person in (*PEOPLE.values(), MIRA, JAKOB)]
    words += [f"{step.text} {getattr(step, 'html', '')} {getattr(step, 'sender', '')}" for step in steps]

    for found in DOMAIN.finditer("\n".join(words)):
        assert (found[1] or found[2]).rstrip(".").endswith(".example"), found[0]


def test_phone_numbers_are_set_aside_for_stories(steps: list[Step]) -> None:
    for person in PEOPLE.values():
        if person.phone:
            number = phonenumbers.parse(person.phone)
            plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            assert FOR_STORIES.fullmatch(plain), person.phone


def test_clocks_are_read_in_the_zone_of_the_storys_end() -> None:
    steps = story(NOW.astimezone(UTC))

    first = next(step for step in steps if isinstance(step, Mail) and step.who == "mara" and "10492" in step.text)

    assert first.at == to_ms(datetime(2026, 3, 1, 9, 14, 7, tzinfo=UTC))


@pytest.mark.parametrize("hour", [0, 3, 9, 15, 23])
def test_the_story_can_be_told_at_any_hour(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=5)

    steps = story(now)

    due = [step.due for step in steps if isinstance(step, Call) and step.due]
    assert due
    assert min(due) > now
    assert steps[-1].at < to_ms(now)


def test_every_answer_has_words(steps: list[Step]) -> None:
    assert all(step.text.strip() for step in steps if isinstance(step, (Answer, Mail, Chat, FilledForm, FromShop)))
