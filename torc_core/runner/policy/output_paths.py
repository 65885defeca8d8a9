"""Names of the files below a runner's output directory: those of the reference."""

from __future__ import annotations

from torc_core.model.ids import ActionId, ComputeNodeId, JobId, WorkflowId

RECOVERY = ".recovery"
"""Stands between the name of a job's output and its ending in that of its recovery script."""


def stdio_directory(output_dir: str) -> str:
    """Return the directory of the output of jobs."""
    return f"{output_dir}/job_stdio"


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


def metrics_database(output_dir: str, label: str) -> str:
    """Return where samples of jobs go when a workflow asks for a time series."""
    return f"{output_dir}/resource_utilization/resource_metrics_{label}.db"


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
