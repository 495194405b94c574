"""What was asked and settled within the last hour: the pace that the widget tells comes from here."""

from __future__ import annotations

from demo.script import Answer, Chat, Leaves, LeavesEmail, Mail, Told


def today(told: Told) -> None:
    ago = told.ago
    told.add(
        Mail(ago(58), "dario", _DARIO, subject="Colore sbagliato"),
        Answer(ago(53), "dario", _DARIO_ANSWER, agent="ben"),
        Mail(ago(44), "dario", "Grazie mille, tutto a posto.\n\nDario", answers=True),
        Answer(ago(43), "dario", "Prego, buona giornata!\n\nBen", agent="ben", resolve=True),
        Chat(ago(41), "lena", "Hallo, habt ihr die Solarlampe gerade am Südbahnhof?"),
        Answer(ago(38), "lena", _LENA, agent="ana", subject="Solarlampe am Südbahnhof"),
        Chat(ago(37), "lena", "Nicht nötig, ich komme gleich vorbei. Danke!"),
        LeavesEmail(ago(36), "lena"),
        Answer(ago(35), "lena", "Gern, bis gleich!", agent="ana", resolve=True),
        Leaves(ago(34), "lena"),
        Mail(ago(33), "liam", _LIAM, subject="Gift wrapping"),
        Answer(ago(29), "liam", _LIAM_ANSWER, agent="cleo", resolve=True),
        Mail(ago(27), "yann", _YANN, subject="Horaires du magasin"),
        Answer(ago(22), "yann", _YANN_ANSWER, agent="cleo", resolve=True),
    )


_DARIO = "Buongiorno,\n\nho ordinato la tazza bianca ed è arrivata quella rossa. Posso cambiarla?\n\nDario Rossi"
_DARIO_ANSWER = """Buongiorno Dario,

ci scusiamo. Le spediamo oggi la tazza bianca; quella rossa può tenerla.

Ben"""
_LENA = "Hallo Lena, ja, fünf Stück. Soll ich dir eine zurücklegen?"
_LIAM = "Hi, could you wrap the two mugs as a present? They go straight to my mother.\n\nLiam Murphy"
_LIAM_ANSWER = "Hi Liam,\n\nwith pleasure. There is no price on the slip, and a card with your name goes in.\n\nCleo"
_YANN = "Bonjour,\n\nle magasin d’Altmarkt est-il ouvert entre midi et deux ?\n\nYann Le Goff"
_YANN_ANSWER = "Bonjour Yann,\n\noui, sans interruption de neuf heures à dix-huit heures.\n\nCleo"
