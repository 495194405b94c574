"""Goal G: how long a hub takes from its start to its first answer."""

from __future__ import annotations

import time
from urllib.request import urlopen

from bench.dataset.cache import DataSet
from bench.figures import Check, Finding, Spread, most, shares
from bench.rig import Rig

_EMPTY = 0


def starting(rig: Rig) -> Finding:
    """Goal G. Both data sets have just been copied, so that neither is migrated or read from the disk."""
    with rig.copied(rig.scale.entries) as data, rig.copied(_EMPTY) as empty:
        pairs = rig.rounds(lambda: _start(rig, empty), lambda: _start(rig, data))
    ours, bare = [pair[1] for pair in pairs], [pair[0] for pair in pairs]
    what = f"until the first answer, {data.shop.size.entries:,} entries against none"
    return Finding(
        checks=(Check(what=what, figure=shares(ours, bare), bar=most(1.2, "×")),),
        details={"seconds_to_answer": round(Spread.of(ours).median, 2), "empty_s": round(Spread.of(bare).median, 2)},
    )


def _start(rig: Rig, data: DataSet) -> float:
    began = time.perf_counter()
    with rig.hub(data) as hub:
        with urlopen(f"http://127.0.0.1:{hub.port}/healthz", timeout=30) as answer:
            answer.read()
        return time.perf_counter() - began
