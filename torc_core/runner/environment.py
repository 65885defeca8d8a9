"""The environment of jobs: the runner's own, and what the documentation promises on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torc_core.model.exchange import ClaimedJob


def base_environment(
    inherited: Mapping[str, str],
    *,
    workflow_id: int,
    output_dir: str,
    api_url: str,
    token: str | None,
    scripts_dir: str,
) -> dict[str, str]:
    """Return what all jobs of a runner share.

    Args:
        inherited: The runner's own environment.
        workflow_id: Whose jobs they are.
        output_dir: Where logs and artifacts go.
        api_url: The server, with the base path.
        token: What jobs need to talk to a guarded server.
        scripts_dir: Goes to the end of PATH, so that jobs find this installation's `torc` unless
            they bring another one.
    """
    environment = dict(inherited)
    path = environment.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    if scripts_dir not in path.split(":"):
        path = f"{path}:{scripts_dir}"
    environment["PATH"] = path
    environment["TORC_WORKFLOW_ID"] = str(workflow_id)
    environment["TORC_OUTPUT_DIR"] = output_dir
    environment["TORC_API_URL"] = api_url
    if token:
        environment["TORC_TOKEN"] = token
    return environment


def job_environment(
    base: Mapping[str, str],
    claimed: ClaimedJob,
    gpus: Sequence[str] = (),
    return_code: int | None = None,
) -> dict[str, str]:
    """Return the environment of one job.

    Args:
        base: What all jobs share.
        claimed: The job.
        gpus: The devices that it may use; none leaves the variables as they are.
        return_code: How the job ended, for its recovery script.
    """
    environment = dict(base)
    environment["TORC_JOB_ID"] = str(claimed.job.id)
    environment["TORC_JOB_NAME"] = claimed.job.name
    environment["TORC_ATTEMPT_ID"] = str(claimed.job.attempt_id)
    if gpus:
        devices = ",".join(gpus)
        environment["CUDA_VISIBLE_DEVICES"] = devices
        environment["ROCR_VISIBLE_DEVICES"] = devices
    if return_code is not None:
        environment["TORC_RETURN_CODE"] = str(return_code)
    return environment
