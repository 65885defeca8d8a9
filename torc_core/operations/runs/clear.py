"""Clear runs of this machine that have ended: their directories are deleted, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from torc_core.errors import ConflictError
from torc_core.host.files.deletion import delete_directory
from torc_core.host.runs import DamagedRun, Run, RunDirectory, RunState
from torc_core.operations.facts import first_lines
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.operations.runs.chosen import choose_runs, host_of, title_of_run
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs
from torc_core.units import counted


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """Runs were cleared."""

    run_ids: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What was done."""
        if not self.run_ids:
            return "There is no run to clear."
        return f"Cleared {counted(len(self.run_ids), 'run')}."


def propose_clear(run_ids: Sequence[str] | None) -> Proposal[Cleared]:
    """Propose to clear runs.

    Args:
        run_ids: Which; None for all that have ended.

    Raises:
        NotFoundError: There is no run of an id.
        ConflictError: One of them has not ended, or is damaged; none is cleared.
    """
    if run_ids is None:
        runs = [run for run in list_runs_with_left_jobs() if find_unclearable(run) is None]
    else:
        runs = choose_runs(run_ids)
    for run in runs:
        if (reason := find_unclearable(run)) is not None:
            raise reason
    found = [run for run in runs if isinstance(run, Run)]

    def perform(_reporter: Reporter, **_force: bool) -> Cleared:
        return Cleared(run_ids=tuple(run.meta.run_id for run in found if _clear(run)))

    return Proposal(question=_question(found) if found else None, perform=perform)


def find_unclearable(run: Run | DamagedRun) -> ConflictError | None:
    """Return why a run cannot be cleared; None if it has ended."""
    if isinstance(run, DamagedRun):
        return ConflictError(f"Run {run.name} is damaged. {run.problem}", hint=run.hint)
    title = title_of_run(run)
    if run.state is RunState.ELSEWHERE:
        host = host_of(run)
        return ConflictError(
            f"Run {title} was started on {host}, and only there it is known whether it has ended.",
            hint=f"Clear it on {host}.",
        )
    if run.state in {RunState.RUNNING, RunState.STARTING}:
        return ConflictError(
            f"Run {title} has not ended.", hint=f"Stop it first: torc runs stop {run.meta.run_id}"
        )
    if run.jobs_left:
        return ConflictError(
            f"{counted(run.jobs_left, 'job')} of run {title} still "
            f"{'runs' if run.jobs_left == 1 else 'run'}, although its runner is gone.",
            hint=f"Take them over: torc run {run.meta.workflow_id}",
        )
    return None


def _clear(run: Run) -> bool:
    """Delete the directory of a run that has still ended; return whether it was there."""
    path = Path(run.directory)
    now = RunDirectory(path).read()
    if not isinstance(now, Run) or now.state not in {RunState.ENDED, RunState.CRASHED}:
        return False
    delete_directory(path)
    return True


def _question(runs: Sequence[Run]) -> Question:
    ends = (f"{title_of_run(run)}: {run.meta.final_status or run.state}" for run in runs)
    kept = "Their records and logs in the state directory are deleted. Workflows, results and the "
    return Question(
        sentence=f"Clear {counted(len(runs), 'run')} of this machine?",
        lines=(*first_lines(ends), f"{kept}output of jobs stay."),
        is_danger=True,
    )
