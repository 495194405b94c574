"""Goal J: a console that never reads must not slow the others down, nor make the hub grow beyond its bound."""

from __future__ import annotations

from typing import Any

from bench.figures import Check, Finding, Spread, most
from bench.goals.accepting import accept
from bench.rig import Rig

_MESSAGES = 180
# Long messages: together they are more than one console may have waiting.
_LETTERS = 24_000
# Messages a second: so few that nothing but the stuck console could delay them.
_RATE = 40.0
# What one console may have waiting (4 MiB), held once more while it is sent, and what the kernel takes.
_BOUND_MIB = 12


def stuck(rig: Rig) -> Finding:
    """Goal J."""
    hub, data = rig.usual_hub
    count = _MESSAGES * rig.scale.load
    alone = accept(hub, data, count, rate=_RATE, letters=_LETTERS)
    beside = accept(hub, data, count, rate=_RATE, letters=_LETTERS, stuck=1)
    pairs = rig.rounds(lambda: rig.load(alone), lambda: rig.load(beside))
    change = Spread.of([(ours["seen_ms"][1] / bare["seen_ms"][1] - 1) * 100 for bare, ours in pairs])
    growth = Spread.of([(ours["grown"] - bare["grown"]) / (1 << 20) for bare, ours in pairs])
    return Finding(
        checks=(
            Check(what="change of the others' p95", figure=change, bar=most(10, "%")),
            Check(what="growth of memory", figure=growth, bar=most(_BOUND_MIB, "MiB")),
        ),
        details={"p95_ms": _p95(pairs, 1), "p95_without_it_ms": _p95(pairs, 0)},
    )


def _p95(pairs: list[tuple[Any, Any]], place: int) -> float:
    return round(Spread.of([pair[place]["seen_ms"][1] for pair in pairs]).median, 2)
