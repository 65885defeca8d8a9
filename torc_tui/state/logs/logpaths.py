"""Files that the interface shows: the output of a job, or a file of a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from torc_core.client import TorcClient
from torc_core.host.user import expand_home
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job
from torc_core.operations.jobs.logs import LogStream, find_log
from torc_core.operations.slurm.output import find_allocation_output

_NO_SLURM_LOG = (
    "Slurm has written nothing here yet: it does when the allocation starts, in the directory that "
    "was submitted"
)


class Sources(NamedTuple):
    """Files that belong together; they need not exist."""

    title: str
    streams: tuple[LogStream, ...]
    remark: str = ""
    """Why there are no files, if there is a reason beyond their not being written yet."""


def file_source(name: str, path: str) -> Sources:
    """Return a single file; `~` is the user's home."""
    return Sources(f"file ▸ {name}", (LogStream("contents", expand_home(Path(path))),))


def find_slurm_logs(client: TorcClient, workflow_id: WorkflowId, slurm_job_id: int) -> Sources:
    """Return what Slurm has written for an allocation.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    output = find_allocation_output(client, workflow_id, slurm_job_id)
    remark = "" if output.is_found else _NO_SLURM_LOG
    return Sources(f"log ▸ Slurm job {slurm_job_id}", output.streams, remark)


def find_logs(client: TorcClient, job: Job) -> Sources:
    """Return the output of the latest attempt of a job that has any on this machine.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    log = find_log(client, job)
    return Sources(f"log ▸ {job.name} ▸ attempt {log.attempt_id}", log.streams, log.remark)
