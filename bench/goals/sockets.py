"""A crowd of consoles and widgets: what each costs, that stopped ones are cut unnoticed, that all come back."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from bench import machine
from bench.crowds import Part, established, part, seconds_until, together
from bench.dataset.cache import DataSet
from bench.dataset.colleagues import COLLEAGUES
from bench.figures import Check, Finding, Spread, least, most, percentile
from bench.judging import Goal
from bench.load.console import first_position, open_consoles
from bench.load.crowd import Crowd
from bench.load.member import Count
from bench.processes import Running, running
from bench.rig import SMALL, Rig
from bench.voice import Voice

_PARTS = 4
_WARM_UP = 100
_BACK_S, _CUT_S, _PATIENCE_S = 180.0, 60.0, 400.0
# A small crowd is asked and told more often, so that nobody has to wait long for its figures.
_SMALL_CROWD = 1_000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a crowd of this size is measured; `slow` of the consoles are stopped, and as many read nothing."""

    consoles: int
    slow: int
    widgets: int
    ping_s: int
    messages_per_s: float
    calm_s: float

    @classmethod
    def of(cls, sockets: int) -> Plan:
        is_small = sockets < _SMALL_CROWD
        return cls(
            consoles=sockets,
            slow=min(200, max(1, sockets // 15)),
            widgets=max(1, sockets // 10),
            ping_s=2 if is_small else 20,
            messages_per_s=20 if is_small else 1,
            calm_s=2 if is_small else 15,
        )


def goal(sockets: int) -> Goal:
    """The goal that so many consoles stay, and come back."""
    what = f"{sockets:,} consoles at once, some of them stopped, and the hub begun again"
    return Goal("sockets", what, functools.partial(measure, sockets))


def measure(sockets: int, rig: Rig) -> Finding:
    with rig.copied(SMALL) as data, contextlib.ExitStack() as opened:
        return _Day(rig, data, Plan.of(sockets), opened).run()


class _Day:
    """One measurement, from the first socket to the last return."""

    def __init__(self, rig: Rig, data: DataSet, plan: Plan, opened: contextlib.ExitStack) -> None:
        self._rig = rig
        self._data = data
        self._plan = plan
        self._opened = opened
        self._hub_end = opened.enter_context(contextlib.ExitStack())
        self._port = 0
        self._hub = self._begin_hub()
        self._crowd: list[Part] = []
        self._checks: list[Check] = []
        self._details: dict[str, Any] = {}

    def run(self) -> Finding:
        self._check("memory for each of them", self._fill() / 1024, 40, "KiB")
        with Voice(self._port, self._data.about.token, self._plan.messages_per_s) as voice:
            self._stop_some(self._delays(self._plan.calm_s))
            back = {how: self._begin_again(how) for how in ("stopped", "killed")}
            self._check("all back after a restart", max(back.values()), _BACK_S, "s")
            voice.stop()
            self._judge(voice.said)
        self._details["back_s"] = {how: round(seconds, 1) for how, seconds in back.items()}
        return Finding(checks=tuple(self._checks), details=self._details)

    def _check(self, what: str, figure: float, bar: float, unit: str = "") -> None:
        self._checks.append(Check(what=what, figure=_one(figure), bar=most(bar, unit)))

    def _judge(self, said: int) -> None:
        """Whether everybody has heard everything, once and in order, and nobody had to begin anew."""
        seconds_until(lambda: self._together().heard >= said, _CUT_S)
        after = self._together()
        self._check("gaps", after.gaps, 0)
        self._check("doubles", after.doubles, 0)
        self._check("consoles that had to begin anew", after.anew, 0)
        self._check("visitors taken for new ones", after.strangers, 0)
        self._checks.append(Check(what="of the messages heard by all", figure=_one(after.heard / said), bar=least(1)))
        self._details |= {"messages": said, "returns": after.returns}

    # --- the hub ---

    def _begin_hub(self) -> Running:
        hub = self._hub_end.enter_context(
            running(
                *("run", "serve", "--data", self._data.folder, "--port", str(self._port), "--json"),
                core=self._rig.measured_core,
                log=self._rig.log,
                variables={"ONETHREAD_LIMIT_PING_SECONDS": str(self._plan.ping_s)},
            )
        )
        self._port = hub.port
        return hub

    def _begin_again(self, how: str) -> float:
        """Seconds from the end of the hub until everybody is back and up to date."""
        began = time.monotonic()
        if how == "killed":
            machine.kill(self._hub.process)
        self._hub_end.close()
        self._hub = self._begin_hub()
        self._details.setdefault("away_s", {})[how] = round(time.monotonic() - began, 1)
        size = sum(one.size for one in self._crowd)
        is_back = seconds_until(lambda: self._together().open == size, _PATIENCE_S, 0.5) is not None
        return time.monotonic() - began if is_back else _PATIENCE_S

    # --- the crowd ---

    def _fill(self) -> float:
        """Open them all; bytes of the hub for each console."""
        plan = self._plan
        warm = open_consoles(self._port, _WARM_UP, COLLEAGUES)
        position = first_position(self._port, COLLEAGUES)
        before, began = machine.resident_bytes(self._hub.process), time.monotonic()
        for consoles in _shared(plan.consoles - 2 * plan.slow, _PARTS):
            self._enter(consoles=consoles, position=position)
        # Processes of their own, since one is stopped as a whole.
        self._stopped = self._enter(consoles=plan.slow, position=position)
        self._deaf = self._enter(consoles=plan.slow, position=position)
        self._until_there()
        seconds = time.monotonic() - began
        each = (machine.resident_bytes(self._hub.process) - before) / plan.consoles
        self._enter(widgets=plan.widgets)
        self._until_there()
        for console in warm:
            console.close()
        self._details |= {
            "consoles": plan.consoles,
            "widgets": plan.widgets,
            "opened_per_s": round(plan.consoles / seconds),
            "hub_mib": machine.resident_bytes(self._hub.process) >> 20,
        }
        return each

    def _enter(self, **job: Any) -> Part:
        crowd = Crowd(port=self._port, agents=COLLEAGUES, **job)
        one = self._opened.enter_context(part(crowd, self._rig.load_core, self._rig.log))
        self._crowd.append(one)
        return one

    def _until_there(self) -> None:
        for one in self._crowd:
            one.wait_until_there()

    def _together(self) -> Count:
        return together(self._crowd)

    def _stop_some(self, calm: list[float]) -> None:
        """Stop some and make some deaf, until the hub has let go of them; what the others noticed."""
        theirs = self._stopped.ports() | self._deaf.ports()
        self._stopped.stop()
        self._deaf.be_deaf()
        # To look through all connections of a machine costs as much as a message to all of them.
        took = seconds_until(lambda: not theirs & established(self._port), 2 * _CUT_S, self._plan.ping_s / 10)
        beside = self._delays(0)
        self._stopped.go_on()
        self._deaf.listen()
        self._check("stopped and deaf ones are cut after", 2 * _CUT_S if took is None else took, _CUT_S, "s")
        self._check("p95 of the others meanwhile", beside[1] / calm[1], 1.5, "× of what it was")
        self._details["heard_after_ms"] = {"calm": calm, "beside_the_stopped": beside}

    def _delays(self, seconds: float) -> list[float]:
        """Half of the consoles that read had a message after so long, and all but a twentieth after so long."""
        reading = [one for one in self._crowd if one not in {self._stopped, self._deaf} and one.hears]
        if seconds:
            for one in reading:
                one.delays_ms()
            time.sleep(seconds)
        found = [delay for one in reading for delay in one.delays_ms()]
        return [round(percentile(found, percent), 1) for percent in (50, 95)]


def _one(figure: float) -> Spread:
    return Spread.of([figure])


def _shared(count: int, parts: int) -> Iterator[int]:
    """As equal parts as there can be."""
    for number in range(parts):
        yield count // parts + (number < count % parts)
