"""Names of the files below a runner's output directory: those of the reference."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from torc_core.model.ids import ActionId, ComputeNodeId, JobId, WorkflowId

RECOVERY = ".recovery"
"""Stands between the name of a job's output and its ending in that of its recovery script."""


STDIO_FOLDER = "job_stdio"
METRICS_FOLDER = "resource_utilization"
SLURM_RUNNER = "job_runner_slurm"
SLURM_ENVIRONMENT = "slurm_env"
SLURM_KERNEL = "dmesg_slurm"
"""Beginnings of the names of what a runner in a Slurm allocation writes."""


def stdio_directory(output_dir: str) -> str:
    """Return the directory of the output of jobs."""
    return f"{output_dir}/{STDIO_FOLDER}"


def job_stdio(
    output_dir: str, workflow_id: WorkflowId, job_id: JobId, run_id: int, attempt_id: int
) -> str:
    """Return where a job's output goes, without the ending: `.o` is stdout, `.e` is stderr."""
    stem = f"job_wf{workflow_id}_j{job_id}_r{run_id}_a{attempt_id}"
    return f"{stdio_directory(output_dir)}/{stem}"


def runner_logs(
    output_dir: str,
    hostname: str,
    workflow_id: WorkflowId,
    run_id: int,
    node_id: ComputeNodeId,
) -> tuple[str, str]:
    """Return where a runner on its own machine logs: the first of a run on a host, and any other.

    A run that is continued, or taken over, has several runners on one host.
    """
    stem = f"{output_dir}/job_runner_{hostname}_wf{workflow_id}_r{run_id}"
    return f"{stem}.log", f"{stem}_n{node_id}.log"


def slurm_log(
    output_dir: str,
    kind: str,
    workflow_id: WorkflowId,
    slurm_job_id: int,
    node_id: int,
    pid: int,
) -> str:
    """Return where a runner in a Slurm allocation logs; `kind` begins the name."""
    return f"{output_dir}/{kind}_wf{workflow_id}_sl{slurm_job_id}_n{node_id}_pid{pid}.log"


def slurm_output(output_dir: str, workflow_id: WorkflowId, slurm_job_id: int) -> str:
    """Return where Slurm puts what an allocation prints, without the ending: `.o` or `.e`."""
    return f"{output_dir}/slurm_output_wf{workflow_id}_sl{slurm_job_id}"


def metrics_database(output_dir: str, label: str) -> str:
    """Return where samples of jobs go when a workflow asks for a time series."""
    return f"{output_dir}/{METRICS_FOLDER}/resource_metrics_{label}.db"


def action_stdio(
    output_dir: str,
    workflow_id: WorkflowId,
    action_id: ActionId,
    run_id: int,
    node_id: ComputeNodeId | None = None,
) -> str:
    """Return where the output of an action's commands goes, without the ending.

    Args:
        output_dir: The runner's.
        workflow_id: The workflow.
        action_id: The action.
        run_id: The run.
        node_id: The runner's, if each runner executes the action.
    """
    stem = f"action_wf{workflow_id}_a{action_id}_r{run_id}"
    return f"{stdio_directory(output_dir)}/{stem}{'' if node_id is None else f'_n{node_id}'}"


class OutputKind(Enum):
    """What a file below an output directory holds."""

    JOB_STDIO = auto()
    ACTION_STDIO = auto()
    RUNNER_LOG = auto()
    SLURM_OUTPUT = auto()
    """What an allocation prints."""
    SLURM_ENVIRONMENT = auto()
    KERNEL_MESSAGES = auto()
    METRICS = auto()
    """A database of samples."""


class OutputName(NamedTuple):
    """What the name of a file says."""

    kind: OutputKind
    workflow_id: WorkflowId
    slurm_job_id: int | None = None
    """The allocation in which it was written."""
    slurm_node: str | None = None
    """The number of the node in the allocation."""
    pid: int | None = None
    """The process that wrote it there."""


_ALLOCATION = r"_wf(?P<workflow>\d+)_sl(?P<slurm_job>\d+)"
_WRITER = r"(?:_n(?P<node>\w+)_pid(?P<pid>\d+)|_\w+)?"
_NAMES: tuple[tuple[OutputKind, str], ...] = (
    (
        OutputKind.JOB_STDIO,
        r"job_wf(?P<workflow>\d+)_j\d+_r\d+(?:_a\d+)?(?:\.recovery)?\.(?:o|e|log)",
    ),
    (OutputKind.ACTION_STDIO, r"action_wf(?P<workflow>\d+)_a\d+_r\d+(?:_n\d+)?\.(?:o|e)"),
    (OutputKind.RUNNER_LOG, rf"{SLURM_RUNNER}{_ALLOCATION}{_WRITER}\.log"),
    (OutputKind.RUNNER_LOG, r"job_runner_[\w.-]+_wf(?P<workflow>\d+)_r\d+(?:_n\d+)?\.log"),
    (OutputKind.RUNNER_LOG, r"job_runner_[\w.-]+_(?P<workflow>\d+)_\d+\.log"),  # the reference's
    (OutputKind.SLURM_OUTPUT, rf"slurm_output{_ALLOCATION}{_WRITER}\.(?:o|e)"),
    (OutputKind.SLURM_ENVIRONMENT, rf"{SLURM_ENVIRONMENT}{_ALLOCATION}{_WRITER}\.log"),
    (OutputKind.KERNEL_MESSAGES, rf"dmesg_slurm{_ALLOCATION}{_WRITER}\.log"),
    (OutputKind.METRICS, r"resource_metrics_[\w.-]+_(?P<workflow>\d+)_\d+\.db"),
)
_READERS = tuple((kind, re.compile(pattern, re.ASCII)) for kind, pattern in _NAMES)
_LONGEST = 255


def read_name(name: str) -> OutputName | None:
    """Return what the name of a file, without its directory, says; None if it is not an output."""
    if len(name) > _LONGEST:
        return None
    for kind, pattern in _READERS:
        if match := pattern.fullmatch(name):
            found = match.groupdict()
            slurm_job, pid = found.get("slurm_job"), found.get("pid")
            return OutputName(
                kind,
                WorkflowId(int(found["workflow"])),
                None if slurm_job is None else int(slurm_job),
                found.get("node"),
                None if pid is None else int(pid),
            )
    return None
