"""A runner at work: real server, real processes."""

import os
import resource
import sqlite3
import sys
from pathlib import Path

import pytest
from core.runner import both_servers
from operations.older_server import OlderServer
from waiting import wait_for

from torc_core.errors import ExitCode, NotFoundError
from torc_core.model.artifact import File
from torc_core.model.resources import FailureHandler, ResourceRequirements
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE
from torc_core.model.status import JobStatus
from torc_core.runner.process.guard_client import guards_directory

SPAWN = """
import os, sys, urllib.request
url = os.environ["TORC_API_URL"] + "/jobs/" + os.environ["TORC_JOB_ID"] + "/spawn_jobs"
urllib.request.urlopen(urllib.request.Request(url, sys.argv[1].encode(), method="POST"))
"""
"""A program that adds the jobs of its argument."""


client = both_servers.client


def requirements(flow, name="needs", **fields):
    needs = ResourceRequirements(workflow_id=flow.id, name=name, **fields)
    return flow.client.create_resource_requirements(needs).id


def handler(flow, rules):
    made = FailureHandler(workflow_id=flow.id, name="h", rules=rules)
    return flow.client.create_failure_handler(made).id


def test_processes_get_the_environment_of_their_job_and_workflow(make_flow):
    flow = make_flow(env={"SHARED": "flow's", "WORKERS": "1"}, submission_directory="/study")
    job = flow.add(
        'echo "$SHARED $WORKERS $TORC_JOB_ID $TORC_WORKFLOW_SUBMISSION_DIR"',
        env={"WORKERS": "a b", "TORC_JOB_ID": "0"},
    )

    flow.run()

    assert flow.stdio(job) == f"flow's a b {job} /study\n"


def test_a_job_adds_jobs_that_run_after_it(flow):
    request = '{"jobs": [{"name": "x", "command": "echo $TORC_ORCHESTRATOR_LINEAGE_ID"}]}'
    caller = flow.add(
        f"exec {sys.executable} -c '{SPAWN}' '{request}'", name="first", env={"LANG": "C"}
    )

    summary = flow.run()

    assert summary.outcomes == {"completed": 2}, flow.stdio(caller, "e")
    (added,) = flow.client.list_jobs(flow.id, name="x").items
    assert flow.stdio(added.id) == "first\n"


def test_a_job_runs_and_its_result_is_recorded(flow):
    job = flow.add(
        'echo "$TORC_JOB_NAME $TORC_WORKFLOW_ID $TORC_JOB_ID"; echo oops >&2', name="a b"
    )
    summary = flow.run()
    assert (summary.exit_code, summary.run_id) == (0, 1)
    assert summary.outcomes == {"completed": 1}
    assert summary.jobs_by_status["completed"] == 1
    assert flow.stdio(job) == f"a b {flow.id} {job}\n"
    assert flow.stdio(job, "e") == "oops\n"
    result = flow.result(job)
    assert (result.return_code, result.status, result.attempt_id) == (0, "completed", 1)
    assert 0 < result.exec_time_minutes < 1
    assert result.avg_cpu_percent > 0
    assert result.completion_time.endswith("Z")


def test_the_compute_node_is_deregistered(flow):
    flow.add("true")
    flow.run()
    (node,) = flow.client.list_compute_nodes(flow.id).items
    assert node.is_active is False
    assert node.duration_seconds > 0
    assert (node.pid, node.num_cpus, node.compute_node_type) == (os.getpid(), 4, "local")


def test_the_log_has_its_documented_name(flow):
    flow.add("true")
    flow.run()
    (log,) = flow.output_dir.glob(f"job_runner_{os.uname().nodename}_wf{flow.id}_r1.log")
    assert 'reason="the workflow is complete"' in log.read_text()


def test_jobs_wait_for_what_they_depend_on(flow, tmp_path):
    trace = tmp_path / "trace"
    root = flow.add(f"echo root >>{trace}", name="root")
    middle = [
        flow.add(f"echo middle >>{trace}", name=f"m{i}", depends_on_job_ids=[root])
        for i in range(3)
    ]
    flow.add(f"echo leaf >>{trace}", name="leaf", depends_on_job_ids=middle)
    assert flow.run().exit_code == 0
    assert trace.read_text().split() == ["root", "middle", "middle", "middle", "leaf"]


def test_a_failure_cancels_what_depends_on_it_and_decides_the_exit_code(flow):
    bad = flow.add("exit 9", name="bad")
    after = flow.add("true", name="after", depends_on_job_ids=[bad])
    summary = flow.run()
    assert summary.exit_code == ExitCode.JOBS_FAILED
    assert (flow.status(bad), flow.status(after)) == ("failed", "canceled")
    assert flow.result(bad).return_code == 9


def test_an_invocation_script_goes_before_the_command(flow):
    job = flow.add("echo hello", invocation_script="env GREETED=1")
    flow.run()
    assert flow.stdio(job) == "hello\n"


def test_output_files_must_exist_and_their_times_are_reported(flow, tmp_path):
    there, absent = tmp_path / "there", tmp_path / "absent"
    ids = [
        flow.client.create_file(File(workflow_id=flow.id, name=path.name, path=str(path))).id
        for path in (there, absent)
    ]
    good = flow.add(f"touch {there}", name="good", output_file_ids=[ids[0]])
    bad = flow.add("true", name="bad", output_file_ids=[ids[1]])
    assert flow.run().exit_code == ExitCode.JOBS_FAILED
    assert (flow.status(good), flow.status(bad)) == ("completed", "failed")
    assert flow.result(bad).return_code == 1
    assert str(absent) in flow.stdio(bad, "e")
    assert flow.client.get_file(ids[0]).st_mtime == pytest.approx(there.stat().st_mtime)


def test_an_output_file_without_a_record_is_no_obstacle(flow, start_runner, tmp_path):
    path, go = tmp_path / "there", tmp_path / "go"
    record = flow.client.create_file(File(workflow_id=flow.id, name="there", path=str(path)))
    job = flow.add(
        f"touch {path}; until [ -e {go} ]; do sleep 0.02; done", output_file_ids=[record.id]
    )
    thread = start_runner(flow)
    wait_for(path.exists, "the job")
    flow.client.delete_file(record.id)
    go.touch()
    assert thread.wait().exit_code == 0
    assert flow.status(job) == "completed"


def test_a_job_that_cannot_start_has_failed(flow):
    job = flow.add(f"/bin/true {'x' * 200_000}", name="long")
    fine = flow.add("true", name="fine")
    assert flow.run().exit_code == ExitCode.JOBS_FAILED
    assert (flow.status(job), flow.status(fine)) == ("failed", "completed")
    assert flow.result(job).return_code == 126
    assert "Argument list too long" in flow.stdio(job, "e")


def test_as_many_jobs_run_at_once_as_fit(flow, tmp_path):
    needs = requirements(flow, num_cpus=2, memory="1m", runtime="PT1H")
    count = (
        f"touch {tmp_path}/r$TORC_JOB_ID; ls {tmp_path}/r* | wc -l; sleep 0.05;"
        f" rm {tmp_path}/r$TORC_JOB_ID"
    )
    jobs = [flow.add(count, name=f"j{i}", resource_requirements_id=needs) for i in range(6)]
    assert flow.run(num_cpus=4).exit_code == 0
    assert max(int(flow.stdio(job)) for job in jobs) <= 2


def test_a_number_of_jobs_counts_instead_of_resources(flow, tmp_path):
    needs = requirements(flow, num_cpus=64, memory="900g", runtime="PT1H")
    jobs = [flow.add("true", name=f"j{i}", resource_requirements_id=needs) for i in range(4)]
    assert flow.run(max_parallel_jobs=3).exit_code == 0
    assert {flow.status(job) for job in jobs} == {"completed"}


def test_more_jobs_run_at_once_than_a_runner_may_open_files(flow, tmp_path):
    trace = tmp_path / "trace"
    jobs = [flow.add(f"echo $TORC_JOB_ID >>{trace}; sleep 0.2", name=f"j{i}") for i in range(40)]
    open_now = len(list(Path("/proc/self/fd").iterdir()))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 20, hard))
    try:
        summary = flow.run(max_parallel_jobs=40)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert summary.outcomes == {"completed": len(jobs)}
    (log,) = flow.output_dir.glob("job_runner_*")
    assert "Job has to wait" not in log.read_text()
    assert sorted(map(int, trace.read_text().split())) == jobs


def test_gpus_are_assigned_to_jobs(flow, tmp_path):
    needs = requirements(flow, num_gpus=2, memory="1m", runtime="PT1H")
    meet = f"touch {tmp_path}/g$TORC_JOB_ID; until [ $(ls {tmp_path}/g* | wc -l) = 2 ]; do :; done"
    command = f"echo $CUDA_VISIBLE_DEVICES; {meet}"
    jobs = [flow.add(command, name=f"j{i}", resource_requirements_id=needs) for i in range(2)]
    assert flow.run(num_gpus=4).exit_code == 0
    devices = ",".join(flow.stdio(job).strip() for job in jobs)
    assert sorted(devices.split(",")) == ["0", "1", "2", "3"]


def test_a_job_that_fits_nowhere_ends_the_run(flow):
    needs = requirements(flow, num_cpus=99, memory="1m", runtime="PT1H")
    job = flow.add("true", resource_requirements_id=needs)
    summary = flow.run(wait_for_new_jobs_s=0.2)
    assert summary.exit_code == 1
    assert summary.reason.startswith("there is no job to run here. 1 ready job needs 99 CPUs")
    assert flow.status(job) == "ready"


def test_a_canceled_workflow_stops_its_jobs(flow, start_runner, tmp_path):
    job = flow.add(f"touch {tmp_path}/runs; sleep 100")
    waiting = flow.add("true", name="w", depends_on_job_ids=[job])
    thread = start_runner(flow, poll_interval_s=0.2)
    wait_for((tmp_path / "runs").exists, "the job")
    flow.client.cancel_workflow(flow.id)
    summary = thread.wait()
    assert (summary.exit_code, summary.is_canceled) == (1, True)
    assert flow.status(job) == "canceled"
    assert flow.status(waiting) != "completed"


def test_a_deleted_workflow_ends_the_runner_with_its_jobs(flow, start_runner, tmp_path):
    flow.add(f"echo $$ >{tmp_path}/pid; sleep 100")
    thread = start_runner(flow, poll_interval_s=0.2)
    pid = wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), "it")
    flow.client.delete_workflow(flow.id)
    with pytest.raises(NotFoundError):
        thread.wait()
    wait_for(lambda: not Path(f"/proc/{int(pid)}").exists(), "the end of the job")


def test_a_job_that_kills_the_process_that_starts_jobs_is_lost_until_it_fails(flow, tmp_path):
    job = flow.add(f"echo >>{tmp_path}/attempts; kill -9 $PPID; sleep 600", name="killer")
    after = flow.add("true", name="after", depends_on_job_ids=[job])
    flow.run()
    attempts = range(1, LOST_ATTEMPTS_LIMIT + 1)
    assert len((tmp_path / "attempts").read_text().splitlines()) == len(attempts)
    assert (flow.status(job), flow.status(after)) == ("failed", "canceled")
    assert flow.codes(job) == dict.fromkeys(attempts, LOST_RETURN_CODE)
    for attempt in attempts:
        assert "this attempt is lost" in flow.stdio(job, "e", attempt=attempt)


def test_attempts_that_are_lost_use_up_no_retry(flow, tmp_path):
    rules = '[{"exit_codes": [3], "max_retries": 2}]'
    job = flow.add(
        f"echo >>{tmp_path}/attempts; n=$(wc -l <{tmp_path}/attempts); "
        "[ $n -gt 2 ] || { kill -9 $PPID; sleep 600; }; [ $n -gt 3 ] || exit 3",
        failure_handler_id=handler(flow, rules),
    )
    flow.run()
    assert flow.codes(job) == {1: LOST_RETURN_CODE, 2: LOST_RETURN_CODE, 3: 3, 4: 0}


def test_a_job_beside_one_that_kills_its_guard_is_lost_only_once(flow, tmp_path):
    go = tmp_path / "go"
    wait = f"until [ -e {go} ]; do sleep 0.02; done"
    beside = [flow.add(f"echo >>{tmp_path}/{n}; {wait}", name=n, priority=1) for n in "ab"]
    both = f"until [ -e {tmp_path}/a ] && [ -e {tmp_path}/b ]; do sleep 0.02; done"
    last = f"[ $(wc -l <{tmp_path}/kills) -lt 3 ] || touch {go}"
    killer = flow.add(
        f"{both}; echo >>{tmp_path}/kills; {last}; kill -9 $PPID; sleep 600", name="killer"
    )
    flow.run(max_parallel_jobs=3)
    assert flow.status(killer) == "failed"
    assert {flow.status(job) for job in beside} == {"completed"}
    assert [len((tmp_path / name).read_text().splitlines()) for name in "ab"] == [2, 2]
    wait_for(lambda: not list(guards_directory().iterdir()), "the end of all guards")


def test_jobs_that_wait_at_a_guard_which_is_killed_have_not_been_tried(flow):
    before = [flow.add("true", name=f"b{i}", priority=3) for i in range(40)]
    killer = flow.add("kill -9 $PPID; sleep 600", name="killer", priority=2)
    after = [flow.add("true", name=f"a{i}") for i in range(40)]
    flow.run(max_parallel_jobs=1)
    assert flow.status(killer) == "failed"
    assert {flow.status(job) for job in [*before, *after]} == {"completed"}
    assert {flow.result(job).attempt_id for job in after} == {1}


def interrupted_status(flow):
    """The status of a job that its runner had to stop: the reference's server resumes none."""
    return "ready" if isinstance(flow.client, OlderServer) else "terminated"


def test_jobs_of_a_stopped_runner_are_recorded_and_run_again_next_time(
    flow, start_runner, tmp_path
):
    running = flow.add(
        f"[ -e {tmp_path}/runs ] && exit; trap 'exit 5' TERM; touch {tmp_path}/runs; "
        "sleep 100 & wait",
        name="r",
        supports_termination=True,
    )
    after = flow.add(
        "true", name="after", depends_on_job_ids=[running], cancel_on_blocking_job_failure=False
    )
    thread = start_runner(flow)
    wait_for((tmp_path / "runs").exists, "the job")
    thread.runner.stop()
    summary = thread.wait()
    assert summary.exit_code == ExitCode.INTERRUPTED
    (result,) = flow.client.list_results(flow.id, all_runs=True).items
    assert (result.status, result.return_code) == ("terminated", 5)
    assert (flow.status(running), flow.status(after)) == (interrupted_status(flow), "blocked")
    (node,) = flow.client.list_compute_nodes(flow.id).items
    assert node.is_active is False
    assert flow.run().outcomes == {"completed": 2}


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace_period(flow, start_runner, tmp_path):
    job = flow.add(f"trap '' TERM; touch {tmp_path}/runs; while :; do sleep 0.1; done")
    thread = start_runner(flow, grace_s=0.2)
    wait_for((tmp_path / "runs").exists, "the job")
    thread.runner.stop()
    thread.wait()
    assert [r.return_code for r in flow.client.list_results(flow.id, all_runs=True).items] == [137]
    assert flow.status(job) == interrupted_status(flow)


def test_a_second_request_to_stop_kills_at_once(flow, start_runner, tmp_path):
    job = flow.add(
        f"trap '' TERM; touch {tmp_path}/runs; while :; do sleep 0.1; done",
        supports_termination=True,
    )
    thread = start_runner(flow, grace_s=1000.0)
    wait_for((tmp_path / "runs").exists, "the job")
    thread.runner.stop()
    thread.runner.stop()
    thread.wait()  # the runner does not wait for answers any more: a busy server takes longer
    wait_for(lambda: flow.client.list_results(flow.id, all_runs=True).items, "the result")
    assert [r.return_code for r in flow.client.list_results(flow.id, all_runs=True).items] == [137]
    assert flow.status(job) == interrupted_status(flow)


def test_the_time_limit_ends_jobs(flow):
    needs = requirements(flow, memory="1m", runtime="PT0S")
    job = flow.add("sleep 100", resource_requirements_id=needs)
    summary = flow.run(time_limit_s=1.0)
    assert (summary.exit_code, summary.reason) == (1, "the runner's time limit was reached")
    assert flow.result(job).status == "terminated"
    assert flow.client.list_compute_nodes(flow.id).items[0].time_limit == "PT1S"


def test_requirements_are_limits_only_on_request(flow):
    short = requirements(flow, "short", memory="1g", runtime="PT1S")
    small = requirements(flow, "small", memory="20m", runtime="PT1H")
    slow = flow.add("sleep 100", name="slow", resource_requirements_id=short)
    big = flow.add(
        "head -c 100000000 /dev/zero | tail -c 100000000 | sleep 100",
        name="big",
        resource_requirements_id=small,
    )
    assert flow.run(limit_resources=True).exit_code == 1
    assert (flow.result(slow).status, flow.result(slow).return_code) == ("terminated", 152)
    assert (flow.result(big).status, flow.result(big).return_code) == ("terminated", 137)
    assert flow.result(big).peak_memory_bytes > 20_000_000
    assert "out of memory" in flow.stdio(big, "e")


def test_observed_limits_do_not_end_a_job(flow):
    needs = requirements(flow, memory="1k", runtime="PT0S")
    job = flow.add("sleep 0.3", resource_requirements_id=needs)
    assert flow.run().exit_code == 0
    assert flow.result(job).peak_memory_bytes > 1024


@pytest.mark.parametrize(
    ("config", "has_cpu", "has_memory"),
    [
        (None, True, True),
        ('{"compute_node": {"enabled": true, "memory": false}}', True, False),
        (
            {"jobs": {"enabled": False}, "compute_node": {"enabled": True, "cpu": False}},
            False,
            True,
        ),
        ({"enabled": True, "jobs": {"enabled": True}}, False, False),
        ('{"enabled": false}', False, False),
    ],
)
def test_the_record_of_the_node_says_what_was_used_of_it(make_flow, config, has_cpu, has_memory):
    flow = make_flow(resource_monitor_config=config)
    flow.add("sleep 0.5")
    flow.run()
    (node,) = flow.client.list_compute_nodes(flow.id).items
    assert bool(node.sample_count) == (has_cpu or has_memory)
    assert (node.avg_cpu_percent is not None) == has_cpu
    assert (node.peak_cpu_percent is not None) == has_cpu
    assert bool(node.avg_memory_bytes) == has_memory
    if has_memory:
        assert node.avg_memory_bytes <= node.peak_memory_bytes


def test_a_time_series_is_kept_on_request(make_flow):
    flow = make_flow(resource_monitor_config='{"granularity": "time_series"}')
    job = flow.add("sleep 0.5", name="sleeper")
    flow.run()
    (path,) = (flow.output_dir / "resource_utilization").glob("resource_metrics_*.db")
    database = sqlite3.connect(path)
    rows = database.execute("SELECT job_id, memory_bytes, num_processes FROM job_resource_samples")
    assert all(row[0] == job and row[1] > 0 and row[2] >= 1 for row in rows.fetchall())
    assert database.execute("SELECT * FROM job_metadata").fetchall() == [(job, "sleeper")]
    database.close()


def test_two_runners_share_a_workflow(flow, start_runner, tmp_path):
    go = tmp_path / "go"
    wait = f"until [ -e {go} ]; do sleep 0.02; done"
    jobs = [flow.add(wait, name=f"j{i}") for i in range(40)]
    flow.initialize()
    threads = [start_runner(flow, num_cpus=2, wait_for_new_jobs_s=60.0) for _ in range(2)]

    def at_work():
        running = flow.client.list_jobs(flow.id, status=JobStatus.RUNNING).items
        return {job.compute_node_id for job in running}

    wait_for(lambda: len(at_work()) == 2, "both to run jobs")
    go.touch()
    ended = [thread.wait().outcomes["completed"] for thread in threads]
    assert sum(ended) == len(jobs)
    assert min(ended) > 0
    assert flow.client.list_results(flow.id, all_runs=True).total_count == len(jobs)


def test_prefetched_jobs_are_released_when_those_before_them_are_long(flow, start_runner, tmp_path):
    short = [flow.add("true", name=f"short{i}") for i in range(60)]
    for i in range(20):
        wait = f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done"
        flow.add(wait, name=f"long{i}", depends_on_job_ids=[short[40]])
    thread = start_runner(flow, max_parallel_jobs=2)

    def statuses():
        jobs = flow.client.list_jobs(flow.id).items
        return [job.status for job in jobs if job.name.startswith("long")]

    wait_for(
        lambda: statuses().count("running") == 2 and "pending" not in statuses(),
        "all but the running ones to be free for others",
    )
    assert statuses().count("ready") == 18
    (tmp_path / "go").touch()
    assert thread.wait().exit_code == 0
