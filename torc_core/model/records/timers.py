"""The table of timers: how often runners report, and what the server makes of their silence."""

from __future__ import annotations

from torc_core.model.records.workflow_run import HEARTBEAT_INTERVAL_S, REPORT_BY_BUFFER
from torc_core.model.wire import Wire, stated


class RunnerTimers(Wire, frozen=True, kw_only=True):
    """The timers of a server. Its monotonic clock decides, from when it started or was set."""

    heartbeat_seconds: float = stated(HEARTBEAT_INTERVAL_S)
    """How often a runner is heard at least: each of its exchanges counts."""
    suspect_seconds: float = stated(HEARTBEAT_INTERVAL_S * REPORT_BY_BUFFER)
    """After this silence it is suspect, which is shown and recorded; its jobs stay where they
    are."""
    lost_seconds: float = stated(300.0)
    """After this silence it is lost, and its jobs are given to others. Slurm and Airflow wait as
    long."""


DEFAULT_TIMERS = RunnerTimers()
