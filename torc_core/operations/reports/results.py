"""The results of a workflow with the paths of all logs that belong to them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.model.compute import ComputeNode
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import ComputeNodeId, JobId, WorkflowId, id_of
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.wire import Wire, stated
from torc_core.operations.logs.output_directory import output_directories, shortened
from torc_core.operations.reporter import Reporter, warn_of_all
from torc_core.operations.reports.observe import refuse_unknown
from torc_core.operations.reports.result_logs import ResultLogs, SlurmLogs


class ResultsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which results are reported, and where their logs are looked for."""

    workflow_id: WorkflowId
    output_dir: Path | None = None
    """Of the runners, if that is not to be looked for."""
    all_runs: bool = False
    """Every attempt, not only the latest of each job."""
    job_ids: Collection[JobId] = ()
    """Of these jobs alone; all by default."""


class ReportedResult(Wire, frozen=True, kw_only=True):
    """The result of an attempt, and those of its logs that there are; in the reference's shape."""

    job_id: JobId
    job_name: str
    status: JobStatus
    run_id: int
    attempt_id: int = stated(1)
    return_code: int
    completion_time: str
    exec_time_minutes: float
    compute_node_id: ComputeNodeId
    job_stdout: str | None = None
    job_stderr: str | None = None
    compute_node_type: str | None = None
    job_runner_log: str | None = None
    slurm_job_id: int | None = None
    slurm_stdout: str | None = None
    slurm_stderr: str | None = None
    slurm_env_log: str | None = None
    dmesg_log: str | None = None


class ResultsReport(Wire, frozen=True, kw_only=True):
    """The results of a workflow; in the reference's shape."""

    workflow_id: WorkflowId
    workflow_name: str
    workflow_user: str
    all_runs: bool
    total_results: int
    results: list[ReportedResult]


def report_results(
    client: TorcClient, request: ResultsRequest, reporter: Reporter
) -> ResultsReport:
    """Return the results of a workflow with the logs that there are; warn of those missing.

    Raises:
        NotFoundError: There is no such workflow, or no such job or directory.
    """
    workflow = client.get_workflow(request.workflow_id)
    names = {id_of(job): job.name for job in every_item(client.list_jobs, request.workflow_id)}
    refuse_unknown(request.workflow_id, names, request.job_ids)
    nodes = {
        id_of(node): node for node in every_item(client.list_compute_nodes, request.workflow_id)
    }
    execution = stored_execution_config(workflow.execution_config)
    directories = output_directories(client, workflow, request.output_dir)
    logs = ResultLogs(request.workflow_id, [shortened(each) for each in directories], execution)
    results = [
        _reported(result, names.get(result.job_id, ""), nodes.get(result.compute_node_id), logs)
        for result in every_item(
            client.list_results, request.workflow_id, all_runs=request.all_runs or None
        )
        if not request.job_ids or result.job_id in request.job_ids
    ]
    warn_of_all(reporter, logs.missing)
    return ResultsReport(
        workflow_id=request.workflow_id,
        workflow_name=workflow.name,
        workflow_user=workflow.user,
        all_runs=request.all_runs,
        total_results=len(results),
        results=results,
    )


def _reported(
    result: Result, job_name: str, node: ComputeNode | None, logs: ResultLogs
) -> ReportedResult:
    streams = logs.streams(result, job_name)
    slurm = SlurmLogs() if node is None else logs.slurm(result, node)
    return ReportedResult(
        job_id=result.job_id,
        job_name=job_name,
        status=result.status,
        run_id=result.run_id,
        attempt_id=result.attempt_id,
        return_code=result.return_code,
        completion_time=result.completion_time,
        exec_time_minutes=result.exec_time_minutes,
        compute_node_id=result.compute_node_id,
        job_stdout=streams.stdout,
        job_stderr=streams.stderr,
        compute_node_type=None if node is None else node.compute_node_type,
        job_runner_log=None if node is None else logs.runner_log(result, node),
        slurm_job_id=slurm.slurm_job_id,
        slurm_stdout=slurm.stdout,
        slurm_stderr=slurm.stderr,
        slurm_env_log=slurm.environment,
        dmesg_log=slurm.kernel_messages,
    )
