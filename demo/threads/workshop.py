"""Matters of the workshop: something is mended, or waits for a part from its maker."""

from __future__ import annotations

from demo.purchases import Purchase, bought
from demo.script import Answer, Call, Change, Mail, Note, Told


def workshop(told: Told) -> None:
    for thread in (_clara, _greta, _ida):
        thread(told)


def _clara(told: Told) -> None:
    """Left a lid at the store; the maker has it."""
    at = told.at
    told.add(
        Call(
            at(4, "11:20"),
            "clara",
            "Left a broken lid at the Altmarkt store, shelf 4. Wants it repaired, not replaced: it was a present.",
            agent="cleo",
            subject="Kettle repair",
            outcome="handed_over",
            minutes=5,
        ),
        Change(at(4, "11:26"), "clara", agent="cleo", status="waiting_third_party", team="Workshop"),
        Note(
            at(2, "15:40"), "clara", "Maker has the lid since yesterday, offer expected within the week.", agent="ben"
        ),
    )


def _greta(told: Told) -> None:
    at = told.at
    told.add(
        Mail(at(8, "10:05"), "greta", _GRETA, subject="Reservdel till tältet Lumo"),
        Answer(at(8, "11:30"), "greta", _GRETA_ANSWER, agent="cleo"),
        Change(at(8, "11:31"), "greta", agent="cleo", status="waiting_third_party", team="Workshop"),
        Note(at(2, "09:15"), "greta", "Part number is LUM-P3, two in the next delivery. One is hers.", agent="ben"),
    )


_GRETA = """Hej!

En av hylsorna till tältstången har spruckit. Går det att köpa bara hylsan?

Vänliga hälsningar
Greta Lund"""
_GRETA_ANSWER = """Hej Greta,

ja, den ingår i garantin. Vi har beställt den av tillverkaren och hör av oss när den har kommit.

Cleo"""


def _ida(told: Told) -> None:
    at = told.at
    course = (
        (at(14, "08:50"), "placed"),
        (at(14, "08:51"), "paid"),
        (at(13, "13:00"), "shipped"),
        (at(10, "12:05"), "delivered"),
    )
    bought(told, Purchase(number="10487", who="ida", articles=("SLP-VARM-M",), course=course))
    told.add(
        Mail(at(2, "12:31"), "ida", _IDA, subject="Lynlåsen sidder fast"),
        Answer(at(2, "13:15"), "ida", _IDA_ANSWER, agent="cleo"),
    )


_IDA = """Hej,

lynlåsen på soveposen fra ordre 10487 sætter sig fast for neden. Kan I reparere den?

Venlig hilsen
Ida Sørensen"""
_IDA_ANSWER = """Hej Ida,

det gør vi gerne. Prøv først med lidt stearin på tænderne; hjælper det ikke, sender vi dig en returlabel.

Cleo"""
