"""Stop runs of this machine, as Ctrl-C does in their terminals."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import msgspec

from torc_core.errors import ConflictError
from torc_core.host.runs import DamagedRun, Run, RunState
from torc_core.operations.facts import first_lines
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.operations.runs.chosen import choose_runs, host_of, title_of_run
from torc_core.units import counted


class Stopping(msgspec.Struct, frozen=True, kw_only=True):
    """Runs were asked to stop."""

    runs: tuple[Run, ...]

    @property
    def sentence(self) -> str:
        """What was done."""
        if len(self.runs) != 1:
            return f"Stopping {counted(len(self.runs), 'run')}: their jobs end and are recorded."
        (run,) = self.runs
        return (
            f"Stopping run {title_of_run(run)}: its jobs end and are recorded. "
            f"To go on: torc run {run.meta.workflow_id}"
        )


def propose_stop(run_ids: Sequence[str]) -> Proposal[Stopping]:
    """Propose to stop runs.

    Args:
        run_ids: Which, at least one.

    Raises:
        NotFoundError: There is no run of an id.
        ConflictError: One of them does not run on this machine; none is stopped.
    """
    runs = [_running(run) for run in choose_runs(run_ids)]

    def perform(_reporter: Reporter, **_force: bool) -> Stopping:
        return Stopping(runs=tuple(run for run in runs if _signal(run)))

    return Proposal(question=_question(runs), perform=perform)


def _running(run: Run | DamagedRun) -> Run:
    if isinstance(run, DamagedRun):
        raise ConflictError(f"Run {run.name} is damaged. {run.problem}", hint=run.hint)
    title = title_of_run(run)
    if run.state is RunState.ELSEWHERE:
        host = host_of(run)
        raise ConflictError(f"Run {title} was started on {host}.", hint=f"Stop it on {host}.")
    if run.state is not RunState.RUNNING:
        raise ConflictError(
            f"Run {title} does not run: it is {run.meta.final_status or run.state}.",
            hint=f"To run the workflow: torc run {run.meta.workflow_id}",
        )
    return run


def _signal(run: Run) -> bool:
    """Ask the process of a run to stop; return whether it was there."""
    process = run.meta.process
    if process is None or not process.is_alive():
        return False
    try:
        os.kill(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    return True


def _question(runs: Sequence[Run]) -> Question:
    def line(run: Run) -> str:
        running = run.status.running if run.status else 0
        return f"{title_of_run(run)}: {counted(running, 'running job')}"

    return Question(
        sentence=f"Stop {counted(len(runs), 'run')}?",
        lines=(
            *first_lines(map(line, runs)),
            "Running jobs are stopped and recorded as terminated; no other starts.",
            "The workflow stays, and the next run goes on with what is left.",
        ),
        is_danger=True,
        is_optional=True,
    )
