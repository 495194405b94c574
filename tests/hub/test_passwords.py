"""What makes a password, and what guessing at it costs."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from hub.passwords import QUEUE, Passwords, TooBusy, WeakPassword, check_password

GOOD = "three kettles boil at noon"


@pytest.fixture(name="passwords")
def open_passwords() -> Iterator[Passwords]:
    passwords = Passwords()
    yield passwords
    passwords.stop()


@pytest.mark.parametrize(
    "password",
    [GOOD, "zwölf Zeichen", "пароль из слов", "x7#kQ92!mLpw", "🫖🍵🥄🍯🫖🍋🧊☕🥛🍪🍰🧁", "a" * 6 + "bcdxyz"],
)
def test_any_long_password_of_any_script_is_taken(password: str) -> None:
    check_password(password, "Ana Ruiz", "ana@feldweg.example")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "short"),
        ("elevensigns", "short"),
        ("a" * 129, "long"),
        ("password1234", "common"),
        ("Passwort123456", "common"),
        ("123456789012", "common"),
        ("qwertyuiop123", "common"),
        ("aaaaaaaaaaaaaaaa", "common"),
        ("ana.ruiz@feldweg", "common"),
        ("Onethread2026", "common"),
        ("three\0kettles boil", "signs"),
        ("three \ud800 kettles", "signs"),
    ],
)
def test_a_password_that_is_tried_first_is_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_password(password, "Ana Ruiz", "ana@feldweg.example")

    assert refused.value.members["reason"] == reason


async def test_only_the_right_password_matches(passwords: Passwords) -> None:
    hashed = await passwords.hash(GOOD)

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(GOOD, hashed)
    assert not await passwords.matches(GOOD + " ", hashed)
    assert not await passwords.matches(GOOD, "not a hash")


async def test_a_letter_matches_however_a_keyboard_composes_it(passwords: Passwords) -> None:
    hashed = await passwords.hash("Käsekuchen für alle")

    assert await passwords.matches("Ka\u0308sekuchen fu\u0308r alle", hashed)


async def test_who_does_not_work_here_is_refused_after_the_same_time(passwords: Passwords) -> None:
    hashed = await passwords.hash(GOOD)

    known = await fastest(passwords, hashed)
    unknown = await fastest(passwords, None)

    assert unknown == pytest.approx(known, rel=0.5)


async def fastest(passwords: Passwords, hashed: str | None) -> float:
    """The least processor time of several tries, which is what the work itself takes."""
    times = []
    for _ in range(8):
        start = time.process_time()
        assert not await passwords.matches("wrong", hashed)
        times.append(time.process_time() - start)
    return min(times)


def test_a_hash_of_weaker_settings_is_outdated(passwords: Passwords) -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD))


async def test_a_crowd_is_turned_away_at_once_and_the_loop_stays_responsive(passwords: Passwords) -> None:
    hashed = await passwords.hash(GOOD)

    crowd = asyncio.gather(*(passwords.matches(GOOD, hashed) for _ in range(500)), return_exceptions=True)
    await asyncio.sleep(0)
    started = time.perf_counter()
    await asyncio.sleep(0)
    hop = time.perf_counter() - started
    answers = await crowd

    assert hop < 0.2
    assert answers.count(True) == QUEUE
    assert sum(isinstance(answer, TooBusy) for answer in answers) == 500 - QUEUE
    assert await passwords.matches(GOOD, hashed)
