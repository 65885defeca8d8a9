"""A workflow's `resource_monitor_config`, in both shapes that clients write. Pure.

Until client 0.12 it is flat and about jobs: `enabled`, `granularity`, `sample_interval_seconds`.
Client 0.35 has sections, `jobs` and `compute_node`, and keeps the flat fields for compatibility.
"""

from __future__ import annotations

from typing import Any

import msgspec

_LEAST_INTERVAL_S = 0.1
_INTERVAL_S = 5.0
_INTERVAL_OF_SECTIONS_S = 10.0
_FLUSH_S = 10.0
"""Shorter than the 300 s that the reference documents for sections: after a runner has been killed
it is its last samples that are looked for."""
_GRANULARITIES = {
    "summary": False,
    "Summary": False,
    "time_series": True,
    "TimeSeries": True,
}
"""Whether samples are stored. Rust's spelling stands in the reference's documentation."""


class Monitoring(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure and what to store."""

    jobs: bool = True
    """Whether the results of jobs say how much memory and CPU they used."""
    job_series: bool = False
    """Whether all samples of jobs are stored."""
    node: bool = True
    """Whether the record of the node says how much of it was used."""
    node_series: bool = False
    node_cpu: bool = True
    node_memory: bool = True
    interval_s: float = _INTERVAL_S
    """Seconds between samples."""
    flush_s: float = _FLUSH_S
    """Seconds after which samples are written at the latest."""

    @property
    def is_on(self) -> bool:
        """Whether anything is measured for its own sake."""
        return self.jobs or self.node

    @property
    def keeps_series(self) -> bool:
        """Whether there are samples to be stored."""
        return self.job_series or self.node_series


OFF = Monitoring(jobs=False, node=False)


class _Section(msgspec.Struct, frozen=True, kw_only=True):
    enabled: bool | None = None
    granularity: str | None = None


class _NodeSection(_Section, frozen=True, kw_only=True):
    cpu: bool | None = None
    memory: bool | None = None


class _Config(_Section, frozen=True, kw_only=True):
    sample_interval_seconds: float | None = None
    flush_interval_seconds: float | None = None
    jobs: _Section | None = None
    compute_node: _NodeSection | None = None


def read_monitoring(config: Any) -> Monitoring:
    """Return a workflow's setting, given as JSON text or object; None or empty is the default.

    Raises:
        ValueError: It is not understood.
    """
    if not config:
        return Monitoring()
    if isinstance(config, str):
        found = msgspec.json.decode(config, type=_Config, strict=False)
    else:
        found = msgspec.convert(config, type=_Config, strict=False)
    jobs = found if found.jobs is None else found.jobs
    has_sections = not (found.jobs is None and found.compute_node is None)
    # Without sections nothing can be said of the node: its record is filled like those of jobs.
    absent = _NodeSection(enabled=False) if has_sections else jobs
    node = absent if found.compute_node is None else found.compute_node
    parts = node if isinstance(node, _NodeSection) else _NodeSection()
    default_s = _INTERVAL_OF_SECTIONS_S if has_sections else _INTERVAL_S
    return Monitoring(
        jobs=_is_enabled(jobs),
        job_series=_is_enabled(jobs) and _keeps_series(jobs),
        node=_is_enabled(node),
        node_series=_is_enabled(node) and _keeps_series(node),
        node_cpu=parts.cpu is not False,
        node_memory=parts.memory is not False,
        interval_s=max(_or(found.sample_interval_seconds, default_s), _LEAST_INTERVAL_S),
        flush_s=max(_or(found.flush_interval_seconds, _FLUSH_S), 0.0),
    )


def _is_enabled(section: _Section) -> bool:
    return section.enabled is not False


def _keeps_series(section: _Section) -> bool:
    word = "summary" if section.granularity is None else section.granularity
    if word not in _GRANULARITIES:
        raise ValueError(f'granularity is "{word}", which is neither summary nor time_series')
    return _GRANULARITIES[word]


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
