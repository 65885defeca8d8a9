"""`torc-slurm-job-runner URL WORKFLOW OUTDIR`: the runner inside a Slurm allocation.

Resources and the end time come from Slurm; otherwise it is the same runner.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

import psutil

from torc_core import __version__
from torc_core.client import Address, TorcClient
from torc_core.clock import SystemClock
from torc_core.config.sources import load_client
from torc_core.errors import ExitCode, MachineError, TorcError
from torc_core.host.files.output_files import create_file, log_mode, make_directory
from torc_core.hpc.slurm.allocation import (
    Allocation,
    printable_environment,
    read_allocation,
)
from torc_core.hpc.slurm.kernel_messages import has_failures, keep_kernel_messages
from torc_core.hpc.slurm.nodes import (
    DEFAULT_PREFIX,
    PATIENT_DELAYS_S,
    SlurmNodes,
    WorkerSite,
)
from torc_core.hpc.slurm.others import begin_settling
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.registration import AllocationOrigin, find_scheduled, keeping_status
from torc_core.hpc.slurm.requeue import node_scheduler, nodes_before
from torc_core.hpc.slurm.server import WorkerServer, reach, worker_server
from torc_core.hpc.slurm.step_accounts import TIMEOUT_S, StepAccounts, step_site
from torc_core.model.compute import SchedulerType
from torc_core.model.execution import stored_execution_config
from torc_core.model.ids import WorkflowId
from torc_core.runner.logs import log, log_error, log_to_stream
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.commands.step import wants_steps
from torc_core.runner.policy.commands.step_site import StepSite
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.summary import RunSummary
from torc_core.runner.runner import Runner
from torc_core.runner.server.patience import Patience
from torc_core.runner.signals import stopping_on_signals


def main(arguments: list[str] | None = None) -> int:
    """Run a workflow's jobs in this allocation, and return the exit code."""
    options = _parser().parse_args(arguments)
    log_to_stream(sys.stderr)
    try:
        return _run(options)
    except TorcError as error:
        log_error(error)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="torc-slurm-job-runner", description=__doc__)
    version = f"{parser.prog}, version {__version__}"
    parser.add_argument("-V", "--version", action="version", version=version)
    parser.add_argument("url", help="address of the server")
    parser.add_argument("workflow_id", type=int)
    parser.add_argument("output_dir")
    parser.add_argument("--max-parallel-jobs", type=int, metavar="N")
    parser.add_argument("-p", "--poll-interval", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--is-subtask", action="store_true", help="one runner per node")
    parser.add_argument(
        "--access-file",
        metavar="FILE",
        help="where the server is, and what it asks for, in place of the address",
    )
    parser.add_argument("--allocation-key", metavar="KEY", help="what its request is called")
    parser.add_argument(
        "--scheduler-config-id", type=int, metavar="ID", help="the scheduler that it is of"
    )
    parser.add_argument(
        "--wait-for-healthy-database-minutes", type=float, default=20.0, metavar="MINUTES"
    )
    return parser


def _run(arguments: argparse.Namespace) -> ExitCode | int:
    allocation = read_allocation(os.environ, is_subtask=arguments.is_subtask)
    settings = load_client()
    server = worker_server(arguments.url, arguments.access_file, settings)
    client = server.client
    wait_s = arguments.wait_for_healthy_database_minutes * 60
    patience = Patience(wait_s, SystemClock(), jitter=random.random)
    workflow_id, output_dir = arguments.workflow_id, arguments.output_dir
    configured = settings.run
    mode = log_mode(is_shared=configured.share_logs)
    _write_environment(output_dir, workflow_id, allocation, mode)
    reach(server, patience)
    steps = patience.ask(partial(_step_site, client, arguments, allocation))
    origin = AllocationOrigin(
        key=arguments.allocation_key, scheduler_id=arguments.scheduler_config_id
    )
    scheduled = patience.ask(partial(find_scheduled, client, workflow_id, allocation, origin))
    slurm = Slurm(SystemClock(), Budget(settings.slurm.calls_per_minute))
    options = RunnerOptions(
        workflow_id=workflow_id,
        output_dir=output_dir,
        share_logs=configured.share_logs,
        cpu_affinity=configured.cpu_affinity,
        limit_resources=configured.limit_resources,
        max_parallel_jobs=arguments.max_parallel_jobs,
        num_cpus=allocation.num_cpus,
        memory_gb=allocation.memory_gb,
        num_gpus=allocation.num_gpus,
        num_nodes=allocation.num_nodes,
        end_time=allocation.end_time or _ask_end_time(slurm, allocation.slurm_job_id),
        poll_interval_s=arguments.poll_interval,
        compute_node_type=SchedulerType.SLURM,
        scheduler_config_id=scheduled.scheduler_config_id if scheduled else None,
        scheduler=node_scheduler(allocation, scheduled, Path(output_dir).absolute()),
        replaces=patience.ask(partial(nodes_before, client, workflow_id, allocation, scheduled)),
        wait_for_server_s=wait_s,
        access_file=arguments.access_file,
        steps=steps,
        log_path=str(_log_path(output_dir, output_paths.SLURM_RUNNER, workflow_id, allocation)),
    )
    nodes = SlurmNodes(client, slurm, _site(arguments, server), delays_s=PATIENT_DELAYS_S)
    runner = Runner(client, options, scheduler=nodes)
    status = keeping_status(client, workflow_id, allocation, scheduled, patience)
    accounts = _accounts(client, workflow_id, steps, slurm)
    begin_settling(client, workflow_id, allocation, slurm)
    with status, accounts, stopping_on_signals(runner.stop):
        summary = runner.run()
        if has_failures(summary):
            path = _log_path(output_dir, output_paths.SLURM_KERNEL, workflow_id, allocation)
            keep_kernel_messages(path, mode, psutil.Process().create_time())
        return worker_exit_code(summary)


def worker_exit_code(summary: RunSummary) -> int:
    """Return the exit code by which Slurm judges an allocation: 0 if no job failed in it.

    What is left of the workflow is for other allocations.
    """
    is_known = not summary.unanswered
    if summary.exit_code == ExitCode.JOBS_FAILED and is_known and not has_failures(summary):
        return ExitCode.OK
    return summary.exit_code


def _step_site(
    client: TorcClient, arguments: argparse.Namespace, allocation: Allocation
) -> StepSite | None:
    """Return where jobs become steps; None if the workflow does not want it or srun is missing."""
    workflow = client.get_workflow(arguments.workflow_id)
    if not wants_steps(stored_execution_config(workflow.execution_config)):
        return None
    shares_cpus = arguments.max_parallel_jobs is not None
    return step_site(os.environ, allocation, shares_cpus=shares_cpus)


def _accounts(
    client: TorcClient, workflow_id: WorkflowId, steps: StepSite | None, slurm: Slurm
) -> AbstractContextManager[None]:
    if steps is None:
        return nullcontext()
    clock = SystemClock()
    impatient = Slurm(clock, slurm.budget, timeout_s=TIMEOUT_S)
    return StepAccounts(
        client, workflow_id, steps, impatient, clock=clock, jitter=random.random
    ).recording()


def _site(arguments: argparse.Namespace, server: WorkerServer) -> WorkerSite:
    """Return where workers work whose allocations this one requests: as it does itself."""
    name = os.environ.get("SLURM_JOB_NAME", "").removesuffix(f"_wf{arguments.workflow_id}")
    return WorkerSite(
        output_dir=Path(arguments.output_dir).absolute(),
        url=Address(server.client.url).without_user,
        access_file=None if server.access_file is None else server.access_file.absolute(),
        poll_interval_s=arguments.poll_interval,
        job_prefix=name or DEFAULT_PREFIX,
    )


def _ask_end_time(slurm: Slurm, slurm_job_id: int) -> float | None:
    """Return when the allocation ends; Slurm before 22.05 does not say so in the environment."""
    try:
        left_s = next((each.time_left_s for each in slurm.queue([slurm_job_id])), None)
    except TorcError as error:
        log.warning("squeue does not say when the allocation ends", error=error.message)
        return None
    return None if left_s is None else time.time() + left_s


def _log_path(output_dir: str, kind: str, workflow_id: WorkflowId, allocation: Allocation) -> Path:
    """Return a file of this runner; no other one of the allocation has the same."""
    own = (allocation.slurm_job_id, allocation.node_id, os.getpid())
    return Path(output_paths.slurm_log(output_dir, kind, workflow_id, *own))


def _write_environment(
    output_dir: str, workflow_id: WorkflowId, allocation: Allocation, mode: int
) -> None:
    path = _log_path(output_dir, output_paths.SLURM_ENVIRONMENT, workflow_id, allocation)
    try:
        make_directory(path.parent, mode)
        create_file(path, mode)
        path.write_text(printable_environment(os.environ), encoding="utf-8")
    except OSError as error:
        raise MachineError(
            f"The output directory {output_dir} cannot be written: {error.strerror}.",
            hint="Choose one that compute nodes can write, such as on a shared file system.",
        ) from error
