"""Words of a made-up language, as often as words are: a few all the time, most hardly ever (Zipf)."""

from __future__ import annotations

import itertools
import random

_CONSONANTS = "bcdfghjklmnprstvwz"
_VOWELS = "aeiou"
VOCABULARY = 30_000
COMMON = 20


class Speaker:
    """Says the same words again for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.vocabulary = _vocabulary()
        self._weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(VOCABULARY)))

    def words(self, count: int) -> list[str]:
        return self.random.choices(self.vocabulary, cum_weights=self._weights, k=count)

    def sentence(self, least: int = 10, most: int = 50) -> str:
        return " ".join(self.words(self.random.randint(least, most)))


def _vocabulary() -> list[str]:
    """Short words first, as languages have it."""
    syllables = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]
    pairs = ["".join(pair) for pair in itertools.product(syllables, repeat=2)]
    source = random.Random(7)
    source.shuffle(pairs)
    longer: set[str] = set()
    while len(pairs) + len(longer) < VOCABULARY:
        longer.add("".join(source.choices(syllables, k=source.randint(3, 5))))
    return (pairs + sorted(longer, key=lambda word: (len(word), word)))[:VOCABULARY]
