"""What happened at Feldweg in the last six months: the threads that deserve telling, and the everyday ones between."""

from __future__ import annotations

from datetime import datetime

from demo.everyday import everyday
from demo.script import Step, Told


def story(now: datetime) -> list[Step]:
    """All that happened, in order."""
    told = Told(now)
    for thread in (_mara, _luc, _tove, _anna, _rami, _selin, _peter, _clara, _julia, _nobody_s_customers):
        thread(told)
    everyday(told)
    return told.in_order()


def _mara(told: Told) -> None:
    """A kettle that drips, told by mail, asked by chat, promised on the phone: one conversation."""
    at = told.at
    told.say(at(9, "09:14"), "mail", "mara", _MARA_MAIL, subject="Kettle lid does not close")
    told.say(at(9, "10:02"), "answer", "mara", _MARA_ANSWER, agent="ana")
    told.say(at(8, "18:22"), "mail", "mara", _MARA_PHOTO, subject="Re: Kettle lid does not close", file="kettle.png")
    told.say(at(8, "18:40"), "note", "mara", "Same batch as last week. A swap without return is fine.", agent="ben")
    told.say(
        at(4, "16:05"),
        "call",
        "mara",
        "Asked where the new kettle is. Picks it up at the Altmarkt store herself.",
        agent="ana",
        outcome="promised",
        promise="Word when the kettle is in the store",
        due=told.at(0, "18:00"),
    )
    told.say(
        told.ago(64), "chat", "mara", "Hi, me again. The shoes are a bit tight, can I swap them for a 43?", signed=True
    )
    told.say(told.ago(63), "chat", "mara", "and is the kettle in the shop yet?", signed=True)
    told.say(told.ago(61), "answer", "mara", "Hello Mara! One moment, I am looking at both for you.", agent="ana")
    told.say(told.ago(6), "chat", "mara", "Thank you. No hurry with the shoes, the kettle is more urgent.", signed=True)


_MARA_MAIL = """Hello,

the kettle from my last order came today. The shoes are fine, but the kettle's lid does not close and it drips.
I would like a new one, not a refund.

Mara Keller"""

_MARA_ANSWER = """Hello Mara,

I am sorry about the lid. A photo of it would help us to see whether it is the same fault as in another batch.
You do not have to send anything back for now.

Ana"""

_MARA_PHOTO = """Here is the photo. You can see that the lid does not catch on the left.

Best wishes
Mara

On Monday Ana at Feldweg wrote:
> Hello Mara,
>
> I am sorry about the lid. A photo of it would help us to see whether it is the same fault as in another batch.
> You do not have to send anything back for now.
>
> Ana"""


def _luc(told: Told) -> None:
    told.say(told.at(3, "08:30"), "mail", "luc", _LUC, subject="Colis pas arrivé")
    told.say(told.at(3, "09:45"), "answer", "luc", _LUC_ANSWER, agent="ben")
    told.say(
        told.ago(131),
        "mail",
        "luc",
        "Bonjour, toujours pas de nouvelles du colis. Que faire ?",
        subject="Re: Colis pas arrivé",
    )


_LUC = "Bonjour,\n\nma commande devait arriver vendredi. Le suivi ne bouge plus depuis quatre jours.\n\nLuc Moreau"
_LUC_ANSWER = "Bonjour Luc,\n\nje demande au transporteur et je vous écris dès demain.\n\nBen"


def _tove(told: Told) -> None:
    """A mailbox that is full: the answer comes back, and the console says so."""
    told.say(told.at(1, "13:05"), "mail", "tove", _TOVE, subject="Refund for the shoes")
    told.say(told.at(1, "15:20"), "answer", "tove", _TOVE_ANSWER, agent="ana")


_TOVE = "Hi,\n\nI sent the shoes back ten days ago and see no refund yet. Can you check?\n\nTove"
_TOVE_ANSWER = (
    "Hi Tove,\n\nthe shoes arrived with us on Tuesday. The refund is on its way and takes two or three days.\n\nAna"
)


def _anna(told: Told) -> None:
    told.say(told.ago(48), "mail", "anna", _ANNA, subject="Zwrot butów")
    told.say(told.at(40, "11:00"), "chat", "anna", "Do you ship to Poland?", leaves_email=True)
    told.say(
        told.at(40, "11:03"),
        "answer",
        "anna",
        "Yes, it takes four to six days and costs 9 €.",
        agent="ben",
        resolve=True,
    )


_ANNA = "Dzień dobry,\n\nczy mogę zwrócić buty, które kupiłam w zeszłym tygodniu? Są za duże.\n\nPozdrawiam\nAnna Nowak"


def _rami(told: Told) -> None:
    told.say(
        told.at(2, "17:10"), "form", "rami", "Ist meine Bestellung schon im Laden? Ich würde sie morgen früh abholen."
    )
    told.say(
        told.at(2, "17:32"),
        "answer",
        "rami",
        "Ja, sie liegt bereit. Bringen Sie bitte den Abholcode mit.",
        agent="cleo",
    )
    told.say(told.ago(22), "mail", "rami", "Danke, ich komme morgen früh vorbei.", subject="Re: Anfrage")


def _selin(told: Told) -> None:
    """Called about an invoice; waits for a call back this afternoon."""
    told.say(told.at(6, "11:45"), "mail", "selin", _SELIN, subject="Rechnung fehlt")
    told.say(
        told.at(5, "10:20"),
        "call",
        "selin",
        "Invoice never arrived, the mail goes to the old address. Needs it with the VAT number of the company.",
        agent="ana",
        outcome="call_back",
        promise="Call back with the invoice",
        due=told.at(0, "15:00"),
    )


_SELIN = "Guten Tag,\n\nzu meiner letzten Bestellung fehlt mir die Rechnung mit USt-IdNr.\n\nSelin Yıldız, Yıldız Bau"


def _peter(told: Told) -> None:
    told.say(
        told.at(12, "09:00"), "mail", "peter", "Could you swap my boots for the next size up?", subject="Exchange boots"
    )
    told.say(told.at(12, "11:48"), "answer", "peter", "The bigger size is on its way to you, Peter.", agent="ben")
    told.say(told.at(12, "11:50"), "status", "peter", value="waiting_customer", agent="ben")


def _clara(told: Told) -> None:
    told.say(
        told.at(2, "11:20"),
        "call",
        "clara",
        "Left a broken lid at Altmarkt, shelf 4. Repair with the maker.",
        agent="cleo",
    )
    told.say(told.at(2, "11:21"), "status", "clara", value="waiting_third_party", agent="cleo")


def _julia(told: Told) -> None:
    told.say(
        told.at(1, "19:57"), "mail", "julia", "¿Puedo cambiar la dirección de entrega?", subject="Cambio de dirección"
    )
    told.say(told.at(1, "20:10"), "answer", "julia", "Claro. ¿Cuál es la nueva dirección?", agent="ben")
    told.say(told.at(1, "20:11"), "snooze", "julia", agent="ben")


def _nobody_s_customers(told: Told) -> None:
    """A newsletter and a carrier: marked with one click, out of the inbox."""
    told.say(
        told.at(30, "07:00"),
        "mail",
        "igor",
        "Buy followers for your shop, only today.",
        subject="Grow fast",
        proven=False,
    )
    told.say(told.at(30, "09:00"), "mark", "igor", value="spam", agent="cleo")
