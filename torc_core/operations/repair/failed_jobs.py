"""Failed jobs as the server knows them, beside what a recovery would do with each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torc_core.client import TorcClient, every_item
from torc_core.diagnosis.failures import Diagnosis, diagnose
from torc_core.diagnosis.observation import FAILURES, Observation
from torc_core.model.execution import ExecutionConfig
from torc_core.model.ids import JobId, RequirementsId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.operations.recovery.facts import RecoveryFacts
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.verdicts import first_verdicts
from torc_core.operations.repair.failures import FailedJob, failed_job
from torc_core.operations.reports.observe import latest_results
from torc_core.runner.policy.limits import limit_codes

_PAGE = 5_000


class FailedJobs:
    """Reads the failed jobs of a workflow, each with its latest attempt.

    Args:
        client: The server.
        workflow_id: The workflow.
        run_id: The number of its present run.
        execution: How its jobs are executed.
    """

    def __init__(
        self,
        client: TorcClient,
        workflow_id: WorkflowId,
        run_id: int,
        execution: ExecutionConfig,
    ) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._run_id = run_id
        self._codes = limit_codes(execution)
        self._requirements: Mapping[RequirementsId, ResourceRequirements] = {}

    def pages(self) -> Iterator[list[FailedJob]]:
        """Yield them by id, some thousands at a time.

        Raises:
            TorcError: The server refused a request, or did not answer.
        """
        client, workflow_id = self._client, self._workflow_id
        listed = every_item(client.list_resource_requirements, workflow_id)
        self._requirements = {id_of(each): each for each in listed}
        results = latest_results(self._results())
        is_searched = False
        jobs: list[Job] = []
        statuses = ",".join(sorted(FAILURES))
        for job in every_item(client.list_jobs, workflow_id, status=statuses):
            if id_of(job) not in results and not is_searched:
                # Servers of the reference forget the latest result of what is left failed.
                results = latest_results(self._results(all_runs=True)) | results
                is_searched = True
            jobs.append(job)
            if len(jobs) == _PAGE:
                yield self._failed(jobs, results)
                jobs = []
        yield self._failed(jobs, results)

    def _results(self, *, all_runs: bool = False) -> Iterator[Result]:
        for status in sorted(FAILURES):
            yield from every_item(
                self._client.list_results,
                self._workflow_id,
                status=status,
                all_runs=all_runs or None,
            )

    def _failed(self, jobs: Sequence[Job], results: Mapping[JobId, Result]) -> list[FailedJob]:
        diagnoses = {
            id_of(job): self._diagnose(job, results[id_of(job)])
            for job in jobs
            if id_of(job) in results
        }
        facts = RecoveryFacts(
            workflow_id=self._workflow_id,
            run_id=self._run_id,
            jobs={id_of(job): job for job in jobs},
            requirements=self._requirements,
            diagnoses=diagnoses,
        )
        return [
            failed_job(facts.jobs[job_id], results.get(job_id), diagnoses.get(job_id), verdict)
            for job_id, verdict in first_verdicts(facts, RecoveryOptions())
        ]

    def _diagnose(self, job: Job, result: Result) -> Diagnosis:
        needs_id = job.resource_requirements_id
        needs = None if needs_id is None else self._requirements.get(needs_id)
        observation = Observation(job=job, result=result, requirements=needs)
        return diagnose(observation, self._codes)
