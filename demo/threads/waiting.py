"""Matters that wait just now, for us, for the customer or for somebody else."""

from __future__ import annotations

from demo.purchases import Purchase, bought
from demo.script import Answer, Call, Change, FilledForm, Mail, Missed, Note, Told


def waiting(told: Told) -> None:
    """Each by its own hand, oldest orders first."""
    for thread in (_peter, _luc, _selin, _anna, _rami, _julia, _emil, _ruth, _pilar, _ulrich):
        thread(told)


def _luc(told: Told) -> None:
    """A parcel that does not move, and a customer who has waited for two hours."""
    at, ago = told.at, told.ago
    course = ((at(9, "07:56"), "placed"), (at(9, "07:57"), "paid"), (at(8, "16:20"), "shipped"))
    bought(told, Purchase(number="10493", who="luc", articles=("TEN-LUMO-2",), course=course, carrier="DPD"))
    told.add(
        Mail(at(3, "08:30"), "luc", _LUC, subject="Colis pas arrivé"),
        Answer(at(3, "09:45"), "luc", _LUC_ANSWER, agent="ben"),
        Note(at(3, "09:50"), "luc", "DPD: last scan in Metz, search opened under 4471-20.", agent="ben"),
        Change(at(3, "09:51"), "luc", agent="ben", status="waiting_third_party", team="Service"),
        Mail(ago(130), "luc", _LUC_AGAIN, answers=True),
        Change(ago(128), "luc", agent="cleo", status="open", priority="urgent"),
    )


_LUC = """Bonjour,

ma commande 10493 devait arriver avant-hier. Le suivi ne bouge plus depuis quatre jours et nous partons
en randonnée samedi. Pouvez-vous vérifier où est la tente ?

Cordialement
Luc Moreau"""

_LUC_ANSWER = """Bonjour Luc,

merci pour votre message. J’ai ouvert une recherche auprès du transporteur et je vous écris dès que j’ai une réponse.

Ben"""

_LUC_AGAIN = """Bonjour, toujours pas de nouvelles du colis. Si la tente n’arrive pas demain, je préfère annuler.

Luc Moreau"""


def _anna(told: Told) -> None:
    at = told.at
    course = ((at(7, "13:15"), "placed"), (at(7, "13:16"), "paid"), (at(6, "11:00"), "shipped"))
    last = (at(4, "10:26"), "delivered")
    bought(told, Purchase(number="10496", who="anna", articles=("SHO-NERA-43",), course=(*course, last), carrier="GLS"))
    told.add(Mail(told.ago(48), "anna", _ANNA, subject="Zwrot butów"))


_ANNA = """Dzień dobry,

czy mogę zwrócić buty z zamówienia 10496? Są za duże, nosiłam je tylko w domu.
Jeśli to możliwe, wolałabym wymianę na rozmiar 42.

Pozdrawiam
Anna Nowak"""


def _rami(told: Told) -> None:
    """His order lies ready, and he says so that he comes tomorrow."""
    at, ago = told.at, told.ago
    course = ((at(5, "22:40"), "placed"), (at(5, "22:41"), "paid"), (at(1, "15:30"), "pickup"))
    order = Purchase(number="10498", who="rami", articles=("JCK-REGN-L",), course=course, store="Hafen", shelf="M-3")
    bought(told, order)
    told.add(
        FilledForm(at(1, "17:10"), "rami", _RAMI, subject="Abholung Bestellung 10498", order="10498"),
        Answer(at(1, "17:32"), "rami", _RAMI_ANSWER, agent="cleo"),
        Change(at(1, "17:33"), "rami", agent="cleo", status="ready_in_store"),
        Mail(ago(22), "rami", _RAMI_THANKS, answers=True),
    )


_RAMI = "Ist meine Bestellung schon im Laden am Hafen? Ich würde sie gern vor der Arbeit abholen."

_RAMI_ANSWER = """Guten Tag Herr Haddad,

ja, die Jacke liegt seit heute Nachmittag am Hafen bereit, wir öffnen um neun. Bitte bringen Sie den Abholcode mit.

Cleo Marchand"""

_RAMI_THANKS = "شكراً، سأمرّ على المتجر غداً صباحاً."


def _selin(told: Told) -> None:
    """An invoice that goes to an old address; a call back is due today."""
    at = told.at
    course = (
        (at(9, "09:03"), "placed"),
        (at(9, "09:04"), "paid"),
        (at(8, "14:00"), "shipped"),
        (at(7, "11:12"), "delivered"),
    )
    bought(told, Purchase(number="10494", who="selin", articles=("MUG-KIVI",) * 20, course=course))
    told.add(
        Mail(at(6, "11:45"), "selin", _SELIN, subject="Rechnung fehlt"),
        Answer(at(6, "13:02"), "selin", _SELIN_ANSWER, agent="ana"),
        Call(
            at(1, "10:20"),
            "selin",
            "Invoice 10494 came again without the VAT number. Needs it for the monthly closing, best in the afternoon.",
            agent="ana",
            about="Rechnung",
            outcome="call_back",
            promise="Call back with the corrected invoice",
            due=told.in_hours(1),
            minutes=6,
        ),
    )


_SELIN = """Guten Tag,

zu unserer Bestellung 10494 (20 Becher) fehlt mir die Rechnung mit USt-IdNr. Die alte Adresse stimmt nicht mehr.

Selin Yıldız
Yıldız Bau"""

_SELIN_ANSWER = """Guten Tag Frau Yıldız,

die Rechnung geht heute neu hinaus, an die Adresse, von der Sie schreiben.

Ana Richter"""


def _peter(told: Told) -> None:
    at = told.at
    course = (
        (at(18, "19:20"), "placed"),
        (at(18, "19:21"), "paid"),
        (at(17, "12:00"), "shipped"),
        (at(14, "09:10"), "delivered"),
    )
    bought(told, Purchase(number="10479", who="peter", articles=("BOT-FJELL-38", "SCK-ULL-40"), course=course))
    told.add(
        Mail(at(5, "09:00"), "peter", _PETER, subject="Exchange boots"),
        Answer(at(5, "11:48"), "peter", _PETER_ANSWER, agent="ben"),
        Change(at(5, "11:50"), "peter", agent="ben", status="waiting_customer"),
    )


_PETER = (
    "Hi, the boots from 10479 are lovely but half a size too small. Could you swap them for the next size up?\n\nPeter"
)
_PETER_ANSWER = """Hi Peter,

the bigger size is on its way to you. A return label for the first pair is in the box, please use it within two weeks.

Ben"""


def _julia(told: Told) -> None:
    at = told.at
    course = ((at(2, "18:44"), "placed"), (at(2, "18:45"), "paid"))
    bought(told, Purchase(number="10500", who="julia", articles=("SLP-VARM-M", "LMP-SOL"), course=course))
    told.add(
        Mail(at(1, "19:57"), "julia", _JULIA, subject="Cambio de dirección"),
        Answer(at(1, "20:10"), "julia", _JULIA_ANSWER, agent="ben"),
        Change(at(1, "20:11"), "julia", agent="ben", hours=40),
    )


_JULIA = (
    "Hola, ¿puedo cambiar la dirección de entrega del pedido 10500? Esa semana estaré en casa de mi hermana.\n\nJulia"
)
_JULIA_ANSWER = """Hola Julia:

Claro que sí, el paquete sale pasado mañana. ¿Cuál es la nueva dirección?

Ben"""


def _emil(told: Told) -> None:
    """The call-back form: a number, a time, no address."""
    told.add(
        FilledForm(
            told.ago(55),
            "emil",
            "Ich möchte wissen, ob sich die Zeltstange vor Ort tauschen lässt.",
            subject="Rückruf: Zeltstange",
            facts={"call_back_time": "ab 17 Uhr"},
            call_back=True,
        )
    )


def _ruth(told: Told) -> None:
    at, ago = told.at, told.ago
    told.add(
        Mail(at(1, "16:12"), "ruth", _RUTH, subject="Gutschein doppelt eingelöst"),
        Answer(at(1, "16:49"), "ruth", _RUTH_ANSWER, agent="ana"),
        Mail(ago(31), "ruth", "Guten Morgen, hier die Nummer vom Beleg: FW-2041-77.\n\nRuth Adler", answers=True),
    )


_RUTH = """Guten Tag,

mein Geschenkgutschein wurde an der Kasse zweimal abgezogen. Bekomme ich den Betrag zurück?

Ruth Adler"""
_RUTH_ANSWER = """Guten Tag Frau Adler,

das prüfe ich gern. Welche Nummer steht unten auf dem Beleg?

Ana Richter"""


def _pilar(told: Told) -> None:
    at = told.at
    told.add(
        Mail(at(3, "17:22"), "pilar", _PILAR, subject="Mochila Tarn en azul"),
        Answer(at(3, "18:01"), "pilar", _PILAR_ANSWER, agent="ana"),
        Change(at(3, "18:02"), "pilar", agent="ana", hours=120, priority="low"),
    )


_PILAR = (
    "Buenas tardes:\n\n¿cuándo vuelven a tener la mochila Tarn en azul? Me la guardarían en la tienda?\n\nPilar Vega"
)
_PILAR_ANSWER = """Buenas tardes, Pilar:

Llega con el próximo envío, a principios de la semana que viene. La apunto y le escribo en cuanto esté.

Ana"""


def _ulrich(told: Told) -> None:
    told.add(Missed(told.ago(74), "ulrich", "Missed call, no message."))
