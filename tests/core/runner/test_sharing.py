"""Several runners on one workflow: who waits for whom, and who leaves; real processes."""

from __future__ import annotations

from waiting import wait_for

from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.resources import ResourceRequirements

PATIENT = {"wait_for_new_jobs_s": 600.0, "poll_interval_s": 60.0}
"""Far longer than any test waits: who leaves in time has left at once."""


def needs(flow, name="large", **fields):
    record = ResourceRequirements(workflow_id=flow.id, name=name, memory="1m", **fields)
    return flow.client.create_resource_requirements(record).id


def test_an_idle_runner_waits_for_what_another_holds_and_runs_what_follows(
    flow, start_runner, tmp_path
):
    go = tmp_path / "go"
    first = flow.add(f"touch {tmp_path}/runs; until [ -e {go} ]; do sleep 0.02; done", name="first")
    second = flow.add("true", name="second", depends_on_job_ids=[first])
    large = flow.add("true", name="third", resource_requirements_id=needs(flow, num_cpus=3))
    flow.initialize()
    small = start_runner(flow, num_cpus=1, **PATIENT)
    wait_for((tmp_path / "runs").exists, "the first job")
    # It would leave the moment it has found no work.
    other = start_runner(flow, wait_for_new_jobs_s=0.0)
    wait_for(lambda: "Waiting for jobs of other runners" in log_in(flow.output_dir), "the wait")
    assert flow.status(large) == "completed"
    go.touch()
    assert (small.wait().exit_code, other.wait().exit_code) == (0, 0)
    assert flow.status(second) == "completed"


def test_a_runner_leaves_at_once_when_what_is_left_fits_no_runner(flow, start_runner):
    flow.add("true", name="fits")
    flow.add("true", name="huge", resource_requirements_id=needs(flow, num_cpus=99))
    flow.initialize()
    summary = start_runner(flow, **PATIENT).wait()
    assert (summary.exit_code, summary.outcomes) == (1, {"completed": 1})
    assert "1 ready job needs 99 CPUs; this node has 4 CPUs free" in summary.reason
    assert "'huge'" in summary.reason


def test_the_last_runner_that_works_tells_the_waiting_one_that_nothing_is_left(
    flow, start_runner, tmp_path
):
    go = tmp_path / "go"
    flow.add(f"touch {tmp_path}/runs; until [ -e {go} ]; do sleep 0.02; done", name="first")
    flow.add("true", name="huge", resource_requirements_id=needs(flow, num_cpus=99))
    flow.initialize()
    busy = start_runner(flow, **PATIENT)
    wait_for((tmp_path / "runs").exists, "the first job")
    idle = start_runner(flow, **PATIENT)
    wait_for(lambda: flow.client.list_compute_nodes(flow.id).total_count == 2, "both runners")
    go.touch()
    for runner in (busy, idle):
        assert "'huge'" in runner.wait().reason


def test_an_allocation_that_was_requested_keeps_the_workflow_going(flow, start_runner):
    flow.add("true", name="huge", resource_requirements_id=needs(flow, num_cpus=99))
    flow.initialize()
    allocation = ScheduledComputeNode(
        workflow_id=flow.id,
        scheduler_id=7,
        scheduler_config_id=1,
        scheduler_type="slurm",
        status="pending",
    )
    flow.client.create_scheduled_compute_node(allocation)
    summary = start_runner(flow, wait_for_new_jobs_s=0.2).wait()
    assert "No other runner" not in summary.reason


def test_jobs_that_do_not_fit_into_the_rest_of_the_time_end_the_runner(flow, start_runner):
    flow.add("true", name="long", resource_requirements_id=needs(flow, runtime="PT2H"))
    flow.initialize()
    summary = start_runner(flow, time_limit_s=3600.0, **PATIENT).wait()
    assert "1 ready job needs 2h 00m; this node has" in summary.reason
    assert summary.exit_code == 1


def test_counting_jobs_ignores_what_they_need(flow, start_runner):
    for number in range(3):
        needed = needs(flow, f"huge{number}", num_cpus=99, num_gpus=8, num_nodes=4)
        flow.add("true", name=f"j{number}", resource_requirements_id=needed)
    flow.initialize()
    summary = start_runner(flow, max_parallel_jobs=3).wait()
    assert (summary.exit_code, summary.outcomes) == (0, {"completed": 3})


def test_a_runner_leaves_when_what_is_left_was_interrupted_with_another(
    flow, start_runner, tmp_path
):
    first = flow.add(f"touch {tmp_path}/runs; sleep 100", name="first")
    flow.add("true", name="second", depends_on_job_ids=[first])
    flow.initialize()
    interrupted = start_runner(flow, **PATIENT)
    wait_for((tmp_path / "runs").exists, "the first job")
    waiting = start_runner(flow, **(PATIENT | {"poll_interval_s": 0.2}))
    wait_for(lambda: "Waiting for jobs of other runners" in log_in(flow.output_dir), "the wait")
    interrupted.runner.stop()
    summary = waiting.wait()
    assert (summary.exit_code, flow.status(first)) == (1, "terminated")
    assert (
        f"Jobs that were interrupted with their runner: 1; `torc run {flow.id}`" in summary.reason
    )
    assert interrupted.wait().exit_code == 130


def log_in(folder):
    return "".join(path.read_text() for path in folder.glob("*.log"))
