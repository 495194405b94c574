"""The everyday of a shop: short matters, asked in some way, answered by somebody, solved."""

from __future__ import annotations

import hashlib

from demo.people import FULL, PEOPLE
from demo.script import How, Told

# How it was asked, the subject, the question, the answer.
_MATTERS: dict[str, tuple[tuple[How, str, str, str], ...]] = {
    "en": (
        (
            "mail",
            "Where is my parcel?",
            "Hello, my parcel should have been here on Friday. Where is it?",
            "Hello! The carrier had a delay. It comes tomorrow before noon.",
        ),
        (
            "chat",
            "",
            "Is the rucksack Tarn waterproof?",
            "It holds off rain for about two hours. There is a cover in the bottom pocket for more.",
        ),
        (
            "form",
            "",
            "Do you repair zips? Mine on the jacket Regn is torn.",
            "Yes. Bring it to one of our stores, it takes a week and is free in the first two years.",
        ),
        (
            "mail",
            "Wrong size",
            "The boots are too small. Can I have them one size up?",
            "Of course. The label for the return is attached to your order. The new pair leaves tomorrow.",
        ),
        (
            "chat",
            "",
            "Which size do I take if I am between 42 and 43?",
            "Take the 43. The shoe Nera runs a little short.",
        ),
        (
            "api",
            "",
            "The discount code from the leaflet is not accepted.",
            "It is valid again now. Thank you for telling us.",
        ),
    ),
    "de": (
        (
            "mail",
            "Lieferung unvollständig",
            "Guten Tag, in meinem Paket fehlen die Socken.",
            "Guten Tag, das tut uns leid. Die Socken sind heute als Brief unterwegs.",
        ),
        ("chat", "", "Haben Sie die Lampe Sol im Laden am Hafen?", "Ja, drei Stück. Soll ich Ihnen eine zurücklegen?"),
        (
            "form",
            "",
            "Bitte rufen Sie mich wegen der Reklamation zurück.",
            "Wir haben Sie heute erreicht. Der Schlafsack wird ersetzt.",
        ),
        (
            "mail",
            "Garantie",
            "Wie lange gilt die Garantie auf den Kessel?",
            "Drei Jahre ab dem Kauf. Der Beleg genügt uns.",
        ),
        ("call", "", "Möchte wissen, ob der Kocher auch für Induktion geht. Ja, geht.", ""),
    ),
    "fr": (
        (
            "mail",
            "Retour",
            "Bonjour, comment renvoyer un article ?",
            "Bonjour, l’étiquette est jointe à votre commande. Vous avez trente jours.",
        ),
        ("chat", "", "La tente Lumo tient-elle au vent ?", "Oui, jusqu’à environ 60 km/h bien tendue."),
    ),
}
_AGENTS = ("ana", "ben", "cleo")
_DAYS = 178
_MATTERS_EACH = 2


def _draw(key: str, what: str, of: int) -> int:
    """The same draw on every machine."""
    return int.from_bytes(hashlib.sha256(f"{key} {what}".encode()).digest()[:4]) % of


def everyday(told: Told) -> None:
    """Two matters for each of the story's people, spread over six months, most of them long solved."""
    for key, person in PEOPLE.items():
        if key == FULL:
            continue
        matters = _MATTERS.get(person.language, _MATTERS["en"])
        for turn in range(_MATTERS_EACH):
            draw = f"{key} {turn}"
            how, subject, question, answer = matters[_draw(draw, "matter", len(matters))]
            days = 14 + _draw(draw, "day", _DAYS - 14)
            hour, minute = 8 + _draw(draw, "hour", 9), _draw(draw, "minute", 60)
            asked = told.at(days, f"{hour:02}:{minute:02}")
            agent = _AGENTS[_draw(draw, "agent", len(_AGENTS))]
            if how == "call" and not person.phone:
                how, answer = "mail", "Ja, er geht auf jedem Herd."
            told.say(asked, how, key, question, subject=subject, agent=agent if how == "call" else "")
            if how == "call":
                told.say(asked + 60_000, "status", key, value="resolved", agent=agent)
                continue
            wait = 4 + _draw(draw, "wait", 90)
            told.say(asked + wait * 60_000, "answer", key, answer, agent=agent, resolve=True)
