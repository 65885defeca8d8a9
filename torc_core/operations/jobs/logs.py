"""Where the output of a job is on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from torc_core.client import TorcClient, every_item
from torc_core.errors import ConflictError, NotFoundError, TorcError
from torc_core.model.execution import Stdio, StdioMode, stored_execution_config
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import ACTIVE, ENDED, SETTLED, JobStatus
from torc_core.operations.jobs.names import name_job
from torc_core.operations.logs.output_directory import output_directories
from torc_core.operations.places import is_there
from torc_core.runner.policy.output_paths import RECOVERY, job_stdio
from torc_core.runner.policy.outputs.stdio import possible_modes, stdio_files


class LogChoice(NamedTuple):
    """Which output of a job; without any, that of the latest attempt that has left some here."""

    run_id: int | None = None
    attempt_id: int | None = None
    output_dir: Path | None = None
    """The output directory of its runner, if that is not to be looked for."""
    is_current: bool = False
    """Only the attempt that the job is at, whether or not it has any yet."""


class LogStream(NamedTuple):
    """A file with output of an attempt; it need not exist."""

    name: str
    """`stdout`, `stderr` or `output` for both; of a recovery script, with `recovery` before it."""
    path: Path


class JobLog(NamedTuple):
    """The output of an attempt of a job."""

    run_id: int
    attempt_id: int
    streams: tuple[LogStream, ...]
    remark: str = ""
    """Why there are no files, if there is a reason beyond their not being written yet."""

    @property
    def is_found(self) -> bool:
        """Whether there is any of the files."""
        return any(is_there(stream.path) for stream in self.streams)


class JobAttempt(NamedTuple):
    """An attempt of a job, which may be under way."""

    run_id: int
    attempt_id: int
    has_failed: bool


ANY = LogChoice()


def attempts_of(client: TorcClient, job: Job) -> list[JobAttempt]:
    """Return all attempts of a job, the oldest first.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    attempts = {
        (each.run_id, each.attempt_id): each.status is not JobStatus.COMPLETED
        for each in _results(client, job)
    }
    present = (client.get_workflow_status(job.workflow_id).run_id, job.attempt_id)
    if present not in attempts and (not attempts or job.status not in ENDED):
        attempts[present] = False
    return [JobAttempt(*numbers, has_failed) for numbers, has_failed in sorted(attempts.items())]


def find_log(client: TorcClient, job: Job, choice: LogChoice = ANY) -> JobLog:
    """Return the output of the latest of the chosen attempts that has any on this machine.

    Without any file, the names that the latest of the attempts would have.

    Raises:
        NotFoundError: The job has no such attempt, or there is no such directory.
        TorcError: The server refused the request, or did not answer.
    """
    workflow = client.get_workflow(job.workflow_id)
    stdio = stored_execution_config(workflow.execution_config).stdio_of(job.name)
    directories = output_directories(client, workflow, choice.output_dir)
    candidates = [
        log
        for attempt in _attempts(client, job, choice)
        for log in possible_logs(directories, stdio, job.workflow_id, id_of(job), *attempt)
    ]
    found = next((each for each in candidates if each.is_found), None)
    return found or candidates[0]._replace(remark=_why_nothing(job, candidates[0], stdio))


def find_logs_of(client: TorcClient, workflow_id: WorkflowId, jobs: Sequence[Job]) -> list[JobLog]:
    """Return the same of several jobs of a workflow, for which the server is asked as a whole.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    workflow = client.get_workflow(workflow_id)
    execution = stored_execution_config(workflow.execution_config)
    directories = list(output_directories(client, workflow, None))
    run_id = client.get_workflow_status(workflow_id).run_id

    def log_of(job: Job) -> JobLog:
        stdio, present = execution.stdio_of(job.name), (run_id, job.attempt_id)
        logs = possible_logs(directories, stdio, workflow_id, id_of(job), *present)
        found = next((each for each in logs if each.is_found), None)
        return found or find_log(client, job)  # perhaps of an earlier run

    return [log_of(job) for job in jobs]


def find_written_log(client: TorcClient, job: Job, choice: LogChoice = ANY) -> JobLog:
    """Return the same, but only what there is.

    Raises:
        ConflictError: The job has not run.
        NotFoundError: The job has no such attempt, or its output is not on this machine.
        TorcError: The server refused the request, or did not answer.
    """
    log = find_log(client, job, choice)
    if not log.is_found:
        raise _missing(client, job, log)
    return log


def _attempts(client: TorcClient, job: Job, choice: LogChoice) -> list[tuple[int, int]]:
    """Return run and number of the chosen attempts, the latest first.

    The present one of a job that is over comes last if it has no result: it did not run.
    """
    present = (client.get_workflow_status(job.workflow_id).run_id, job.attempt_id)
    if choice.is_current:
        return [present]
    ended = {(each.run_id, each.attempt_id) for each in _results(client, job)}
    chosen = [
        (run_id, attempt_id)
        for run_id, attempt_id in sorted(
            ended | {present},
            key=lambda each: (each in ended or job.status not in ENDED, each),
            reverse=True,
        )
        if choice.run_id in {None, run_id} and choice.attempt_id in {None, attempt_id}
    ]
    if not chosen:
        asked = {"run": choice.run_id, "attempt": choice.attempt_id}
        numbers = [f"{name} {number}" for name, number in asked.items() if number is not None]
        raise NotFoundError(
            f"Job {job.id} ({job.name}) has no {', '.join(numbers)}.",
            hint=f"Its attempts: torc results list {job.workflow_id} -j {job.id} --all-runs",
        )
    return chosen


def _results(client: TorcClient, job: Job) -> Iterator[Result]:
    return every_item(client.list_results, job.workflow_id, job_id=job.id, all_runs=True)


def possible_logs(
    directories: Iterable[Path],
    stdio: Stdio,
    workflow_id: WorkflowId,
    job_id: JobId,
    run_id: int,
    attempt_id: int,
) -> Iterator[JobLog]:
    """Yield where the output of an attempt may be, the likeliest place first."""
    for directory in directories:
        stem = job_stdio(str(directory), workflow_id, job_id, run_id, attempt_id)
        for mode in possible_modes(stdio.mode):
            yield _log(stem, run_id, attempt_id, mode)


def _log(stem: str, run_id: int, attempt_id: int, mode: StdioMode) -> JobLog:
    streams = [
        *_streams(stem, mode),
        *(
            LogStream(f"recovery {name}", path)
            for name, path in _streams(stem + RECOVERY, mode)
            if is_there(path)
        ),
    ]
    return JobLog(run_id, attempt_id, tuple(streams))


def _streams(stem: str, mode: StdioMode) -> Iterator[LogStream]:
    return (LogStream(name, Path(path)) for name, path in stdio_files(stem, mode).streams)


def _why_nothing(job: Job, log: JobLog, stdio: Stdio) -> str:
    if stdio.mode is StdioMode.NONE:
        return "the output of this job is not kept (its stdio is none)"
    is_completed = job.status is JobStatus.COMPLETED and log.attempt_id == job.attempt_id
    if stdio.delete_on_success and is_completed:
        return "the output was deleted when the job had completed (delete_on_success)"
    return ""


def _missing(client: TorcClient, job: Job, log: JobLog) -> TorcError:
    """Return the error for output that is not here."""
    title = f"Job {job.id} ({job.name})"
    if log.remark:
        return NotFoundError(f"{title}: {log.remark}.")
    host = _host(client, job, log)
    if host is None and job.status is not JobStatus.RUNNING:
        return ConflictError(
            f"{title} is {job.status} and has not run, so there is no output.",
            hint=_what_next(client, job),
        )
    attempt = f"run {log.run_id}, attempt {log.attempt_id}"
    return NotFoundError(
        f"The output of {name_job(job)}, {attempt}, was not found: "
        f"{log.streams[0].path} does not exist.",
        hint=(f"It ran on {host}. " if host else "")
        + "Name the output directory of its runner with --output-dir.",
    )


def _what_next(client: TorcClient, job: Job) -> str:
    if job.status in SETTLED:
        return ""
    if will_run(client, job):
        return f"Wait for it: torc jobs logs {job.id} --follow"
    return f"Its workflow is canceled. To run it: torc workflows resume {job.workflow_id}"


def will_run(client: TorcClient, job: Job) -> bool:
    """Return whether a job runs, or may run before its workflow is resumed or initialized again."""
    if job.status in ACTIVE | SETTLED:
        return job.status in ACTIVE
    return not client.get_workflow_status(job.workflow_id).is_canceled


def _host(client: TorcClient, job: Job, log: JobLog) -> str | None:
    """Return where an attempt ran, None if it did not or that is not known."""
    wanted = (log.run_id, log.attempt_id)
    nodes = [
        each.compute_node_id
        for each in _results(client, job)
        if (each.run_id, each.attempt_id) == wanted
    ]
    node_id = next(iter(nodes), job.compute_node_id)
    return None if node_id is None else client.get_compute_node(node_id).hostname
