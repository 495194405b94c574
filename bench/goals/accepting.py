"""Goals A and L: a message comes in, is stored for good, and is on every console."""

from __future__ import annotations

from typing import Any

from bench.bare.commits import Commits
from bench.dataset.cache import DataSet
from bench.dataset.colleagues import COLLEAGUES
from bench.figures import Check, Finding, Spread, least, most, shares
from bench.load.accept import Accept
from bench.load.echo import Echo
from bench.processes import Running
from bench.rig import CHEAP_ROUNDS, EVENT_BYTES, Rig

CONSOLES, IN_FLIGHT = 50, 64
_MESSAGES = 500
_WARM_UP = 200
_RATE = "messages accepted a second"


def accept(hub: Running, data: DataSet, messages: int, *, consoles: int = CONSOLES, **other: Any) -> Accept:
    """A load of messages from the customers of a data set."""
    return Accept(
        port=hub.port,
        server=hub.process,
        token=data.about.token,
        messages=messages,
        consoles=consoles,
        agents=COLLEAGUES,
        **({"in_flight": IN_FLIGHT, "customers": data.shop.size.customers} | other),
    )


def throughput(rig: Rig) -> Finding:
    """Goal A."""
    commits = Commits(folder=str(rig.scratch), seconds=0.5)
    hub, data = rig.usual_hub
    rig.load(accept(hub, data, _WARM_UP))
    job = accept(hub, data, _MESSAGES * rig.scale.load)
    pairs = rig.rounds(lambda: rig.bare(commits), lambda: rig.load(job), CHEAP_ROUNDS)
    bare, ours = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    rate = Spread.of([one["rate"] for one in ours])
    rig.known[_RATE] = rate.median
    share = shares([one["rate"] for one in ours], [one["rate"] for one in bare])
    cpu = Spread.of([one["cpu_us"] for one in ours])
    return Finding(
        checks=(
            Check(what="share of bare one-insert-per-commit SQLite", figure=share, bar=least(0.7)),
            Check(what="server CPU per message", figure=cpu, bar=most(350, "µs")),
        ),
        details={
            "messages_per_s": round(rate.median),
            "deliveries_per_s": round(Spread.of([one["deliveries"] for one in ours]).median),
            "bare_commits_per_s": round(Spread.of([one["rate"] for one in bare]).median),
            "accepted_p99_ms": _median_of(ours, "answered_ms", 2),
            "load_core_share": round(max(one["load_share"] for one in ours), 2),
        },
    )


def latency(rig: Rig) -> Finding:
    """Goal L."""
    commits = Commits(folder=str(rig.scratch), seconds=0.3)
    hub, data = rig.usual_hub
    rate = rig.known.get(_RATE) or float(rig.load(accept(hub, data, 2 * _WARM_UP))["rate"])
    job = accept(hub, data, max(100, round(rate / 2)) * rig.scale.load, rate=rate / 2)
    echo = Echo(port=rig.bare_sockets.port, payload_bytes=EVENT_BYTES, turns=1000)
    pairs = rig.rounds(lambda: (rig.load(echo), rig.bare(commits)), lambda: rig.load(job))
    floors = [trip["trip_ms"][1] + commit["commit_ms"][1] for (trip, commit), _ in pairs]
    seen = [ours["seen_ms"][1] for _, ours in pairs]
    times = shares(seen, floors)
    return Finding(
        checks=(Check(what="p95 against a bare round trip and a bare commit", figure=times, bar=most(10, "×")),),
        details={
            "messages_per_s": round(rate / 2),
            "accept_to_console_p50_ms": _median_of([ours for _, ours in pairs], "seen_ms", 0),
            "accept_to_console_p95_ms": _median_of([ours for _, ours in pairs], "seen_ms", 1),
            "bare_p95_ms": round(Spread.of(floors).median, 3),
        },
    )


def _median_of(found: list[Any], name: str, place: int) -> float:
    return round(Spread.of([one[name][place] for one in found]).median, 2)
