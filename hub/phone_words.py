"""Phone numbers as search sees them: found in any spelling, kept as digits with and without the country's code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberMatcher

# Only a text with a run like this is worth the slow look.
_MANY_DIGITS = re.compile(r"\d(?:[ \t\u00a0().\-–/]{0,3}\d){6,14}")
# What somebody may type of a number, from its start on.
_TYPED = re.compile(r"\+?\(?\d[\d \t\u00a0().\-–/]*")
_FEWEST_TYPED = 5
_LONGEST_NUMBER = 15


class PhoneInText(NamedTuple):
    """What may be a phone number: the words under which it is found, and where it stands in the text."""

    words: tuple[str, ...]
    start: int
    end: int


def may_hold_phones(text: str) -> bool:
    """Whether a closer look for phone numbers is worth it."""
    return _MANY_DIGITS.search(text) is not None


def phones_in(text: str, country: str) -> Iterator[PhoneInText]:
    """What may be a phone number in this text; a national one is of `country` (ISO 3166).

    Without a country it is kept without its leading zeros, which most countries drop.
    """
    if not may_hold_phones(text):
        return
    for match in PhoneNumberMatcher(text, country or None, leniency=Leniency.POSSIBLE):
        yield PhoneInText(_words(match.number), match.start, match.end)
    if not country:
        for run in _MANY_DIGITS.finditer(text):
            yield PhoneInText(_bare_words(_digits(run.group())), run.start(), run.end())


def words_of_phones(text: str, country: str) -> list[str]:
    """The words under which the phone numbers of a text are found."""
    return list(dict.fromkeys(word for phone in phones_in(text, country) for word in phone.words if word))


def _bare_words(digits: str) -> tuple[str, ...]:
    if digits.startswith("00"):
        with suppress(phonenumbers.NumberParseException):
            return _words(phonenumbers.parse(f"+{digits[2:]}", None))
    return (digits.lstrip("0"),)


def _words(number: PhoneNumber) -> tuple[str, str]:
    """E.164 without its sign, and the national number."""
    national = phonenumbers.national_significant_number(number)
    return f"{number.country_code}{national}", national


def phone_starts(typed: str, country: str) -> tuple[str, ...]:
    """The starts of words by which a number typed so far is found; none when it does not look like one."""
    if _TYPED.fullmatch(typed) is None:
        return ()
    digits = _digits(typed).removeprefix("00")
    if not _FEWEST_TYPED <= len(digits) <= _LONGEST_NUMBER:
        return ()
    starts = [digits, digits.lstrip("0")]
    international = f"+{digits}" if typed.startswith(("+", "00")) else typed
    with suppress(phonenumbers.NumberParseException):
        starts.append(phonenumbers.national_significant_number(phonenumbers.parse(international, country or None)))
    return tuple(dict.fromkeys(start for start in starts if start))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
