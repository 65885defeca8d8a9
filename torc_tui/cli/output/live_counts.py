"""Job counts of a run while it lasts: one line that changes in a terminal, lines in a pipe."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import Self

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.ids import WorkflowId
from torc_core.model.status import SETTLED, JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.facts import count, percent_completed
from torc_core.operations.reports.time_left import TimeLeft, look_at_time_left
from torc_core.runner.policy.summary import Progress
from torc_core.units import counted
from torc_tui.terminal import clean

LIVE_INTERVAL_S = 0.5
PLAIN_INTERVAL_S = 10.0
LOOK_INTERVAL_S = 10.0
"""Between two looks at how long the jobs take that are left."""
_REST = 20
"""Pause after such a look, as a multiple of the time it took."""
JOIN_TIMEOUT_S = 1.0
"""How long to wait at the end for a reply of the server."""
SERVER_FAILS = "the server takes no reports, the runner's log says why"
"""What is shown where it still answers questions, such as with a full disk."""
_RUNNING = frozenset({JobStatus.RUNNING})
SHOWN = ("running", "ready", "blocked", "failed", "canceled", "terminated", "pending_failed")


class LiveCounts:
    """Writes a workflow's counts to stderr while a `with` block runs.

    Args:
        client: The server; called in a separate thread.
        workflow_id: The workflow.
        interval_s: How often they are written; None for what suits stderr.
    """

    def __init__(
        self, client: TorcClient, workflow_id: WorkflowId, *, interval_s: float | None = None
    ) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._is_live = sys.stderr.isatty()
        self._interval_s = interval_s or (LIVE_INTERVAL_S if self._is_live else PLAIN_INTERVAL_S)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._write_counts, name="progress", daemon=True)
        self._rate = Rate()
        self._most_at_once = 0
        self._left: TimeLeft | None = None
        self._next_look = time.monotonic() + LOOK_INTERVAL_S
        self._waiting_for = ""
        self._says_stopping = False

    def note(self, progress: Progress) -> None:
        """Take the runner's progress into account; from its thread."""
        self._waiting_for = SERVER_FAILS if progress.is_server_failing else progress.waiting_for
        if progress.is_interrupted and progress.running and not self._says_stopping:
            self._says_stopping = True
            before = "\r\x1b[2K" if self._is_live else ""
            jobs = counted(progress.running, "job")
            _write(f"{before}Stopping {jobs}; Ctrl-C again kills those still running.\n")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join(JOIN_TIMEOUT_S)
        if self._is_live:
            _write("\r\x1b[2K")

    def _write_counts(self) -> None:
        last = ""
        while not self._done.wait(self._interval_s):
            try:
                status = self._client.get_workflow_status(self._workflow_id)
                counts = status.jobs_by_status or {}
                self._look(status)
            except TorcError as error:
                line = f"waiting for the server: {clean(error.message)}"
            else:
                rate = self._rate.note(count(counts, SETTLED), time.monotonic())
                line = progress_line(counts, rate, self._waiting_for, self._left)
            if line != last and not self._done.is_set():
                _write(f"\r\x1b[2K{line[: _width()]}" if self._is_live else f"{line}\n")
                last = line

    def _look(self, status: WorkflowStatus) -> None:
        """Find out how long the jobs take that are left, now and then."""
        self._most_at_once = max(self._most_at_once, count(status.jobs_by_status, _RUNNING))
        began = time.monotonic()
        if began < self._next_look:
            return
        self._left = look_at_time_left(
            self._client, self._workflow_id, status.run_id, self._most_at_once, time.time()
        )
        took_s = time.monotonic() - began
        self._next_look = began + max(LOOK_INTERVAL_S, _REST * took_s)


class Rate:
    """How fast a count grows, averaged over ten seconds."""

    WINDOW_S = 10.0

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []

    def note(self, count: int, now_s: float) -> float:
        """Take a sample and return the rate per second; 0 while there is only one."""
        self._samples.append((now_s, count))
        while len(self._samples) > 2 and now_s - self._samples[0][0] > self.WINDOW_S:
            del self._samples[0]
        (first_s, first), (last_s, last) = self._samples[0], self._samples[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s else 0.0


def progress_line(
    counts: dict[str, int], rate: float, waiting_for: str = "", left: TimeLeft | None = None
) -> str:
    """Return counts, rate and time left in one line.

    Args:
        counts: Jobs by status.
        rate: Completions per second.
        waiting_for: What the runner waits for.
        left: How long it still takes; None if that is not known.
    """
    total = sum(counts.values())
    done = count(counts, {JobStatus.COMPLETED, JobStatus.DISABLED})
    share = percent_completed(counts) if total else 100
    parts = [f"{done}/{total} jobs {share}%"]
    if waiting_for:  # early, so that a narrow terminal shows until when
        parts.append(waiting_for)
    parts += [f"{counts[name]} {name.replace('_', ' ')}" for name in SHOWN if counts.get(name)]
    if rate > 0:
        parts.append(f"{rate:.3g}/s")
    if left is not None:
        parts.append(left.words)
    return " · ".join(parts)


def _width() -> int:
    try:
        return max(20, os.get_terminal_size(sys.stderr.fileno()).columns - 1)
    except OSError:
        return 79


def _write(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone; the run continues
        sys.stderr.write(text)
        sys.stderr.flush()
