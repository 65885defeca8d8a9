"""The runner as a program: in a run directory, and inside a Slurm allocation."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from waiting import wait_for

from torc_core.clock import utc_now
from torc_core.host.runs import RunMeta, RunState, create_run, new_run_id, start_run
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.resources import ResourceRequirements, SlurmScheduler


@pytest.fixture
def make_run(flow, tmp_path):
    def make(**options):
        flow.start()
        given = {"num_cpus": 2, "wait_for_new_jobs_s": 0.0, **options}
        return create_run(
            RunMeta(
                run_id=new_run_id(flow.id),
                workflow_id=flow.id,
                workflow_name="w",
                url=flow.client.url,
                output_dir=str(flow.output_dir),
                cwd=str(tmp_path),
                options=given,
                started_at=utc_now(),
            )
        )

    return make


def ended(directory):
    return wait_for(
        lambda: (run := directory.read()).state in {RunState.ENDED, RunState.CRASHED} and run,
        "the end of the run",
    )


def test_a_detached_run_continues_and_records_how_it_ended(flow, make_run, tmp_path):
    job = flow.add("pwd")
    directory = make_run()
    start_run(directory)
    run = ended(directory)
    assert (run.meta.final_status, run.meta.exit_code) == ("completed", 0)
    assert run.status is not None
    assert run.status.counts == {"completed": 1}
    assert flow.stdio(job) == f"{tmp_path}\n"
    assert 'reason="the workflow is complete"' in directory.log_path.read_text()


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_jobs_gracefully(flow, make_run, tmp_path, signum, code):
    job = flow.add(f"touch {tmp_path}/runs; sleep 100")
    directory = make_run()
    process = start_run(directory)
    wait_for((tmp_path / "runs").exists, "the job")
    os.kill(process.pid, signum)
    run = ended(directory)
    assert (run.meta.final_status, run.meta.exit_code) == ("interrupted", code)
    assert flow.result(job).status == "terminated"
    assert flow.result(job).return_code == 143


def test_what_cannot_run_says_why_and_has_ended(flow, make_run):
    flow.add("true")
    directory = make_run(num_cpus="many")
    start_run(directory)
    run = ended(directory)
    assert (run.meta.final_status, run.meta.exit_code) == ("failed", 2)
    log = directory.log_path.read_text()
    assert "num_cpus" in log
    assert "Traceback" not in log


def test_no_run_there_is_an_error_without_a_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "torc_core.runner", "--run-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr


def slurm_runner(flow, tmp_path, *arguments, **environ):
    """Start the program as a batch script does, with a fake `squeue` first on PATH."""
    squeue = tmp_path / "bin" / "squeue"
    squeue.parent.mkdir()
    squeue.write_text("#!/bin/sh\necho 1:00:00\n")
    squeue.chmod(0o755)
    return subprocess.run(
        [
            *(sys.executable, "-m", "torc_core.hpc.slurm"),
            *(flow.client.url, str(flow.id), str(flow.output_dir), *arguments),
        ],
        env={**os.environ, "PATH": f"{squeue.parent}:{os.environ['PATH']}", **environ},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


ALLOCATION = {"SLURM_JOB_ID": "77", "SLURM_CPUS_ON_NODE": "3", "SLURM_MEM_PER_NODE": "2048"}


def test_an_allocation_becomes_a_compute_node(flow, tmp_path):
    scheduler = flow.client.create_slurm_scheduler(
        SlurmScheduler(workflow_id=flow.id, name="s", account="a", nodes=1, walltime="01:00:00")
    )
    job = flow.add("true", scheduler_id=scheduler.id)
    flow.initialize()
    scheduled = flow.client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=flow.id,
            scheduler_id=77,
            scheduler_config_id=scheduler.id,
            scheduler_type="slurm",
            status="pending",
        )
    )
    done = slurm_runner(flow, tmp_path, "-p", "1", **ALLOCATION, SLURM_JWT="s3cret")
    assert done.returncode == 0, done.stderr
    assert flow.status(job) == "completed"
    (node,) = flow.client.list_compute_nodes(flow.id).items
    assert (node.compute_node_type, node.num_cpus, node.memory_gb) == ("slurm", 3, 2.0)
    assert node.scheduler == {
        "type": "slurm",
        "scheduler_id": scheduled.id,
        "slurm_job_id": 77,
        "restart_count": 0,
        "output_dir": str(Path(flow.output_dir).absolute()),
    }
    (after,) = flow.client.list_scheduled_compute_nodes(flow.id).items
    assert after.status == "complete"
    names = sorted(path.name.rpartition("_")[0] for path in Path(flow.output_dir).glob("*.log"))
    assert names == [f"{kind}_wf{flow.id}_sl77_n0" for kind in ("job_runner_slurm", "slurm_env")]
    (environ,) = Path(flow.output_dir).glob("slurm_env_*")
    assert "SLURM_JOB_ID=77" in environ.read_text()
    assert "s3cret" not in environ.read_text()


def test_nothing_starts_that_the_end_of_the_allocation_would_cut_off(flow, tmp_path):
    job = flow.add("true")
    flow.initialize()
    end = str(int(time.time()) + 220)  # 40 s beyond the workflow's buffer; the job wants 60 s
    done = slurm_runner(flow, tmp_path, **ALLOCATION, SLURM_JOB_END_TIME=end)
    assert done.returncode == 0, done.stderr
    assert "1 ready job needs 1m 00s; this node has " in done.stderr
    assert "WARNING torc.runner] Shutting down" in done.stderr
    assert flow.status(job) == "ready"


def test_an_allocation_that_can_run_nothing_of_what_is_left_is_not_held(flow, tmp_path):
    needs = flow.client.create_resource_requirements(
        ResourceRequirements(workflow_id=flow.id, name="huge", num_cpus=99)
    )
    flow.add("true", name="big", resource_requirements_id=needs.id)
    flow.initialize()
    flow.client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=flow.id,
            scheduler_id=77,
            scheduler_config_id=1,
            scheduler_type="slurm",
            status="pending",
        )
    )
    done = slurm_runner(flow, tmp_path, **ALLOCATION)  # which would listen for a minute
    assert done.returncode == 0, done.stderr
    assert "1 ready job needs 99 CPUs; this node has 3 CPUs free" in done.stderr
    assert "No other runner of this workflow can take job 'big'" in done.stderr


def test_outside_of_slurm_it_says_so(flow, tmp_path):
    done = slurm_runner(flow, tmp_path)
    assert done.returncode == 2
    assert "SLURM_JOB_ID" in done.stderr
    assert "Traceback" not in done.stderr
