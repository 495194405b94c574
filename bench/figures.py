"""What a measurement ends in: ratios of ours to the bare limit, bars, and whether they hold. Arithmetic alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Any, Literal

import msgspec

# A disk whose rate moved more than this while we measured tells nothing about the hub.
STEADY = 2.0


class Bar(msgspec.Struct, frozen=True):
    """What a figure has to reach: at least so much, or at most."""

    way: Literal["least", "most"]
    value: float
    unit: str = ""

    def holds(self, figure: float) -> bool:
        return figure >= self.value if self.way == "least" else figure <= self.value

    def text(self) -> str:
        sign = "≥" if self.way == "least" else "≤"
        return f"{sign} {self.value:g}{f' {self.unit}' if self.unit else ''}"


def least(value: float, unit: str = "") -> Bar:
    return Bar("least", value, unit)


def most(value: float, unit: str = "") -> Bar:
    return Bar("most", value, unit)


class Spread(msgspec.Struct, frozen=True):
    """A figure measured several times."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        return cls(median(figures), min(figures), max(figures))


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a goal and its bar."""

    what: str
    figure: Spread
    bar: Bar

    @property
    def holds(self) -> bool:
        return self.bar.holds(self.figure.median)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured for a goal; the first check is its ratio."""

    checks: tuple[Check, ...]
    details: dict[str, Any] = {}
    # Why this measurement cannot be judged; '' when it can.
    void: str = ""


class NotMeasured(Exception):
    """A goal could not be measured here; the text says why."""


def shares(ours: Sequence[float], bare: Sequence[float]) -> Spread:
    """Ours as a share of the bare limit, round by round."""
    return Spread.of([mine / theirs for mine, theirs in zip(ours, bare, strict=True)])


def percentile(figures: Sequence[float], percent: float) -> float:
    """The smallest figure that so many percent do not exceed."""
    return sorted(figures)[max(0, math.ceil(len(figures) * percent / 100) - 1)]


def is_steady(rates: Sequence[float]) -> bool:
    return max(rates) <= min(rates) * STEADY
