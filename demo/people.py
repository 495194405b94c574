"""Everybody of the story: colleagues, the twelve buyers of the demo shop's book, and those who only ask."""

from __future__ import annotations

from connectors.commerce.demo import BUYERS
from demo.script import Person

# key, name, e-mail, role
COLLEAGUES = (
    ("ana", "Ana Richter", "ana@feldweg.example", "admin"),
    ("ben", "Ben Tanaka", "ben@feldweg.example", "agent"),
    ("cleo", "Cleo Marchand", "cleo@feldweg.example", "supervisor"),
)

TEAMS = {"Service": ("ana", "ben", "cleo"), "Workshop": ("ben", "cleo")}

_LANGUAGES = {"DE": "de", "FR": "fr", "SE": "en", "PL": "pl", "GB": "en", "IT": "it", "ES": "es", "DK": "da"}

_BUYERS = tuple(
    Person(
        key=buyer.email.partition("@")[0].partition(".")[0],
        name=buyer.name,
        email=buyer.email,
        phone=buyer.phone,
        language=_LANGUAGES[buyer.country],
    )
    for buyer in BUYERS
)

_OTHERS = (
    ("amelie", "Amélie Durand", "amelie.durand@mail.example", "+33 1 99 00 55 01", "fr"),
    ("noah", "Noah Fischer", "noah@fischer.example", "+49 171 3920061", "de"),
    ("greta", "Greta Lund", "greta.lund@mail.example", "+46 8 465 004 31", "sv"),
    ("tomas", "Tomáš Novák", "tomas.novak@posta.example", "", "en"),
    ("aisha", "Aisha Bello", "aisha@bello.example", "+44 7700 900201", "en"),
    ("liam", "Liam Murphy", "liam.murphy@mail.example", "+44 7700 900202", "en"),
    ("sofia", "Sofia Almeida", "sofia.almeida@correio.example", "", "en"),
    ("yuki", "Yuki Mori", "yuki.mori@mail.example", "", "en"),
    ("hannah", "Hannah Vogel", "hannah@vogel.example", "+49 171 3920062", "de"),
    ("emil", "Emil Krause", "emil.krause@post.example", "+49 171 3920063", "de"),
    ("chloe", "Chloé Bernard", "chloe@bernard.example", "+33 1 99 00 55 02", "fr"),
    ("marco", "Marco Bianchi", "marco.bianchi@posta.example", "", "it"),
    ("nina", "Nina Petrović", "nina@petrovic.example", "", "en"),
    ("oskar", "Oskar Nilsen", "oskar.nilsen@post.example", "", "en"),
    ("pilar", "Pilar Vega", "pilar.vega@correo.example", "", "es"),
    ("quentin", "Quentin Roy", "quentin@roy.example", "", "fr"),
    ("ruth", "Ruth Adler", "ruth.adler@mail.example", "+49 30 23125 201", "de"),
    ("samir", "Samir Khan", "samir@khan.example", "+44 7700 900203", "en"),
    ("tilda", "Tilda Holm", "tilda.holm@mail.example", "+46 8 465 004 32", "sv"),
    ("ulrich", "Ulrich Baum", "ulrich@baum.example", "+49 30 23125 202", "de"),
    ("vera", "Vera Dumitru", "vera.dumitru@mail.example", "", "en"),
    ("wanda", "Wanda Zielińska", "wanda@zielinska.example", "", "pl"),
    ("xenia", "Xenia Kosta", "xenia.kosta@mail.example", "", "en"),
    ("yann", "Yann Le Goff", "yann@legoff.example", "", "fr"),
    ("zoe", "Zoë de Wit", "zoe.dewit@mail.example", "", "nl"),
    ("frieda", "Frieda Sommer", "frieda@sommer.example", "+49 171 3920064", "de"),
    ("lena", "Lena Fuchs", "lena.fuchs@post.example", "+49 171 3920065", "de"),
    ("piet", "Piet Jansen", "piet.jansen@mail.example", "", "nl"),
    # Sits in the chat and says he is Noah Fischer.
    ("noah-guest", "Noah Fischer", "noah@fischer.example", "", "de"),
    # Not one of theirs: what they send leaves the inbox with one click.
    ("parcels", "Schnellpaket", "meldung@schnellpaket.example", "", "de"),
    ("growth", "Grow Fast", "hello@growfast.example", "", "en"),
)

PEOPLE: dict[str, Person] = {person.key: person for person in _BUYERS} | {
    key: Person(key=key, name=name, email=email, phone=phone, language=language)
    for key, name, email, phone, language in _OTHERS
}

NO_CUSTOMERS = frozenset({"parcels", "growth"})

# They are here now: one in the widget, one by mail. `demo/visitors.py` speaks for them.
MIRA = Person(key="mira", name="Mira Sand", email="mira.sand@mail.example")
JAKOB = Person(key="jakob", name="Jakob Stein", email="jakob.stein@post.example")

# Their mailbox takes nothing more.
FULL = "tove"
