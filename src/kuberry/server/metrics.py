"""What Prometheus may count: requests, runs, streams of events, and the process itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300)


class Metrics:
    """The figures of one server; labels hold our own words, never a request's.

    Attributes:
        requests: Answered, by method, route and status.
        seconds: How long they took; a stream of events as long as it was open.
        runs: Of this server that have ended, by command and outcome.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter(
            "kuberry_requests",
            "Requests that were answered",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "kuberry_request_seconds",
            "Seconds until the whole answer was sent",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.runs = Counter(
            "kuberry_runs",
            "Runs of this server that have ended",
            ("command", "outcome"),
            registry=self._registry,
        )

    def watch(self, name: str, words: str, look: Callable[[], float]) -> None:
        """Have *look* asked for the gauge *name* whenever somebody looks."""
        Gauge(name, words, registry=self._registry).set_function(look)

    def count(self, name: str, words: str, look: Callable[[], float]) -> None:
        """Have *look* asked for the counter *name*, which something else counts."""
        self._registry.register(_Counted(name, words, look))

    def text(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        return generate_latest(self._registry)


class _Counted(Collector):
    """A counter that something else counts."""

    def __init__(self, name: str, words: str, look: Callable[[], float]) -> None:
        self._name = name
        self._words = words
        self._look = look

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the one figure."""
        yield CounterMetricFamily(self._name, self._words, value=self._look())

    def describe(self) -> Iterator[CounterMetricFamily]:
        """Yield what it is, without a look."""
        yield CounterMetricFamily(self._name, self._words)
