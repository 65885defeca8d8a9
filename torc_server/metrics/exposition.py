"""The figures of a server in Prometheus' text format.

Names follow Prometheus' conventions: base units, `_total` for what only grows. The module is
imported when the first scrape comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from torc_core import __version__
from torc_server.histogram import Histogram
from torc_server.metrics.traffic import Traffic
from torc_server.queries.totals import Totals
from torc_server.storage.writer import Writer


def exposition(traffic: Traffic, writer: Writer, totals: Totals) -> bytes:
    """Return all figures.

    Args:
        traffic: The requests so far.
        writer: What writes to the database.
        totals: What is in the database.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Figures(traffic, writer, totals))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, traffic: Traffic, writer: Writer, totals: Totals) -> None:
        self._traffic = traffic
        self._writer = writer
        self._totals = totals

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, each with its help."""
        yield InfoMetricFamily("torc_server", "The server.", {"version": __version__})
        yield from self._of_requests()
        yield from self._of_the_writer()
        yield from self._of_the_database()

    def _of_requests(self) -> Iterator[Metric]:
        times = HistogramMetricFamily(
            "torc_request_seconds",
            "Time until an answer begins; status 0: the client went away before.",
            labels=("operation", "status"),
        )
        for (operation, status), histogram in list(self._traffic.times.items()):
            _add(times, (operation, str(status)), histogram)
        yield times
        yield _gauge(
            "torc_requests_in_progress",
            "Requests that are being answered; those of stream_events are event streams.",
            "operation",
            self._traffic.in_progress(),
        )

    def _of_the_writer(self) -> Iterator[Metric]:
        writer = self._writer
        yield GaugeMetricFamily(
            "torc_writes_waiting", "Changes that wait for the writer.", writer.waiting
        )
        for name, text, histogram in (
            ("torc_write_group_size", "Changes that were committed together.", writer.group_sizes),
            ("torc_write_group_seconds", "Time that a group took.", writer.group_times),
        ):
            family = HistogramMetricFamily(name, text)
            _add(family, (), histogram)
            yield family

    def _of_the_database(self) -> Iterator[Metric]:
        totals, health, room = self._totals, self._writer.health(), self._writer.room()
        yield GaugeMetricFamily("torc_workflows", "Workflows.", totals.workflows)
        yield _gauge("torc_jobs", "Jobs of all workflows.", "status", totals.jobs)
        yield GaugeMetricFamily(
            "torc_compute_nodes_active", "Runners at work.", totals.active_nodes
        )
        yield GaugeMetricFamily(
            "torc_compute_nodes_suspect",
            "Runners at work that should have reported by now.",
            totals.suspects,
        )
        yield GaugeMetricFamily(
            "torc_oldest_heartbeat_timestamp_seconds",
            "When the most silent active runner was last heard of; missing if none has heartbeats.",
            totals.oldest_heartbeat_ms and totals.oldest_heartbeat_ms / 1000,
        )
        yield GaugeMetricFamily(
            "torc_database_healthy",
            "1 if GET health finds nothing wrong with the database.",
            health.database == "ok",
        )
        yield GaugeMetricFamily(
            "torc_database_free_bytes", "Space left on the database's disk.", room.free_bytes
        )
        yield GaugeMetricFamily(
            "torc_database_journal_bytes", "Size of the write-ahead log.", room.journal_bytes
        )


def _gauge(name: str, text: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], histogram: Histogram) -> None:
    family.add_metric(labels, list(histogram.buckets()), histogram.total)
