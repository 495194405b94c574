"""The figures of this process and its hub as Prometheus reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import TypeVar

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.gauges import Buckets, Gauges
from hub.services.figures import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NAME = "onethread_{}".format

_process = CollectorRegistry()
ProcessCollector(registry=_process)

Labels = tuple[str, ...]
K = TypeVar("K", bound=Labels)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told, as it was just read."""

    gauges: Gauges
    figures: Figures
    # What this is: version, node and database.
    about: dict[str, str]
    working: dict[str, bool]
    sockets: dict[str, int]
    units_waiting: int
    disk_free: int


class _OfHub(Collector):
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def collect(self) -> Iterable[Metric]:
        seen = self._seen
        yield _gauge("build", "Which version runs here.", tuple(seen.about), {tuple(seen.about.values()): 1})
        yield _one("disk_free_bytes", "Room on the disk of the data folder.", seen.disk_free)
        yield _gauge("working", "Whether each part of the hub is at work.", ("part",), _by_name(seen.working))
        yield _gauge("sockets", "Open sockets of this node.", ("kind",), _by_name(seen.sockets))
        yield from _what_waits(seen.figures)
        yield from _of_database(seen.gauges, seen.units_waiting)
        yield from _of_work(seen.gauges)


def text(seen: Seen) -> bytes:
    """All figures in Prometheus' text format."""
    of_hub = CollectorRegistry()
    of_hub.register(_OfHub(seen))
    return generate_latest(_process) + generate_latest(of_hub)


def _what_waits(figures: Figures) -> Iterable[Metric]:
    counts: Counter[Labels] = Counter()
    oldest: dict[Labels, float] = {}
    for one in figures.deliveries:
        counts[one.channel, one.state] += one.count
        oldest[(one.channel,)] = max(oldest.get((one.channel,), 0), one.oldest_s)
    yield _gauge("requests", "Requests in each list of the inbox.", ("list",), _by_name(figures.requests))
    yield _gauge("deliveries", "Deliveries that wait, by channel and state.", ("channel", "state"), counts)
    yield _gauge("deliveries_oldest_seconds", "How long the oldest of them has waited.", ("channel",), oldest)
    yield _one("intake_waiting", "What arrived and was not read yet.", sum(one.count for one in figures.intake))
    yield _one(
        "intake_oldest_seconds",
        "How long the oldest of it has waited.",
        max((one.oldest_s for one in figures.intake), default=0),
    )
    working = {names: int(works) for names, works in figures.accounts.items()}
    yield _gauge("account_working", "Whether each account's connection is well.", ("account", "channel"), working)


def _of_database(gauges: Gauges, waiting: int) -> Iterable[Metric]:
    yield _one("units_waiting", "Units of work that wait for the writer.", waiting)
    yield _count("groups_lost", "Commits that failed.", (), {(): gauges.groups_lost})
    yield _histogram("commit_group_units", "Units of work committed together.", (), {(): gauges.group_units})
    yield _histogram("commit_seconds", "Time of a commit, its units included.", (), {(): gauges.commit_s})
    yield _histogram("view_seconds", "Time of a read, its wait included.", (), {(): gauges.view_s})


def _of_work(gauges: Gauges) -> Iterable[Metric]:
    events = {(kind,): n for kind, n in gauges.events.items()}
    answers = {(method, path, str(status)): n for (method, path, status), n in gauges.answers.items()}
    sends = {(channel,): seconds for channel, seconds in gauges.send_s.items()}
    yield _count("events", "Events of the log that this node has heard.", ("kind",), events)
    yield _histogram("event_lag_seconds", "From what happened to this node's sockets.", (), {(): gauges.event_lag_s})
    yield _histogram("loop_lag_seconds", "How late the event loop is.", (), {(): gauges.loop_lag_s})
    yield _count("delivery_tries", "Tries to send, by their end.", ("channel", "outcome"), gauges.tries)
    yield _histogram("delivery_seconds", "Time of a try to send.", ("channel",), sends)
    yield _count("api_answers", "Answers of the API.", ("method", "path", "status"), answers)
    yield _histogram("api_seconds", "Time to an answer of the API.", ("method", "path"), gauges.answer_s)


# --- families ---


def _by_name(values: Mapping[str, int]) -> dict[Labels, int]:
    return {(name,): int(value) for name, value in values.items()}


def _one(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(NAME(name), help_text, value)


def _gauge(name: str, help_text: str, labels: Labels, values: Mapping[K, float]) -> Metric:
    family = GaugeMetricFamily(NAME(name), help_text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _count(name: str, help_text: str, labels: Labels, values: Mapping[K, float]) -> Metric:
    family = CounterMetricFamily(NAME(name), help_text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _histogram(name: str, help_text: str, labels: Labels, values: Mapping[K, Buckets]) -> Metric:
    family = HistogramMetricFamily(NAME(name), help_text, labels=labels)
    for key, buckets in sorted(values.items(), key=lambda item: item[0]):
        bounds = [*(f"{bound:g}" for bound in buckets.bounds), "+Inf"]
        family.add_metric(key, list(zip(bounds, accumulate(buckets.counts), strict=True)), buckets.total)
    return family
