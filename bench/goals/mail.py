"""Goal H: mails are parsed, matched, told from copies, stored and on the consoles."""

from __future__ import annotations

import msgspec

from bench.bare.mail import MailFloor
from bench.dataset.colleagues import COLLEAGUES
from bench.figures import Check, Finding, Spread, least, shares
from bench.load.post import Post
from bench.rig import CHEAP_ROUNDS, SMALL, Rig

_MAILS, _WARM_UP = 160, 60


def ingest(rig: Rig) -> Finding:
    """Goal H. Both have their mails at hand and may use both cores; the bare limit can use one alone."""
    count = _MAILS * rig.scale.load
    floor = MailFloor(folder=str(rig.scratch), count=count)
    with rig.copied(SMALL) as data:
        door = rig.mailbox(data)
        with rig.hub(data, "mails at hand", both_cores=True) as hub:
            job = Post(port=hub.port, folder=str(data.folder), count=count, agents=COLLEAGUES)
            rig.load(msgspec.structs.replace(job, count=_WARM_UP))
            pairs = rig.rounds(lambda: rig.bare(floor, both_cores=True), lambda: rig.load(job), CHEAP_ROUNDS)
            posted = rig.load(Post(port=hub.port, door=door, count=count // 2, agents=COLLEAGUES))["rate"]
    ours, bare = [pair[1]["rate"] for pair in pairs], [pair[0]["rate"] for pair in pairs]
    what = "share of stdlib parsing and one durable insert"
    return Finding(
        checks=(Check(what=what, figure=shares(ours, bare), bar=least(0.5)),),
        details={
            "mails_per_s": round(Spread.of(ours).median),
            "bare_per_s": round(Spread.of(bare).median),
            "by_smtp_per_s": round(posted),
        },
    )
