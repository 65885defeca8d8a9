"""What torc wrote into a job's stderr about output files that the job did not write."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from torc_core.client import TorcClient
from torc_core.diagnosis.words import fault_in
from torc_core.host.files.regular import open_regular
from torc_core.model.ids import JobId, WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.operations.jobs.logs import find_logs_of
from torc_core.runner.policy.exit_outcome import classify_exit

_TAIL = 1 << 14
"""Bytes at the end of a log in which the remark is looked for."""
_OF_FAULTS = classify_exit(0, None, ["of any file"]).exit_code


def output_fault(logs: Iterable[Path]) -> str:
    """Return the first remark in logs, such as a job's stderr; empty if none can be read."""
    return next(filter(None, map(_fault, logs)), "")


def may_lack_output(result: Result) -> bool:
    """Return whether an attempt may have failed only for output files that it did not write."""
    return result.return_code == _OF_FAULTS


def output_faults(
    client: TorcClient, workflow_id: WorkflowId, jobs: Sequence[Job]
) -> dict[JobId, str]:
    """Return what the logs of jobs say of their output files; empty where they say nothing.

    Raises:
        TorcError: The server refused a request, or did not answer.
    """
    logs = find_logs_of(client, workflow_id, jobs)
    return {
        id_of(job): output_fault(stream.path for stream in log.streams[-1:])
        for job, log in zip(jobs, logs, strict=True)
    }


def _fault(path: Path) -> str:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            return fault_in(file.read(_TAIL).decode(errors="replace"))
    except OSError:
        return ""
