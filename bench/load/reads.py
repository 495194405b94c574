"""The load of goals D, E and F: questions one after the other, those that are compared taking turns."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import msgspec

from bench.figures import percentile
from bench.load.console import FIRST_HELLO, Console, open_consoles, sign_in
from bench.load.http import BadAnswer, HttpLine, request

# Asks once; how long the answer took.
Ask = Callable[[], float]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Questions of one sort to one hub: each is an address, or several that are asked for together."""

    name: str
    port: int
    token: str = ""
    asked: list[list[str]] = []
    # Instead of addresses: a call on a console's socket, as `{"do": …, "with": …}`.
    calls: list[msgspec.Raw] = []
    # Instead of both: what a console gets first.
    snapshots: int = 0


class Reads(msgspec.Struct, frozen=True, kw_only=True):
    """Each question of each series so many times, after once to warm up."""

    series: list[Series]
    turns: int
    agents: int

    def run(self) -> dict[str, Any]:
        questions = [(series.name, ask) for series in self.series for ask in _asked(series, self.agents)]
        for _, ask in questions:
            ask()
        took: list[list[float]] = [[] for _ in questions]
        order = list(range(len(questions))) * self.turns
        random.Random(1).shuffle(order)
        for number in order:
            took[number].append(questions[number][1]() * 1000)
        by_name: dict[str, list[list[float]]] = {}
        for (name, _), times in zip(questions, took, strict=True):
            by_name.setdefault(name, []).append(times)
        return {name: _told(times) for name, times in by_name.items()}


def _told(took: list[list[float]]) -> dict[str, Any]:
    """Percentiles over all answers, and the question that took longest most of the time."""
    every = [one for times in took for one in times]
    return {"p50": percentile(every, 50), "p95": percentile(every, 95), "slowest": max(median(times) for times in took)}


def _asked(series: Series, agents: int) -> list[Ask]:
    if series.snapshots:
        return [partial(_snapshot, series.port, agents)] * series.snapshots
    if series.calls:
        console = open_consoles(series.port, 1, agents)[0]
        return [partial(_call, console, bytes(wanted)) for wanted in series.calls]
    line = HttpLine(series.port)
    headers = {"authorization": f"Bearer {series.token}"}
    return [partial(_ask, line, [request("GET", path, headers) for path in paths]) for paths in series.asked]


def _ask(line: HttpLine, requests: list[bytes]) -> float:
    began = time.perf_counter()
    for one in requests:
        status, body = line.ask(one)
        if status != 200:
            raise BadAnswer(f"{one.partition(b' HTTP')[0]!r} was answered {status}: {body[:200]!r}")
    return time.perf_counter() - began


def _call(console: Console, wanted: bytes) -> float:
    # Each under a key of its own: an answer that was kept is no measure.
    key = f'{{"call":"{secrets.token_hex(6)}",'.encode()
    began = time.perf_counter()
    console.send(key + wanted[1:])
    text = console.until(b'"answer"')
    took = time.perf_counter() - began
    if b'"error"' in text[:100]:
        raise BadAnswer(f"A call was refused: {text[:200]!r}")
    return took


def _snapshot(port: int, agents: int) -> float:
    """From a console's hello to its snapshot; the handshake before it is not counted."""
    console = sign_in(port, 0, agents)
    began = time.perf_counter()
    console.send(FIRST_HELLO)
    console.until(b'"snapshot"')
    took = time.perf_counter() - began
    console.close()
    return took
