"""The figures of this process and its hub as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.services.figures import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_process = CollectorRegistry()
ProcessCollector(registry=_process)
_answers = Counter("onethread_api_answers", "Answers of the API.", ["method", "path", "status"], registry=_process)
_seconds = Histogram("onethread_api_seconds", "Time to an answer of the API.", ["method", "path"], registry=_process)


def answered(method: str, path: str, status: int, seconds: float) -> None:
    """Count one answer."""
    _answers.labels(method, path, str(status)).inc()
    _seconds.labels(method, path).observe(seconds)


class _OfHub(Collector):
    """What waits in the hub, as it was just read."""

    def __init__(self, figures: Figures, working: dict[str, bool]) -> None:
        self._figures = figures
        self._working = working

    def collect(self) -> Iterable[Metric]:
        yield _gauge("onethread_requests", "Requests in each list of the inbox.", "list", self._figures.requests)
        yield _gauge(
            "onethread_deliveries", "Deliveries that are not done, by state.", "state", self._figures.deliveries
        )
        yield GaugeMetricFamily("onethread_intake_waiting", "What arrived and was not read yet.", self._figures.intake)
        working = {name: int(works) for name, works in self._working.items()}
        yield _gauge("onethread_working", "Whether each part of the hub is at work.", "part", working)


def _gauge(name: str, help_text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def text(figures: Figures, working: dict[str, bool]) -> bytes:
    """All figures in Prometheus' text format."""
    of_hub = CollectorRegistry()
    of_hub.register(_OfHub(figures, working))
    return generate_latest(_process) + generate_latest(of_hub)
