"""Search the logs of a workflow's Slurm allocations for known errors, and name the jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.diagnosis.log_patterns import Severity
from torc_core.diagnosis.log_scan import LogIssue
from torc_core.errors import NotFoundError
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.wire import Wire, stated
from torc_core.operations.logs.output_directory import (
    OutputFile,
    find_outputs,
    output_directories,
    shortened,
)
from torc_core.operations.logs.search import SEARCHED, LogSearch
from torc_core.operations.reporter import PlainNotice, Reporter
from torc_core.operations.slurm.attempts import (
    AllocationAttempts,
    find_attempts,
    slurm_job_ids,
    written_by,
)
from torc_core.runner.policy.output_paths import OutputName
from torc_core.units import counted

JOBS_NAMED = 100
"""Of one line of a log; an allocation may have run thousands."""


class ParseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Whose logs are searched, where, and for what."""

    workflow_id: WorkflowId
    output_dir: Path | None = None
    """Of the runners, if that is not to be looked for."""
    errors_only: bool = False
    """Not for warnings."""


class AffectedJob(Wire, frozen=True, kw_only=True):
    """A job that did not complete in the allocation of a log."""

    job_id: JobId
    job_name: str


class SlurmLogIssue(Wire, frozen=True, kw_only=True):
    """A line of an allocation's log that tells of an error; in the reference's shape."""

    file: str
    slurm_job_id: int
    line_number: int
    line: str
    """The part of the line around the error; text of others, not clean."""
    pattern_description: str
    severity: Severity
    node: str | None = stated(None)
    """The host; its number in the allocation, if that is all that is known; None if there are
    several."""
    affected_jobs: tuple[AffectedJob, ...] = ()
    affected_jobs_left_out: int = 0
    """How many more there are."""


class ParsedLogs(Wire, frozen=True, kw_only=True):
    """What was found in the logs of a workflow's allocations; in the reference's shape."""

    workflow_id: WorkflowId
    output_dir: str
    """The first directory that holds such logs."""
    slurm_jobs_count: int
    """Allocations that the server knows, or that there are logs of."""
    files_scanned: int
    total_issues: int
    errors: int
    """Critical ones included."""
    warnings: int
    issues: list[SlurmLogIssue]
    """The first of these lines."""
    issues_left_out: int = stated(0)
    """How many more there are; all are counted."""

    @property
    def sentence(self) -> str:
        """What was found, in short."""
        of_whom = f"{counted(self.slurm_jobs_count, 'Slurm job')} of workflow {self.workflow_id}"
        searched = f"{counted(self.files_scanned, 'log')} of {of_whom} searched"
        if not self.total_issues:
            return f"{searched}: no errors found."
        return f"{searched}: {counted(self.errors, 'error')}, {counted(self.warnings, 'warning')}."


def parse_slurm_logs(client: TorcClient, request: ParseRequest, reporter: Reporter) -> ParsedLogs:
    """Search what Slurm, the kernel and runners have written in a workflow's allocations.

    Raises:
        NotFoundError: There is no such workflow or directory, or no such log.
    """
    files = _find_logs(client, request)
    search = LogSearch(reporter, errors_only=request.errors_only)
    search.add_files(files)
    nodes = list(every_item(client.list_compute_nodes, request.workflow_id))
    scheduled = every_item(client.list_scheduled_compute_nodes, request.workflow_id)
    logged = {file.name.slurm_job_id for file in files if file.name.slurm_job_id is not None}
    for slurm_job_id in sorted(set(slurm_job_ids((), nodes)) - logged):
        reporter.warn(PlainNotice(f"there are no logs of Slurm job {slurm_job_id} here"))
    names = {str(file.path): file.name for file in files}
    told_of = {names[each.file].slurm_job_id for each in search.scan.issues}
    attempts = list(
        find_attempts(
            client,
            request.workflow_id,
            [each for each in nodes if each.slurm_job_id in told_of],
        )
    )
    job_names = _job_names(client, request.workflow_id, attempts)
    scan = search.scan
    return ParsedLogs(
        workflow_id=request.workflow_id,
        output_dir=str(files[0].directory),
        slurm_jobs_count=len(logged.union(slurm_job_ids(scheduled, nodes))),
        files_scanned=scan.files,
        total_issues=scan.total,
        errors=scan.total - scan.warnings,
        warnings=scan.warnings,
        issues=[_issue(each, names[each.file], attempts, job_names) for each in scan.issues],
        issues_left_out=scan.total - len(scan.issues),
    )


def _find_logs(client: TorcClient, request: ParseRequest) -> list[OutputFile]:
    """Return the logs of a workflow's allocations.

    Raises:
        NotFoundError: There are none.
    """
    workflow = client.get_workflow(request.workflow_id)
    directories = [
        shortened(each) for each in output_directories(client, workflow, request.output_dir)
    ]
    files = [
        file
        for directory in directories
        for file in find_outputs(directory)
        if file.name.workflow_id == request.workflow_id
        and file.name.slurm_job_id is not None
        and file.name.kind in SEARCHED
    ]
    if not files:
        raise NotFoundError(
            f"There are no logs of Slurm allocations of workflow {request.workflow_id} in "
            f"{', '.join(map(str, directories))}.",
            hint="Name the output directory of the submission with --output-dir.",
        )
    return files


def _job_names(
    client: TorcClient, workflow_id: WorkflowId, attempts: Sequence[AllocationAttempts]
) -> Mapping[JobId, str]:
    """Return the names of all jobs, if there is one to be named."""
    if not any(each.job_ids for each in attempts):
        return {}
    return {id_of(job): job.name for job in every_item(client.list_jobs, workflow_id)}


def _issue(
    found: LogIssue,
    name: OutputName,
    attempts: Sequence[AllocationAttempts],
    job_names: Mapping[JobId, str],
) -> SlurmLogIssue:
    """Return what a line tells, with the jobs that it may be about."""
    assert name.slurm_job_id is not None
    runners = written_by(attempts, name.slurm_job_id, name.pid)
    hosts = {each.hostname for each in runners}
    jobs = sorted({job for each in runners for job in each.job_ids})
    return SlurmLogIssue(
        file=found.file,
        slurm_job_id=name.slurm_job_id,
        line_number=found.line_number,
        line=found.line_content,
        pattern_description=found.pattern_name,
        severity=found.severity,
        node=hosts.pop() if len(hosts) == 1 else name.slurm_node,
        affected_jobs=tuple(
            AffectedJob(job_id=job, job_name=job_names.get(job, "")) for job in jobs[:JOBS_NAMED]
        ),
        affected_jobs_left_out=max(0, len(jobs) - JOBS_NAMED),
    )
