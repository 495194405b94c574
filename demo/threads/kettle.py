"""A kettle that drips: told by mail, shown in a photo, promised on the phone, asked again in the chat."""

from __future__ import annotations

from demo.purchases import Purchase, bought
from demo.script import Answer, Begins, Call, Change, Chat, Leaves, Mail, Note, Told

LID = "Kettle lid"
SWAP = "Swap shoes"


def kettle(told: Told) -> None:
    """One conversation, two matters, and a word that is due today."""
    _orders(told)
    _by_mail(told)
    _by_phone(told)
    _by_chat(told)


def _orders(told: Told) -> None:
    at = told.at
    first = ((at(12, "20:31"), "placed"), (at(12, "20:33"), "paid"), (at(11, "15:10"), "shipped"))
    bought(
        told,
        Purchase(
            number="10492",
            who="mara",
            articles=("KET-ALBA-17", "SHO-NERA-42"),
            course=(*first, (at(9, "08:41"), "delivered")),
        ),
    )
    bought(
        told,
        Purchase(
            number="10497",
            who="mara",
            articles=("KET-ALBA-17",),
            price=0,
            course=((at(6, "08:10"), "placed"), (told.ago(160), "pickup")),
            store="Altmarkt",
            shelf="K-14",
        ),
    )


def _by_mail(told: Told) -> None:
    at = told.at
    told.add(
        Mail(at(9, "09:14"), "mara", _DRIPS, subject="Kettle lid does not close"),
        Answer(at(9, "09:41"), "mara", _A_PHOTO, agent="ana"),
        Mail(at(8, "18:22"), "mara", _HERE_IT_IS, answers=True, files=("kettle-lid.png",)),
        Note(at(8, "18:40"), "mara", _SAME_BATCH, agent="ben"),
        Answer(at(6, "08:14"), "mara", _REPLACED, agent="ana"),
    )


def _by_phone(told: Told) -> None:
    at = told.at
    told.add(
        Call(
            at(5, "16:05"),
            "mara",
            "Asked where the new kettle is. She picks it up at the Altmarkt store herself.",
            agent="ana",
            about=LID,
            outcome="promised",
            promise="Word when the kettle is in the store",
            due=told.in_hours(3),
            minutes=4,
        ),
        Change(told.ago(158), "mara", agent="cleo", about=LID, status="ready_in_store"),
    )


def _by_chat(told: Told) -> None:
    ago = told.ago
    told.add(
        Chat(ago(11), "mara", "Hi, me again. The shoes are a bit tight, can I swap them for a 43?", signed=True),
        Chat(ago(10), "mara", "and is the kettle in the shop yet?", signed=True),
        Answer(ago(9), "mara", "Hello! One moment, I am looking at both for you.", agent="ana", subject=_SWAP_SHOES),
        Chat(ago(6.5), "mara", "Thank you. No hurry with the shoes, the kettle is more urgent.", signed=True),
        Leaves(ago(5.5), "mara"),
        Begins(ago(2.5), "mara", _READY, agent="ana"),
    )


_SWAP_SHOES = "Swap shoes 42 → 43"

_DRIPS = """Hello,

my order 10492 came today. The shoes are fine, but the kettle lid does not close and it drips.
I would like a new one, not a refund.

Kind regards
Mara Keller"""

_A_PHOTO = """Hello Mara,

I am sorry about the lid. We will put a new kettle aside for you, and you need not send the old one back.
Could you show us the lid in one photo? Then our workshop can see whether it is the same fault as in another batch.

Ana"""

_HERE_IT_IS = """Hier das Foto. Der Deckel rastet nicht mehr ein, links steht er einen halben Zentimeter hoch.

Mara"""

_SAME_BATCH = "Same batch as last week, the spring in the lid is bent. @Ana a swap without return is fine."

_REPLACED = """Hello Mara,

thank you for the photo, that is all we need. Your new kettle has the number 10497 and costs you nothing.
It comes from our central store to Altmarkt, which takes five to six days.

Ana"""

_READY = (
    "Good news: your kettle is ready at the Altmarkt store. For the shoes I can reserve a 43 right away, "
    "could you give me your order number?"
)
