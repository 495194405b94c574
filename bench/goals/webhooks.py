"""Goal I: what it costs a webhook that its raw row is committed before it is answered."""

from __future__ import annotations

from bench.dataset.cache import HOOK, DataSet
from bench.figures import Check, Finding, Spread, least, shares
from bench.load.webhooks import Webhooks
from bench.processes import Running
from bench.rig import CHEAP_ROUNDS, SMALL, Rig

_IN_FLIGHT = 32
_COUNT, _WARM_UP = 400, 100


def acknowledging(rig: Rig) -> Finding:
    """Goal I. What is stored is read beside the acknowledging, as in life."""
    storing, data = rig.usual_hub
    with rig.copied(SMALL) as other, rig.hub(other, "no row") as forgetting:
        for hub in (storing, forgetting):
            rig.load(_job(hub, data, _WARM_UP))
        count = _COUNT * rig.scale.load
        pairs = rig.rounds(
            lambda: rig.load(_job(forgetting, other, count)), lambda: rig.load(_job(storing, data, count)), CHEAP_ROUNDS
        )
    ours, bare = [pair[1]["rate"] for pair in pairs], [pair[0]["rate"] for pair in pairs]
    return Finding(
        checks=(Check(what="share of the same route without the row", figure=shares(ours, bare), bar=least(0.5)),),
        details={
            "webhooks_per_s": round(Spread.of(ours).median),
            "without_the_row_per_s": round(Spread.of(bare).median),
            "answered_p99_ms": round(Spread.of([pair[1]["answered_ms"][2] for pair in pairs]).median, 1),
        },
    )


def _job(hub: Running, data: DataSet, count: int) -> Webhooks:
    return Webhooks(port=hub.port, account=HOOK, secret=data.about.hook_secret, count=count, in_flight=_IN_FLIGHT)
