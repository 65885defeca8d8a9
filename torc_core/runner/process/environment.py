"""The environment of jobs: the runner's own, what users add, and torc's variables on top.

A job's variables win over its workflow's, these over the runner's, and torc's own over all. What
concerns only the runner is not passed on, unless a workflow or a job names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torc_core.model.exchange import ClaimedJob
from torc_core.model.workflow import Workflow
from torc_core.resources import GpuKind
from torc_core.runner.policy.resources.gpu_variables import gpu_variables

OWN = frozenset(
    {
        "TORC_API_URL",
        "TORC_ATTEMPT_ID",
        "TORC_GUARD",
        "TORC_JOB_ID",
        "TORC_JOB_NAME",
        "TORC_OUTPUT_DIR",
        "TORC_RETURN_CODE",
        "TORC_TOKEN",
        "TORC_WORKFLOW_ID",
        "TORC_WORKFLOW_SUBMISSION_DIR",
    }
)
"""Variables that only torc sets: users' values for them are ignored, and those of a job that runs
another workflow do not reach its jobs."""
_NOT_INHERITED = OWN | {
    "TORC_CLIENT__API_URL",
    "TORC_ORCHESTRATOR_LINEAGE_ID",
    "TORC_PASSWORD",
}
"""Variables of the runner that are not for its jobs: secrets (an address may have a user and a
password), and what only concerns the job that has started the runner, if one has."""


def base_environment(
    inherited: Mapping[str, str],
    workflow: Workflow,
    *,
    output_dir: str,
    api_url: str,
    token: str | None,
    scripts_dir: str,
) -> dict[str, str]:
    """Return what all jobs of a runner share.

    Args:
        inherited: The runner's own environment.
        workflow: Whose jobs they are.
        output_dir: Where logs and artifacts go.
        api_url: The server, with the base path.
        token: What jobs need to authenticate at the server.
        scripts_dir: Goes to the end of PATH, so that jobs find this installation's `torc` unless
            they have another one.
    """
    inherited = {name: value for name, value in inherited.items() if name not in _NOT_INHERITED}
    environment = {**inherited, **_added(workflow.env)}
    path = environment.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    if scripts_dir not in path.split(":"):
        path = f"{path}:{scripts_dir}"
    environment["PATH"] = path
    environment["TORC_WORKFLOW_ID"] = str(workflow.id)
    environment["TORC_OUTPUT_DIR"] = output_dir
    environment["TORC_API_URL"] = api_url
    if workflow.submission_directory:
        environment["TORC_WORKFLOW_SUBMISSION_DIR"] = workflow.submission_directory
    if token:
        environment["TORC_TOKEN"] = token
    return environment


def job_variables(
    claimed: ClaimedJob,
    gpus: Sequence[str] = (),
    exit_code: int | None = None,
    *,
    gpu_kind: GpuKind = GpuKind.NVIDIA,
) -> dict[str, str]:
    """Return what one job's environment has beside the one that all jobs share.

    Args:
        claimed: The job.
        gpus: The devices that it may use; without any, the variables stay as they are.
        exit_code: That of the job, for its recovery script.
        gpu_kind: Whose devices these are.
    """
    variables = dict(_added(claimed.job.env))
    variables["TORC_JOB_ID"] = str(claimed.job.id)
    variables["TORC_JOB_NAME"] = claimed.job.name
    variables["TORC_ATTEMPT_ID"] = str(claimed.job.attempt_id)
    variables |= gpu_variables(gpus, gpu_kind)
    if exit_code is not None:
        variables["TORC_RETURN_CODE"] = str(exit_code)
    return variables


def _added(variables: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return what users add to an environment."""
    return {name: value for name, value in (variables or {}).items() if name not in OWN}
