"""What somebody says to an answer: what the answer is about is guessed from its words, nothing is said twice."""

from __future__ import annotations

import re

# What an answer may be about, the surest sign first. `…?` stands for the rest of a question.
_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("asks_email", (r"\be-?mail\b…?", r"\bmail address\b…?", r"\bwhere can (we|i) (reach|write)")),
    ("asks_phone", (r"\bphone\b…?", r"\bcall you\b…?")),
    ("asks_order", (r"\border (number|no)\b", r"\bwhich order\b", r"\bnumber of (your|the) order\b")),
    ("asks_name", (r"\b(your|full) name\b…?",)),
    ("asks_place", (r"\b(which|what) (store|shop|city|town|country)\b…?", r"\bwhere (do|are) you\b…?")),
    ("asks_time", (r"\b(when|until|by what|which day|what day)\b…?",)),
    ("asks_size", (r"\b(size|wide|width|tall|height|long|foot|feet|heavy|big|large)\b…?",)),
    ("asks_choice", (r"\bor\b…?",)),
    ("offers", (r"\b(shall|should|may|can|could) (i|we)\b…?", r"\b(would you like|do you want)\b…?")),
    ("asks", (r"\?",)),
    ("parting", (r"\byou'?re welcome\b", r"\bhave a (nice|good|great)\b", r"\b(good)?bye\b", r"\ball the best\b")),
    ("moment", (r"\b(one|just a|a) (moment|second|minute)\b", r"\b(let me|i('ll| will)) (check|look|ask|see)\b")),
    ("link", (r"https?://",)),
    ("price", ("€", r"\beuros?\b", r"\b(costs?|price)\b")),
    ("ready", (r"\b(ready|collect|pick(ed)? ?up|reserved?|shelf)\b", r"\bput .{1,20} aside\b")),
    (
        "no",
        (
            r"^no\b",
            r"\b(unfortunately|sorry|out of stock|sold out|not available|do(n't| not) have)\b",
            r"\bcan(no|')t\b",
        ),
    ),
    ("sent", (r"\b(ship(s|ped)?|sen[dt]|deliver(s|ed|y)?|arrives?|on its way|days?|tomorrow|week)\b",)),
    ("yes", (r"\b(yes|sure|of course|gladly|certainly|no problem|it does|it is|we do|we have)\b",)),
)
_TOPICS = [(topic, re.compile("|".join(signs).replace("…?", r"[^.?!]*\?"), re.IGNORECASE)) for topic, signs in _SIGNS]

Voice = dict[str, tuple[str, ...]]


class Talker:
    """One person in one talk: answers a handful of times, then is content and quiet."""

    def __init__(self, voice: Voice, most: int = 5) -> None:
        self._voice = voice
        self._left = most
        self._said: set[str] = set()

    def reply(self, text: str) -> str | None:
        """What they say to this; None: nothing more."""
        if self._left == 0:
            return None
        topic = topic_of(text)
        for key in (topic, "else"):
            for line in self._voice.get(key, ()):
                if line not in self._said:
                    self._said.add(line)
                    self._left = 0 if key == "parting" else self._left - 1
                    return line
        return None


def topic_of(text: str) -> str:
    """What an answer is about, as far as its words tell."""
    return next((topic for topic, sign in _TOPICS if sign.search(text)), "else")


MIRA: Voice = {
    "asks_email": ("Of course: mira.sand@mail.example",),
    "asks_phone": ("I'd rather have it in writing, I am on trains all week.",),
    "asks_order": ("There is no order yet, I wanted to ask first.",),
    "asks_name": ("Mira Sand.",),
    "asks_place": ("I live in Leipzig, so the store at the station would be nearest.",),
    "asks_time": ("We leave in ten days, so there is a little time.",),
    "asks_size": ("The dog is a beagle, and the two of us are 1.70 m and 1.85 m.",),
    "asks_choice": ("The lighter one, please. I carry it myself.",),
    "offers": ("Yes please, that would be kind.", "Yes, gladly."),
    "asks": ("Good question. What would you take yourself?", "I am not sure, honestly. Whatever you think is best."),
    "parting": ("Thank you, bye!",),
    "moment": ("Sure, take your time.",),
    "link": ("Thank you, I have it open now. That looks right.",),
    "price": ("That is within what I had in mind. Do you have one in stock?",),
    "ready": ("Great, then I come by. Until when are you open?",),
    "no": ("What a pity. Is there something similar that you would recommend?", "I see. Thank you for being so "
    "clear."),
    "sent": ("That is quick enough for us.", "Thank you, then I wait for it."),
    "yes": ("Perfect. And how heavy is it, roughly?", "Very good, then I take it."),
    "else": ("Thank you, that helps me.", "Good to know. I talk to my sister tonight and order then.", "Thanks, "
    "that is all for now."),
}  # fmt: skip

JAKOB: Voice = {
    "asks_email": ("This address is the right one.",),
    "asks_phone": ("I am hard to reach by phone, mail is best.",),
    "asks_order": ("I have not ordered yet, I would like to try them on first.",),
    "asks_name": ("Jakob Stein.",),
    "asks_place": ("I am in Dresden, Altmarkt would be easy for me.",),
    "asks_time": ("There is no hurry. In the next three weeks would be fine.",),
    "asks_size": ("My foot is 30.5 cm long and rather wide at the toes.",),
    "asks_choice": ("The first of the two, please.",),
    "offers": ("Yes, please do.", "That would be very kind."),
    "asks": ("I am not sure. What do most people with large feet take?", "I would leave that to you."),
    "parting": ("All the best, and thank you.",),
    "moment": ("No hurry at all.",),
    "link": ("Thank you, I have looked at it. These are the ones I mean.",),
    "price": ("That is fine. Can I pay in the store?",),
    "ready": ("Wonderful, I come at the end of the week. How long do you keep them?",),
    "no": ("I feared as much. Do you know another boot that comes in 47?", "Then I keep looking. Thank you anyway."),
    "sent": ("That suits me well.", "Good, I look out for the parcel."),
    "yes": ("Excellent. Can I try them on in the store first?", "Then I take them."),
    "else": ("Thank you for the quick answer.", "Good, that is clear now.", "Thanks, I have no further questions."),
}  # fmt: skip

# What they come with, another thing at each visit.
MIRA_ASKS = (
    "Hello! Is the tent Lumo big enough for two and a dog?",
    "Hi, it's me again. Does the tent Lumo come with a ground sheet, or do I need one?",
    "Hello once more. Can the tent stay up for a week in the sun, or does the cloth suffer?",
    "Hi! Do you also have a light stove that fits into the kettle's box?",
    "Hello, a friend asks: is there a Lumo for three?",
    "Hi again. How do I dry the tent if it rains on the last day?",
)

JAKOB_ASKS = (
    ("Do you have walking boots in 47?", "I have large feet. Do you have the boot Fjell in 47, or can you order it?"),
    ("Wax for the Fjell", "which wax do you recommend for the Fjell, and how often does it need it?"),
    ("Socks for large feet", "do the wool socks Ull come larger than 43? Mine slide down."),
    ("Laces", "are the laces of the Fjell longer than usual? I would like a spare pair."),
    ("Trail shoe Nera in 47", "is the Nera made in 47 as well? The boots are too warm for me in town."),
    ("Workshop hours", "can I bring my old boots to the workshop without an appointment?"),
)
