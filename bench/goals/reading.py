"""Goals D, E and F: what a colleague opens, lists and looks for takes no longer because there is much of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from bench.dataset.cache import DataSet
from bench.dataset.colleagues import COLLEAGUES
from bench.figures import Check, Finding, Spread, most
from bench.goals.questions import CLASSES, questions
from bench.load.reads import Reads, Series
from bench.processes import Running
from bench.rig import CHEAP_ROUNDS, Rig

_PAGE = 50
_TURNS = 40
_LONG, _SHORT = 1, 2


def _reads(rig: Rig, series: list[Series], turns: int = _TURNS) -> list[dict[str, Any]]:
    job = Reads(series=series, turns=turns * rig.scale.load, agents=COLLEAGUES)
    return [rig.load(job) for _ in range(max(CHEAP_ROUNDS, rig.scale.rounds))]


def _ratio(found: list[dict[str, Any]], mine: str, theirs: str, figure: str) -> Spread:
    return Spread.of([one[mine][figure] / one[theirs][figure] for one in found])


def _ms(found: list[dict[str, Any]], name: str, figure: str) -> float:
    return round(Spread.of([one[name][figure] for one in found]).median, 2)


# --- D: one conversation ---


def opening(rig: Rig) -> Finding:
    """Goal D."""
    hub, data = rig.large_hub
    size = data.shop.size
    series = [
        _opened(hub, data, "long", _LONG, size.long),
        _opened(hub, data, "short", _SHORT, size.short),
        _screen(hub, "long screen", _LONG),
        _screen(hub, "short screen", _SHORT),
    ]
    found = _reads(rig, series)
    by_api = _ratio(found, "long", "short", "p95")
    on_screen = _ratio(found, "long screen", "short screen", "p95")
    return Finding(
        checks=(
            Check(
                what=f"p95 of {size.long:,} entries against {size.short}, by the API", figure=by_api, bar=most(1.5, "×")
            ),
            Check(what="the same on a console", figure=on_screen, bar=most(1.5, "×")),
        ),
        details={f"{name.replace(' ', '_')}_p95_ms": _ms(found, name, "p95") for name in found[0]},
    )


def _opened(hub: Running, data: DataSet, name: str, conversation: int, entries: int) -> Series:
    """The conversation and the last page of its entries."""
    path = f"/api/v1/conversations/{conversation}"
    last_page = f"{path}/entries?after={max(0, entries - _PAGE)}&limit={_PAGE}"
    return Series(name=name, port=hub.port, token=data.about.token, asked=[[path, last_page]])


def _screen(hub: Running, name: str, customer: int) -> Series:
    return Series(name=name, port=hub.port, calls=[_call("open", customer=customer)])


def _call(verb: str, **given: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({"do": verb, "with": given}))


# --- E: the inbox ---


def listing(rig: Rig) -> Finding:
    """Goal E. A console gets its list with the counters in its snapshot, later pages by a call."""
    (large_hub, data), (small_hub, small) = rig.large_hub, rig.usual_hub
    series = [_list(large_hub, "large"), _list(small_hub, "small")]
    series += [_snapshot(large_hub, "large snapshot"), _snapshot(small_hub, "small snapshot")]
    found = _reads(rig, series, turns=_TURNS // 2)
    large, few = data.shop.size.customers, small.shop.size.customers
    whole = _ratio(found, "large snapshot", "small snapshot", "p50")
    page = _ratio(found, "large", "small", "p50")
    return Finding(
        checks=(
            Check(
                what=f"p50 of the first page with counters, {large:,} conversations against {few:,}",
                figure=whole,
                bar=most(1.5, "×"),
            ),
            Check(what="the same page by a call", figure=page, bar=most(1.5, "×")),
        ),
        details={f"{name.replace(' ', '_')}_p50_ms": _ms(found, name, "p50") for name in found[0]},
    )


def _list(hub: Running, name: str) -> Series:
    return Series(name=name, port=hub.port, calls=[_call("list", view="open", limit=_PAGE)])


def _snapshot(hub: Running, name: str) -> Series:
    return Series(name=name, port=hub.port, snapshots=1)


# --- F: search ---


def searching(rig: Rig) -> Finding:
    """Goal F."""
    hub, data = rig.large_hub
    token = data.about.token
    customers = [[f"/api/v1/customers/{i}"] for i in range(1, 11)]
    series = [Series(name="customer", port=hub.port, token=token, asked=customers)]
    for name, typed in questions(data.shop).items():
        asked = [[f"/api/v1/search?q={quote(q)}&limit=20"] for q in typed]
        series.append(Series(name=name, port=hub.port, token=token, asked=asked))
    found = _reads(rig, series, turns=3)
    ratios = {name: _ratio(found, name, "customer", "p95") for name in CLASSES}
    worst = max(CLASSES, key=lambda name: ratios[name].median)
    slowest = Spread.of([max(one[name]["slowest"] for name in CLASSES) / one["customer"]["p95"] for one in found])
    return Finding(
        checks=(
            Check(
                what=f"p95 of “{worst}”, the slowest class, against a customer", figure=ratios[worst], bar=most(10, "×")
            ),
            Check(what="the slowest question of all", figure=slowest, bar=most(30, "×")),
        ),
        details={
            "ratios": {name: round(ratio.median, 2) for name, ratio in ratios.items()},
            "p95_ms": {name: _ms(found, name, "p95") for name in found[0]},
        },
    )
