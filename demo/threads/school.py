"""A teacher who equips a school's outdoor group: half a year of orders, questions and calls in one conversation."""

from __future__ import annotations

from demo.purchases import Purchase, bought
from demo.script import Answer, Call, Change, Chat, FilledForm, Leaves, Mail, Note, Told

_WHO = "jonas"


def school(told: Told) -> None:
    """Six orders, nine solved matters, and a group order that is open."""
    for chapter in (_orders, _first_trip, _zip, _invoice, _stoves, _jackets, _lamps, _group_order):
        chapter(told)


def _orders(told: Told) -> None:
    for number, days, articles in (
        ("10381", 168, ("TEN-LUMO-2",) * 3),
        ("10398", 141, ("SLP-VARM-M",) * 6),
        ("10422", 105, ("MUG-KIVI",) * 14),
        ("10441", 76, ("JCK-REGN-L",) * 4),
        ("10460", 48, ("LMP-SOL",) * 8),
        ("10480", 17, ("RCK-TARN-30",) * 2),
    ):
        at = told.at
        course = (
            (at(days, "15:42"), "placed"),
            (at(days, "15:44"), "paid"),
            (at(days - 1, "12:10"), "shipped"),
            (at(days - 3, "10:36"), "delivered"),
        )
        bought(told, Purchase(number=number, who=_WHO, articles=articles, course=course))


def _asks(told: Told, days: int, clock: str, subject: str, text: str, *, answers: bool = False) -> None:
    told.add(Mail(told.at(days, clock), _WHO, f"{text}\n\nViele Grüße\nJonas Brandt", subject=subject, answers=answers))


def _says(told: Told, days: int, clock: str, agent: str, text: str, *, solved: bool = False, about: str = "") -> None:
    told.add(Answer(told.at(days, clock), _WHO, text, agent=agent, resolve=solved, about=about))


def _first_trip(told: Told) -> None:
    subject = "Zelte für eine Schul-AG"
    _asks(
        told,
        172,
        "16:20",
        subject,
        "Guten Tag,\n\nich leite die Draußen-AG unserer Schule. Welches Zelt halten Sechstklässler aus?",
    )
    _says(
        told,
        172,
        "17:05",
        "ben",
        "Guten Tag Herr Brandt,\n\ndas Lumo: zwei Stangen, ein Griff, und jedes Teil gibt es einzeln.\n\nBen Tanaka",
    )
    _asks(told, 171, "07:31", subject, "Danke! Steht es auch zu zweit gut, wenn es windig ist?", answers=True)
    _says(
        told,
        171,
        "09:02",
        "ben",
        "Ja, bis etwa 60 km/h. Bitte alle sechs Leinen nehmen, auch wenn es ruhig aussieht.\n\nBen",
    )
    _asks(told, 169, "19:48", subject, "Dann bestellen wir drei. Auf Rechnung geht das nicht, oder?", answers=True)
    _says(
        told,
        168,
        "08:50",
        "ana",
        "Für Schulen gern, ab der nächsten Bestellung. Diese bitte noch mit Karte.\n\nAna Richter",
        solved=True,
    )
    told.add(
        Note(
            told.at(168, "08:55"),
            _WHO,
            "School in Erfurt, about 20 children. Invoice from now on, agreed with Cleo.",
            agent="ana",
        )
    )


def _zip(told: Told) -> None:
    at = told.at
    told.add(
        Call(
            at(150, "13:15"),
            _WHO,
            "One tent of order 10381 came back from the trip with a torn zip. Sends it in.",
            agent="cleo",
            subject="Reißverschluss am Zelt",
            outcome="promised",
            promise="Repair within ten days",
            due=None,
            minutes=7,
        ),
        Note(at(146, "11:20"), _WHO, "Tent has arrived. Zip new, one seam sealed as well.", agent="ben"),
    )
    _says(
        told,
        143,
        "14:02",
        "ben",
        "Guten Tag Herr Brandt, das Zelt ist fertig und heute auf dem Weg zu Ihnen. Die Naht daneben haben wir "
        "gleich mit abgedichtet.\n\nBen",
    )
    _asks(
        told,
        142,
        "18:10",
        "Reißverschluss am Zelt",
        "Das ging schnell. Herzlichen Dank, auch von den Kindern!",
        answers=True,
    )
    told.add(Change(at(142, "18:40"), _WHO, agent="ben", about="Reißverschluss", status="resolved"))


def _invoice(told: Told) -> None:
    subject = "Rechnung zu 10398"
    _asks(
        told,
        139,
        "12:07",
        subject,
        "Guten Tag,\n\nfür 10398 brauche ich eine Rechnung auf den Förderverein, nicht auf mich.",
    )
    _says(
        told,
        139,
        "13:30",
        "ana",
        "Guten Tag Herr Brandt,\n\ngern. Wie heißt der Verein genau, und an welche Adresse?\n\nAna Richter",
    )
    _asks(
        told,
        138,
        "20:15",
        subject,
        "Förderverein der Schule am Steigerwald e. V., gleiche Straße wie bei der Lieferung.",
        answers=True,
    )
    _says(
        told,
        137,
        "09:12",
        "ana",
        "Die Rechnung ist geändert und liegt in Ihrem Konto. Die alte ist storniert.\n\nAna",
        solved=True,
    )


def _stoves(told: Told) -> None:
    at = told.at
    told.add(
        Chat(at(112, "14:31"), _WHO, "Kurze Frage: sind die Kivi-Becher spülmaschinenfest?", signed=True),
        Answer(
            at(112, "14:33"),
            _WHO,
            "Ja, bis 60 Grad. Der Rand wird mit der Zeit etwas matter.",
            agent="cleo",
            subject="Becher Kivi",
        ),
        Chat(at(112, "14:34"), _WHO, "Super. Bekommen wir 14 Stück mit Namen drauf?", signed=True),
        Answer(
            at(112, "14:37"), _WHO, "Namen macht unsere Werkstatt nicht, aber ein Emailstift hält gut.", agent="cleo"
        ),
        Chat(at(112, "14:38"), _WHO, "Alles klar, danke!", signed=True),
        Change(at(112, "14:40"), _WHO, agent="cleo", status="resolved"),
        Leaves(at(112, "14:41"), _WHO),
    )


def _jackets(told: Told) -> None:
    at, subject = told.at, "Regenjacken in Kindergrößen"
    told.add(
        FilledForm(at(88, "21:16"), _WHO, "Gibt es die Regn auch in Kindergrößen? Wir bräuchten vier.", subject=subject)
    )
    _says(
        told,
        87,
        "09:40",
        "ben",
        "Guten Tag Herr Brandt, leider nein, L ist bei uns die kleinste am Lager.\n\nBen",
        about=subject,
    )
    _asks(told, 87, "16:58", subject, "Schade. Dann nehmen wir vier in L für die Großen.", answers=True)
    _says(
        told,
        86,
        "08:31",
        "ben",
        "Gern. Bestellen Sie einfach im Laden, ich setze den Schulrabatt.\n\nBen",
        solved=True,
        about=subject,
    )
    told.add(Note(at(76, "15:50"), _WHO, "School discount of ten percent set by hand on 10441.", agent="ben"))


def _lamps(told: Told) -> None:
    subject = "Eine Lampe lädt nicht"
    _asks(
        told,
        41,
        "17:44",
        subject,
        "Guten Tag,\n\neine der acht Lampen aus 10460 lädt nicht, weder in der Sonne noch am Kabel.",
    )
    _says(
        told,
        40,
        "09:06",
        "cleo",
        "Guten Tag Herr Brandt,\n\ndas tut uns leid. Blinkt sie beim Anstecken dreimal?\n\nCleo Marchand",
    )
    _asks(told, 40, "12:50", subject, "Ja, dreimal rot.", answers=True)
    _says(
        told,
        40,
        "13:04",
        "cleo",
        "Dann ist es der Akku. Eine neue Lampe ist heute noch unterwegs, die alte dürfen Sie behalten.\n\nCleo",
    )
    _asks(told, 37, "18:22", subject, "Die neue ist da und leuchtet. Danke!", answers=True)
    told.add(Change(told.at(37, "18:30"), _WHO, agent="cleo", status="resolved"))


def _group_order(told: Told) -> None:
    """What is open: twelve sleeping bags by a date."""
    at, ago, subject = told.at, told.ago, "Gruppenbestellung: 12 Schlafsäcke"
    _asks(
        told,
        10,
        "16:03",
        subject,
        "Guten Tag,\n\nfür die Hüttenfahrt in drei Wochen brauchen wir zwölf Varm in M. Sind so viele da?",
    )
    _says(
        told,
        10,
        "16:51",
        "ben",
        "Guten Tag Herr Brandt,\n\nacht liegen hier, vier bestelle ich nach. Bis wann müssen sie bei Ihnen "
        "sein?\n\nBen",
    )
    _asks(
        told,
        9,
        "07:20",
        subject,
        "Spätestens drei Tage vor der Fahrt, damit wir sie noch verteilen können.",
        answers=True,
    )
    told.add(
        Note(at(9, "10:02"), _WHO, "Four more Varm ordered from the maker, confirmed for next week.", agent="ben"),
        Change(at(9, "10:03"), _WHO, agent="ben", status="waiting_third_party"),
        Call(
            at(2, "12:41"),
            _WHO,
            "Asked whether the four are in. Not yet. Also wants two liners, colour does not matter.",
            agent="ben",
            about="Gruppenbestellung",
            outcome="promised",
            promise="Word whether all twelve can be sent together",
            due=told.in_hours(20),
            minutes=5,
        ),
        Mail(ago(96), _WHO, _ONE_MORE, answers=True),
    )


_ONE_MORE = """Noch eine Bitte: können Sie die zwei Inletts gleich mit in die Bestellung nehmen?
Die Rechnung wie bei 10398 wieder auf den Förderverein.

Viele Grüße
Jonas Brandt"""
