"""What differs between two runs of a workflow: outcomes, durations, memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from torc_core.client import TorcClient, every_item
from torc_core.errors import NotFoundError, UsageError
from torc_core.model.events.types import ResourceRequirementsUpdated
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.result import Result
from torc_core.model.wire import Wire
from torc_core.units import counted

MOST_RESULTS = 100_000
"""Of each run, so many of the latest attempts are compared."""
OUTCOME, DURATION, MEMORY, REQUIREMENTS = "outcome", "duration", "memory", "requirements"
_RATIO = 1.2
"""Durations and sizes whose ratio is less are the same."""
_LEAST_S = 1.0
_LEAST_BYTES = 2**20
_MOST_EVENTS = 1_000


class Attempt(Wire, frozen=True, kw_only=True):
    """The last attempt of a job in one run."""

    attempt_id: int
    status: str
    return_code: int
    exec_time_minutes: float
    peak_memory_bytes: int | None = None


class JobDifference(Wire, frozen=True, kw_only=True):
    """A job whose attempts in the two runs differ."""

    job_id: JobId
    job_name: str
    changed: list[str]
    """Of `outcome`, `duration`, `memory` and `requirements`."""
    older: Attempt
    newer: Attempt


class RunsDifference(Wire, frozen=True, kw_only=True):
    """Two runs beside each other."""

    workflow_id: WorkflowId
    older_run_id: int
    newer_run_id: int
    num_compared: int
    """Jobs that have results of both runs."""
    only_older: int
    """Jobs that have results of the older run alone: they did not run again."""
    only_newer: int
    jobs: list[JobDifference]
    """Those that differ: other outcomes first, then the largest changes."""

    @property
    def sentence(self) -> str:
        """What was found, in short."""
        runs = f"run {self.older_run_id} and run {self.newer_run_id}"
        alone = [
            f"{number:,} ran only in run {run_id}"
            for number, run_id in (
                (self.only_older, self.older_run_id), (self.only_newer, self.newer_run_id),
            )
            if number
        ]  # fmt: skip
        rest = f"; {', '.join(alone)}" if alone else ""
        if not self.num_compared:
            return f"No job has results of both {runs}{rest}."
        of_all = counted(self.num_compared, "job")
        if not self.jobs:
            return f"None of {of_all} differs between {runs}{rest}."
        kinds = Counter(kind for each in self.jobs for kind in each.changed)
        words = ", ".join(
            f"{kinds[kind]:,} in {kind}"
            for kind in (OUTCOME, DURATION, MEMORY, REQUIREMENTS)
            if kinds[kind]
        )
        return f"{len(self.jobs):,} of {of_all} differ between {runs}: {words}{rest}."


def compare_runs(
    client: TorcClient,
    workflow_id: WorkflowId,
    older: int | None = None,
    newer: int | None = None,
) -> RunsDifference:
    """Return what differs between two runs.

    Args:
        client: The server.
        workflow_id: The workflow.
        older: The number of a run; by default the one before `newer`.
        newer: The number of a run; by default the present one.

    Raises:
        NotFoundError: There is no such workflow, or it has no results of one of the runs.
        UsageError: Both are the same.
        TorcError: The server refused a request, or did not answer.
    """
    present = client.get_workflow_status(workflow_id).run_id
    last = present if newer is None else newer
    first = last - 1 if older is None else older
    if first == last:
        raise UsageError(f"Run {last} cannot be compared with itself.", hint="Name two runs.")
    if first < 0:
        raise NotFoundError(
            f"Workflow {workflow_id} has no run before run {last}.",
            hint="There is something to compare after the next run.",
        )
    found = [_attempts(client, workflow_id, run_id) for run_id in (first, last)]
    for run_id, attempts in zip((first, last), found, strict=True):
        if not attempts:
            raise NotFoundError(
                f"Workflow {workflow_id} has no results of run {run_id}.",
                hint=f"Its present run is {present}; `torc workflows runs {workflow_id}` lists "
                "the runs.",
            )
    changed = _changed_requirements(client, workflow_id, first, last)
    needing = {
        job.id
        for job in (every_item(client.list_jobs, workflow_id) if changed else ())
        if job.resource_requirements_id in changed
    }
    return difference(workflow_id, (first, found[0]), (last, found[1]), needing)


def _attempts(client: TorcClient, workflow_id: WorkflowId, run_id: int) -> dict[JobId, Result]:
    """Return the last attempt of each job in a run."""
    last: dict[JobId, Result] = {}
    for result in every_item(
        client.list_results, workflow_id, run_id=run_id, all_runs=True, limit=MOST_RESULTS
    ):
        before = last.get(result.job_id)
        if before is None or before.attempt_id <= result.attempt_id:
            last[result.job_id] = result
    return last


def _changed_requirements(
    client: TorcClient, workflow_id: WorkflowId, first: int, last: int
) -> set[int]:
    """Return ids of requirements that were changed after the first run and before the last."""
    action = "update_resource_requirements"
    events = client.list_events(
        workflow_id, category=str(ResourceRequirementsUpdated.event_type), limit=_MOST_EVENTS,
        sort_by="id", reverse_sort=True,
    ).items  # fmt: skip
    found = set()
    for event in events:
        data = event.data if isinstance(event.data, dict) else {}
        run_id, requirements = data.get("run_id"), data.get("resource_requirements_id")
        if (
            data.get("action") == action
            and isinstance(run_id, int)
            and first <= run_id < last
            and isinstance(requirements, int)
        ):
            found.add(requirements)
    return found


def difference(
    workflow_id: WorkflowId,
    older: tuple[int, Mapping[JobId, Result]],
    newer: tuple[int, Mapping[JobId, Result]],
    with_other_requirements: Iterable[object] = (),
) -> RunsDifference:
    """Return what differs between the attempts of two runs. Pure.

    Args:
        workflow_id: The workflow.
        older: The number of a run, and the last attempt of each job in it.
        newer: The same of the other one.
        with_other_requirements: Ids of jobs whose requirements were changed between them.
    """
    (first, before), (last, after) = older, newer
    common = before.keys() & after.keys()
    other = set(with_other_requirements)
    found = [
        (ratio, job_id, changed)
        for job_id in common
        if (
            changed := [
                *changes(before[job_id], after[job_id]),
                *([REQUIREMENTS] if job_id in other else []),
            ]
        )
        for ratio in [_ratio(before[job_id].exec_time_minutes, after[job_id].exec_time_minutes)]
    ]
    found.sort(key=lambda each: (OUTCOME not in each[2], -each[0], each[1]))
    return RunsDifference(
        workflow_id=workflow_id,
        older_run_id=first,
        newer_run_id=last,
        num_compared=len(common),
        only_older=len(before) - len(common),
        only_newer=len(after) - len(common),
        jobs=[
            JobDifference(
                job_id=job_id,
                job_name=after[job_id].job_name or before[job_id].job_name or "",
                changed=changed,
                older=_attempt(before[job_id]),
                newer=_attempt(after[job_id]),
            )
            for _, job_id, changed in found
        ],
    )


def changes(older: Result, newer: Result) -> list[str]:
    """Return what differs between two attempts of a job, apart from what always varies. Pure."""
    seconds = [each.exec_time_minutes * 60 for each in (older, newer)]
    sizes = [each.peak_memory_bytes for each in (older, newer)]
    found = []
    if (older.status, older.return_code) != (newer.status, newer.return_code):
        found.append(OUTCOME)
    if abs(seconds[0] - seconds[1]) >= _LEAST_S and _ratio(*seconds) >= _RATIO:
        found.append(DURATION)
    first, last = sizes
    if (
        first is not None
        and last is not None
        and abs(first - last) >= _LEAST_BYTES
        and _ratio(first, last) >= _RATIO
    ):
        found.append(MEMORY)
    return found


def _ratio(a: float, b: float) -> float:
    small, large = sorted((max(0.0, a), max(0.0, b)))
    return large / small if small > 0 else float("inf") if large > 0 else 1.0


def _attempt(result: Result) -> Attempt:
    return Attempt(
        attempt_id=result.attempt_id,
        status=result.status,
        return_code=result.return_code,
        exec_time_minutes=result.exec_time_minutes,
        peak_memory_bytes=result.peak_memory_bytes,
    )
