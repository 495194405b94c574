"""Goals B, B′ and C: many consoles, told one event at a time, told under load, and told nothing."""

from __future__ import annotations

from bench.dataset.colleagues import COLLEAGUES
from bench.figures import Check, Finding, Spread, least, most, shares
from bench.goals.accepting import accept
from bench.load.fanout import Fanout
from bench.load.idle import Idle
from bench.rig import SMALL, Rig

_CONSOLES, _UNDER_LOAD = 1_000, 200
_EVENTS, _MESSAGES = 15, 300
_IDLE, _IDLE_ONCE = 2_000, 10_000


def broadcast(rig: Rig) -> Finding:
    """Goal B."""
    hub, data = rig.usual_hub
    job = Fanout(
        port=hub.port,
        server=hub.process,
        token=data.about.token,
        consoles=_CONSOLES,
        events=_EVENTS * rig.scale.load,
        agents=COLLEAGUES,
    )
    bare = _bare(rig)
    pairs = rig.rounds(lambda: rig.load(bare), lambda: rig.load(job))
    theirs, ours = [pair[0]["rate"] for pair in pairs], [pair[1]["rate"] for pair in pairs]
    return Finding(
        checks=(Check(what="share of bare websockets.broadcast", figure=shares(ours, theirs), bar=least(0.75)),),
        details={
            "deliveries_per_s": round(Spread.of(ours).median),
            "bare_deliveries_per_s": round(Spread.of(theirs).median),
            "frame_bytes": round(pairs[0][1]["frame_bytes"]),
            "bare_frame_bytes": round(pairs[0][0]["frame_bytes"]),
            "server_cpu_us_per_delivery": round(Spread.of([pair[1]["cpu_us"] for pair in pairs]).median, 1),
            "all_have_it_p95_ms": round(Spread.of([pair[1]["all_have_ms"][1] for pair in pairs]).median, 1),
        },
    )


def _bare(rig: Rig) -> Fanout:
    sockets = rig.bare_sockets
    return Fanout(port=sockets.port, server=sockets.process, consoles=_CONSOLES, events=_EVENTS * rig.scale.load)


def under_load(rig: Rig) -> Finding:
    """Goal B′."""
    hub, data = rig.usual_hub
    bare = _bare(rig)
    job = accept(hub, data, _MESSAGES * rig.scale.load, consoles=_UNDER_LOAD)
    rig.load(accept(hub, data, 100, consoles=5))
    pairs = rig.rounds(lambda: rig.load(bare)["rate"], lambda: rig.load(job)["deliveries"])
    share = shares([ours for _, ours in pairs], [theirs for theirs, _ in pairs])
    return Finding(
        checks=(Check(what="share of bare websockets.broadcast", figure=share, bar=least(4)),),
        details={"deliveries_per_s": round(Spread.of([ours for _, ours in pairs]).median)},
    )


def memory(rig: Rig) -> Finding:
    """Goal C."""
    counts = [_IDLE] * max(1, rig.scale.rounds // 2) + ([_IDLE_ONCE] if rig.scale.is_full else [])
    found = []
    for count in counts:
        with rig.copied(SMALL) as data, rig.hub(data) as hub:
            job = Idle(port=hub.port, server=hub.process, consoles=count, agents=COLLEAGUES)
            found.append(rig.load(job)["bytes_each"] / 1024)
    each = Check(
        what=f"memory for each of {_IDLE:,} idle consoles",
        figure=Spread.of(found[: len(found) - rig.scale.is_full]),
        bar=most(40, "KiB"),
    )
    once = Check(what=f"the same at {_IDLE_ONCE:,}", figure=Spread.of(found[-1:]), bar=most(40, "KiB"))
    return Finding(checks=(each, once) if rig.scale.is_full else (each,))
