"""Goal K: what telling everybody costs on PostgreSQL, where it could make all writers wait for each other."""

from __future__ import annotations

from bench.dataset.cache import DataSet
from bench.figures import Check, Finding, NotMeasured, Spread, least, shares
from bench.goals.accepting import accept
from bench.load.accept import Accept
from bench.processes import Running
from bench.rig import SMALL, Rig

_WRITERS = 10
_CUSTOMERS = 100
_MESSAGES, _WARM_UP = 300, 500


def events(rig: Rig) -> Finding:
    """Goal K."""
    if not rig.database_url:
        raise NotMeasured("needs PostgreSQL: --database-url")
    with (
        rig.copied(SMALL) as first,
        rig.beside(first) as second,
        rig.hub(first) as telling,
        rig.hub(second, "no events") as silent,
    ):
        # Who has not written yet becomes a customer by it: they shall all be known before.
        rig.load(_job(telling, first, _WARM_UP))
        count = _MESSAGES * rig.scale.load
        pairs = rig.rounds(lambda: rig.load(_job(silent, second, count)), lambda: rig.load(_job(telling, first, count)))
    ours, bare = [pair[1]["rate"] for pair in pairs], [pair[0]["rate"] for pair in pairs]
    return Finding(
        checks=(Check(what="share of the same without events", figure=shares(ours, bare), bar=least(0.9)),),
        details={"messages_per_s": round(Spread.of(ours).median), "silent_per_s": round(Spread.of(bare).median)},
    )


def _job(hub: Running, data: DataSet, count: int) -> Accept:
    return accept(hub, data, count, consoles=0, in_flight=_WRITERS, customers=_CUSTOMERS)
