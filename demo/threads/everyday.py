"""The everyday of a shop: short matters of half a year, each asked, answered and settled."""

from __future__ import annotations

from demo.script import Answer, Call, Change, Chat, FilledForm, FromShop, Leaves, Mail, Matter, Step, Told
from demo.threads.matters_abroad import MATTERS_ABROAD
from demo.threads.matters_german import MATTERS_GERMAN

MINUTE_MS = 60_000


def everyday(told: Told) -> None:
    for matter in (*MATTERS_GERMAN, *MATTERS_ABROAD):
        asked = told.at(matter.days, matter.clock)
        answered = asked + matter.wait * MINUTE_MS
        if matter.how == "call":
            told.add(*_on_the_phone(asked, matter))
            continue
        told.add(
            _question(asked, matter),
            Answer(answered, matter.who, matter.answer, agent=matter.agent, subject=matter.subject, resolve=True),
        )
        if matter.how == "chat":
            told.add(Leaves(answered + MINUTE_MS, matter.who))


def _question(at: int, matter: Matter) -> Step:
    match matter.how:
        case "chat":
            return Chat(at, matter.who, matter.question, signed=True)
        case "form":
            return FilledForm(at, matter.who, matter.question, subject=matter.subject)
        case "api":
            return FromShop(at, matter.who, matter.question)
        case _:
            return Mail(at, matter.who, matter.question, subject=matter.subject)


def _on_the_phone(at: int, matter: Matter) -> list[Step]:
    call = Call(at, matter.who, matter.question, agent=matter.agent, subject=matter.subject, outcome="answered")
    return [call, Change(at + MINUTE_MS, matter.who, agent=matter.agent, status="resolved")]
