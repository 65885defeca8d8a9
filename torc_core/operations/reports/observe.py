"""The results of a workflow beside the jobs and their requirements, from the server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.diagnosis.failures import Diagnosis, diagnose
from torc_core.diagnosis.observation import Observation, StepEnd
from torc_core.errors import NotFoundError
from torc_core.model.events.event import EventType
from torc_core.model.events.types import ResourceRequirementsUpdated, action_of
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import JobId, RequirementsId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.runner.policy.limits import limit_codes

_FAILED = frozenset({JobStatus.FAILED, JobStatus.TERMINATED, JobStatus.PENDING_FAILED})
_REQUIREMENTS_CHANGED = action_of(ResourceRequirementsUpdated)


class Attempt(NamedTuple):
    """What tells attempts apart."""

    job_id: JobId
    run_id: int
    attempt_id: int


class Change(NamedTuple):
    """When something was changed."""

    at_ms: int
    """Milliseconds since 1970, by the server's clock."""
    run_id: int | None
    """None if that was not recorded."""

    def is_after(self, result: Result, run_id: int) -> bool:
        """Return whether an attempt had ended by then; its end is known by the clock of its node.

        So of another run it is the runs that tell, but not of one that is still to come: results
        of an imported workflow may have any.

        Args:
            result: The attempt.
            run_id: The present run.
        """
        if self.run_id is not None and self.run_id != result.run_id <= run_id:
            return self.run_id > result.run_id
        return _ended_ms(result) <= self.at_ms


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow consists of, and the latest attempt of each job."""

    workflow: Workflow
    jobs: Mapping[JobId, Job]
    requirements: Mapping[RequirementsId, ResourceRequirements]
    results: Mapping[JobId, Result]
    changes: Mapping[RequirementsId, Change]
    """When requirements were last changed, if known."""

    def diagnose(
        self,
        job_ids: Collection[JobId] = (),
        step_ends: Mapping[Attempt, StepEnd] | None = None,
    ) -> list[Diagnosis]:
        """Return what is known of attempts, by the ids of the jobs.

        Args:
            job_ids: Of these jobs alone; all by default.
            step_ends: What Slurm says of attempts that were steps.
        """
        codes = limit_codes(stored_execution_config(self.workflow.execution_config))
        return [
            diagnose(self._observe(self.jobs[job_id], self.results[job_id], step_ends or {}), codes)
            for job_id in sorted(self.results)
            if job_id in self.jobs and (not job_ids or job_id in job_ids)
        ]

    def _observe(
        self, job: Job, result: Result, step_ends: Mapping[Attempt, StepEnd]
    ) -> Observation:
        needs_id = job.resource_requirements_id
        change = None if needs_id is None else self.changes.get(needs_id)
        return Observation(
            job=job,
            result=result,
            requirements=None if needs_id is None else self.requirements.get(needs_id),
            step_end=step_ends.get(Attempt(result.job_id, result.run_id, result.attempt_id)),
            is_before_change=change is not None
            and change.is_after(result, self.workflow.run_id or 0),
        )


def diagnose_results(
    client: TorcClient,
    workflow_id: WorkflowId,
    *,
    run_id: int | None = None,
    job_ids: Collection[JobId] = (),
) -> list[Diagnosis]:
    """Return what is known of the latest attempt of each job, by the ids of the jobs.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: Of this run alone; the latest of all runs by default.
        job_ids: Of these jobs alone; all by default.

    Raises:
        NotFoundError: There is no such workflow, or it has no such job.
    """
    found = find(client, workflow_id, run_id=run_id)
    refuse_unknown(workflow_id, found.jobs, job_ids)
    return found.diagnose(job_ids)


def find(client: TorcClient, workflow_id: WorkflowId, *, run_id: int | None = None) -> Found:
    """Read a workflow with the latest attempt of each job.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: Of this run alone; the latest of all runs by default.

    Raises:
        NotFoundError: There is no such workflow.
    """
    requirements = every_item(client.list_resource_requirements, workflow_id)
    jobs = {id_of(job): job for job in every_item(client.list_jobs, workflow_id)}
    return Found(
        workflow=client.get_workflow(workflow_id),
        jobs=jobs,
        requirements={id_of(each): each for each in requirements},
        results=_results(client, workflow_id, run_id, jobs),
        changes=_last_changes(client, workflow_id),
    )


def refuse_unknown(
    workflow_id: WorkflowId, jobs: Collection[JobId], job_ids: Collection[JobId]
) -> None:
    """Refuse jobs that the workflow does not have.

    Raises:
        NotFoundError: It lacks one of them.
    """
    for job_id in job_ids:
        if job_id not in jobs:
            raise NotFoundError(
                f"Workflow {workflow_id} has no job {job_id}.",
                hint=f"To list its jobs: torc jobs list {workflow_id}",
            )


def _results(
    client: TorcClient, workflow_id: WorkflowId, run_id: int | None, jobs: Mapping[JobId, Job]
) -> dict[JobId, Result]:
    """Return the latest result of each job, of one run or of all."""
    every_run = partial(client.list_results, workflow_id, all_runs=True)
    if run_id is not None:
        return latest_results(every_item(every_run, run_id=run_id))
    results = latest_results(every_item(client.list_results, workflow_id))
    # Servers of the reference, and older ones of ours, forget the latest result of what failed and
    # is left so when others run again.
    failed = {job_id for job_id, job in jobs.items() if job.status in _FAILED}
    if missing := failed - results.keys():
        older = latest_results(every_item(every_run))
        results |= {job_id: older[job_id] for job_id in missing & older.keys()}
    return results


def latest_results(found: Iterable[Result]) -> dict[JobId, Result]:
    """Return the latest result of each job."""
    latest: dict[JobId, Result] = {}
    for result in found:
        known = latest.get(result.job_id)
        if known is None or _age(known) < _age(result):
            latest[result.job_id] = result
    return latest


def _age(result: Result) -> tuple[int, int]:
    return result.run_id, result.attempt_id


def _last_changes(client: TorcClient, workflow_id: WorkflowId) -> dict[RequirementsId, Change]:
    """Return when requirements were changed last; nothing at a server without such events."""
    latest: dict[RequirementsId, Change] = {}
    for event in every_item(client.list_events, workflow_id, category=EventType.USER_ACTION):
        data = event.data if isinstance(event.data, dict) else {}
        number = data.get("resource_requirements_id")
        if data.get("action") == _REQUIREMENTS_CHANGED and isinstance(number, int):
            needs_id = RequirementsId(number)
            run_id = data.get("run_id")
            change = Change(event.timestamp, run_id if isinstance(run_id, int) else None)
            latest[needs_id] = max(change, latest.get(needs_id, change), key=lambda one: one.at_ms)
    return latest


def _ended_ms(result: Result) -> float:
    """Return when an attempt ended; for what is not a time, that it was after all changes."""
    try:
        return datetime.fromisoformat(result.completion_time).timestamp() * 1000
    except (ValueError, OverflowError, OSError):
        return float("inf")
