"""What Mira and Jakob make of an answer."""

import pytest

from demo.talk import JAKOB, MIRA, Talker, topic_of


@pytest.mark.parametrize(
    ("answer", "topic"),
    [
        ("What is your e-mail address?", "asks_email"),
        ("Could you give me your order number?", "asks_order"),
        ("Which size do you need?", "asks_size"),
        ("When do you leave?", "asks_time"),
        ("The light one or the sturdy one?", "asks_choice"),
        ("Shall I put one aside for you?", "offers"),
        ("Have you used a tent before?", "asks"),
        ("One moment, I am looking.", "moment"),
        ("Yes, easily. It is 2.20 m wide.", "yes"),
        ("No, it is only made for two.", "no"),
        ("Unfortunately it is sold out.", "no"),
        ("It costs € 249.", "price"),
        ("Have a look: https://feldweg.example/lumo", "link"),
        ("It lies ready at Altmarkt.", "ready"),
        ("We send it today.", "sent"),
        ("You're welcome!", "parting"),
        ("It weighs two kilos.", "else"),
    ],
)
def test_an_answer_is_understood_by_its_words(answer: str, topic: str) -> None:
    assert topic_of(answer) == topic


@pytest.mark.parametrize("voice", [MIRA, JAKOB])
def test_nobody_says_the_same_twice_and_everybody_grows_quiet(voice: dict[str, tuple[str, ...]]) -> None:
    talker = Talker(voice, most=5)

    said = [talker.reply("Yes, we have it.") for _ in range(10)]

    lines = [line for line in said if line is not None]
    assert len(lines) == len(set(lines)) == 5
    assert said[5:] == [None] * 5


def test_after_a_farewell_nothing_follows() -> None:
    talker = Talker(MIRA)

    assert talker.reply("Have a nice day!") == "Thank you, bye!"
    assert talker.reply("Which size?") is None
