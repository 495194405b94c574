"""Arrivals that a mailbox and a chat bring beside the plain ones: what cannot be proven, read or delivered at once."""

from __future__ import annotations

from demo.purchases import Purchase, bought
from demo.script import Answer, Change, Chat, FromShop, Leaves, LeavesEmail, Mail, Marks, Note, Told


def odd(told: Told) -> None:
    """Each peculiarity once."""
    for thread in (_tove, _amelie, _marco, _hannah, _samir, _noah, _frieda, _aisha, _wanda, _nobody_s_customers):
        thread(told)


def _tove(told: Told) -> None:
    """A mailbox that was full for two days: the hub has given up, and the console says so."""
    at = told.at
    course = ((at(16, "20:15"), "placed"), (at(16, "20:16"), "paid"), (at(15, "10:00"), "shipped"))
    last = ((at(12, "14:20"), "delivered"), (at(5, "11:05"), "returned"))
    bought(told, Purchase(number="10482", who="tove", articles=("SHO-NERA-42",), course=(*course, *last)))
    told.add(
        Mail(at(4, "08:52"), "tove", _TOVE, subject="Refund for shoes"),
        Answer(at(4, "09:30"), "tove", _TOVE_ANSWER, agent="ana"),
        Change(at(4, "09:31"), "tove", agent="ana", status="open"),
    )


_TOVE = "Hi,\n\nI sent the shoes of order 10482 back a week ago and see no refund yet. Can you check?\n\nTove"
_TOVE_ANSWER = """Hi Tove,

the shoes came in yesterday and the refund of € 119.00 has left us. Your bank may take two or three days with it.

Ana"""


def _amelie(told: Told) -> None:
    """Written in a mail programme that likes pictures: one inside, one from afar."""
    at = told.at
    course = (
        (at(15, "12:40"), "placed"),
        (at(15, "12:41"), "paid"),
        (at(14, "09:30"), "shipped"),
        (at(11, "13:50"), "delivered"),
    )
    bought(told, Purchase(number="10485", who="amelie", articles=("TEN-LUMO-2",), course=course, carrier="GLS"))
    told.add(
        Mail(told.ago(17), "amelie", _AMELIE, subject="Arceau cassé", html=_AMELIE_HTML, files=("tent-pole.png",)),
        Change(told.ago(14), "amelie", agent="cleo", team="Workshop"),
    )


_AMELIE = """Bonjour,

le deuxième arceau de la tente (commande 10485) s’est cassé au premier montage, voir la photo.
Pouvez-vous m’envoyer un arceau ? Nous repartons dans dix jours.

Amélie Durand
Atelier Durand, Lyon"""

_AMELIE_HTML = """<html><body style="font-family: Georgia, serif; color: #2b2b2b">
<p>Bonjour,</p>
<p>le <b>deuxième arceau</b> de la tente (commande 10485) s’est cassé au premier montage, voir la photo.<br>
Pouvez-vous m’envoyer un arceau&nbsp;? Nous repartons dans dix jours.</p>
<p><img src="{picture}" width="320" height="240" alt="L’arceau cassé"></p>
<table cellpadding="6"><tr>
<td><img src="https://atelier-durand.example/logo.png" width="64" height="64" alt=""></td>
<td>Amélie Durand<br><span style="color: #777777">Atelier Durand, Lyon</span><br>
<img src="https://atelier-durand.example/ouvert.gif" width="1" height="1" alt=""></td>
</tr></table>
</body></html>"""


def _marco(told: Told) -> None:
    """Two files: the receipt and a photo."""
    told.add(
        Mail(told.ago(83), "marco", _MARCO, subject="Garanzia lampada Sol", files=("receipt-2041.pdf", "lamp-sol.png"))
    )


_MARCO = """Buongiorno,

la lampada Sol comprata in negozio non si accende più, neanche dopo un giorno al sole.
In allegato trovate lo scontrino e una foto. È ancora in garanzia?

Cordiali saluti
Marco Bianchi"""


def _hannah(told: Told) -> None:
    """Her husband answers for her, from his own address: shown as written by him, and never sent her history."""
    at, ago = told.at, told.ago
    told.add(
        Mail(at(2, "08:48"), "hannah", _HANNAH, subject="Rucksack: Schnalle gebrochen"),
        Answer(at(2, "09:20"), "hannah", _HANNAH_ANSWER, agent="ben"),
        Mail(ago(37), "hannah", _JENS, sender="Jens Vogel <jens.vogel@mail.example>", answers=True),
    )


_HANNAH = "Guten Tag,\n\nan meinem Rucksack Tarn ist die Brustschnalle gebrochen. Gibt es die einzeln?\n\nHannah Vogel"
_HANNAH_ANSWER = """Guten Tag Frau Vogel,

ja, wir legen Ihnen eine in einen Brief. Welche Breite hat das Band, 20 oder 25 mm?

Ben Tanaka"""
_JENS = "Hallo, meine Frau ist unterwegs und bat mich nachzumessen: 25 mm.\n\nJens Vogel"


def _samir(told: Told) -> None:
    """His mail server proves nothing, and he wants the parcel elsewhere."""
    at, ago = told.at, told.ago
    course = ((at(3, "22:12"), "placed"), (at(3, "22:13"), "paid"))
    bought(told, Purchase(number="10499", who="samir", articles=("RCK-TARN-30", "LMP-SOL"), course=course))
    told.add(
        Mail(ago(12), "samir", _SAMIR, subject="Change delivery address", proven=False),
        Note(
            ago(9),
            "samir",
            "Sender not proven: ring him at the number of the order before changing anything.",
            agent="cleo",
        ),
    )


_SAMIR = "Hello, please send my order 10499 to 14 Cornmarket, Oxford instead. I have moved.\n\nSamir Khan"


def _noah(told: Told) -> None:
    """A guest in the chat who says he is somebody we know; until that is proven he is kept apart."""
    at, ago = told.at, told.ago
    told.add(
        Mail(at(25, "10:12"), "noah", _NOAH_BEFORE, subject="Kocher auf Induktion"),
        Answer(
            at(25, "10:47"),
            "noah",
            "Guten Tag Herr Fischer,\n\nja, er steht auf jedem Herd.\n\nAna Richter",
            agent="ana",
            resolve=True,
        ),
        Chat(ago(28), "noah-guest", "Hallo, passt der Deckel vom Alba auch auf das alte Modell?"),
        LeavesEmail(ago(26), "noah-guest"),
        Leaves(ago(24), "noah-guest"),
    )


_NOAH_BEFORE = "Guten Tag,\n\nfunktioniert der Kessel Alba auch auf einem Induktionsherd?\n\nNoah Fischer"


def _frieda(told: Told) -> None:
    """An out-of-office note: it starts no clock and wakes nobody."""
    at = told.at
    told.add(
        Mail(at(3, "14:26"), "frieda", _FRIEDA, subject="Umtausch Regenjacke"),
        Answer(at(3, "15:05"), "frieda", _FRIEDA_ANSWER, agent="cleo"),
        Mail(at(3, "15:06"), "frieda", _FRIEDA_AWAY, answers=True, automatic=True),
    )


_FRIEDA = "Hallo,\n\nkann ich die Regenjacke in L gegen M tauschen, auch im Laden?\n\nFrieda Sommer"
_FRIEDA_ANSWER = """Hallo Frau Sommer,

ja, in jedem unserer Läden. Soll ich Ihnen eine M am Südbahnhof zurücklegen?

Cleo Marchand"""
_FRIEDA_AWAY = "Ich bin bis Ende nächster Woche nicht im Büro und lese meine Mails danach.\n\nFrieda Sommer"


def _aisha(told: Told) -> None:
    """Asked in the chat, left an address, and was answered there after she had gone."""
    at = told.at
    told.add(
        Chat(at(1, "13:04"), "aisha", "Hi! Does the sleeping bag Varm work at minus five?"),
        Chat(at(1, "13:05"), "aisha", "I'm out of signal in a minute, could you mail me?"),
        LeavesEmail(at(1, "13:06"), "aisha"),
        Leaves(at(1, "13:07"), "aisha"),
        Answer(at(1, "13:22"), "aisha", _AISHA_ANSWER, agent="ben", subject="Sleeping bag Varm at −5 °C"),
    )


_AISHA_ANSWER = (
    "Hello Aisha, it is rated for minus two. With the liner it is fine to minus six or so. "
    "Shall I put both aside for you?"
)


def _wanda(told: Told) -> None:
    """Written in the shop's app, and answered by mail."""
    at = told.at
    told.add(
        FromShop(at(2, "19:40"), "wanda", "Kod rabatowy z ulotki nie działa w aplikacji."),
        Answer(at(2, "20:02"), "wanda", _WANDA_ANSWER, agent="ben", subject="Kod rabatowy", resolve=True),
    )


_WANDA_ANSWER = "Dzień dobry, kod już działa. Dziękujemy za wiadomość i przepraszamy za kłopot.\n\nBen"


def _nobody_s_customers(told: Told) -> None:
    """A carrier's notices and an advertisement: one click, and what follows stays out of the inbox too."""
    at = told.at
    told.add(
        Mail(
            at(30, "07:00"),
            "growth",
            "10,000 new followers for your shop, only today.",
            subject="Grow fast",
            proven=False,
        ),
        Marks(at(30, "09:00"), "growth", agent="cleo", kind="spam"),
        Mail(at(29, "06:10"), "parcels", "Abholung erledigt: 14 Sendungen.", subject="Abholbestätigung"),
        Marks(at(29, "09:02"), "parcels", agent="cleo", kind="not_customer"),
        Mail(at(1, "06:12"), "parcels", "Abholung erledigt: 9 Sendungen.", subject="Abholbestätigung"),
    )
