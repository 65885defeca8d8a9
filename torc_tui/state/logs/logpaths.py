"""Where the output of a job is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from torc_core.client import TorcClient, every_item
from torc_core.host.runs import list_runs
from torc_core.host.user import expand_home
from torc_core.model.execution import Stdio, StdioMode, stored_execution_config
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.runner.policy.output_paths import RECOVERY, job_stdio
from torc_core.runner.policy.outputs.stdio import stdio_files

DEFAULT_OUTPUT_DIRECTORY = "output"
"""Where a runner writes by default, below its current directory."""


class Sources(NamedTuple):
    """Files that belong together; they need not exist."""

    title: str
    streams: tuple[tuple[str, Path], ...]
    """Name and path of each."""
    remark: str = ""
    """Why there are no files, if there is a reason beyond their not being written yet."""


def file_source(name: str, path: str) -> Sources:
    """Return a single file; `~` is the user's home."""
    return Sources(f"file ▸ {name}", (("contents", expand_home(Path(path))),))


def find_logs(client: TorcClient, job: Job) -> Sources:
    """Return the output of the latest attempt of a job that has any on this machine.

    Local runs know their output directory; otherwise the default one below the current directory
    is searched. Without any file, the names that the latest attempt would have.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    run_id = client.get_workflow_status(job.workflow_id).run_id
    results = every_item(client.list_results, job.workflow_id, job_id=job.id, all_runs=True)
    attempts = {(run_id, job.attempt_id), *((each.run_id, each.attempt_id) for each in results)}
    config = client.get_workflow(job.workflow_id).execution_config
    stdio = stored_execution_config(config).stdio_of(job.name)
    # A workflow may have been changed after the attempt.
    modes = dict.fromkeys((stdio.mode, StdioMode.SEPARATE, StdioMode.COMBINED))
    candidates = [
        _sources(directory, job, run, attempt, mode)
        for run, attempt in sorted(attempts, reverse=True)
        for directory in _directories(job.workflow_id)
        for mode in modes
    ]
    found = (each for each in candidates if any(path.exists() for _, path in each.streams))
    return next(found, candidates[0]._replace(remark=_why_nothing(job, stdio)))


def _why_nothing(job: Job, stdio: Stdio) -> str:
    if stdio.mode is StdioMode.NONE:
        return "the output of this job is not kept (its stdio is none)"
    if stdio.delete_on_success and job.status is JobStatus.COMPLETED:
        return "the output was deleted when the job had completed (delete_on_success)"
    return ""


def _directories(workflow_id: WorkflowId) -> list[Path]:
    of_runs = [
        Path(run.meta.cwd, run.meta.output_dir)
        for run in list_runs()
        if run.meta.workflow_id == workflow_id
    ]
    return [*of_runs, Path.cwd() / DEFAULT_OUTPUT_DIRECTORY]


def _sources(directory: Path, job: Job, run_id: int, attempt: int, mode: StdioMode) -> Sources:
    stem = job_stdio(str(directory), job.workflow_id, id_of(job), run_id, attempt)
    streams = [(name, Path(path)) for name, path in stdio_files(stem, mode).streams]
    recovery = stdio_files(stem + RECOVERY, mode).streams
    streams += [(f"recovery {name}", Path(path)) for name, path in recovery if Path(path).exists()]
    return Sources(f"log ▸ {job.name} ▸ attempt {attempt}", tuple(streams))
