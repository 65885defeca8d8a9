"""A server that goes away and comes back."""

import signal

import pytest
from core.runner.flows import Flow, RunnerThread
from waiting import wait_for

from torc_core.client import TorcClient


@pytest.fixture
def own(make_server):
    return make_server()


def test_jobs_outlive_the_server_and_are_reported_later(own, tmp_path):
    flow = Flow(TorcClient(own.url), tmp_path / "out")
    go = tmp_path / "go"
    jobs = [
        flow.add(f"touch {tmp_path}/r{i}; until [ -e {go} ]; do sleep 0.02; done", name=f"j{i}")
        for i in range(3)
    ]
    after = flow.add("true", name="after", depends_on_job_ids=jobs)
    flow.start()
    thread = RunnerThread(flow.client, flow.options(wait_for_new_jobs_s=60.0))
    wait_for(lambda: len(list(tmp_path.glob("r?"))) == len(jobs), "the jobs")
    own.kill()
    go.touch()
    log = next(flow.output_dir.glob("job_runner_*"))
    wait_for(lambda: "it is retried" in log.read_text(), "the runner's warning")
    own.start()
    assert thread.wait().exit_code == 0
    assert {flow.status(job) for job in [*jobs, after]} == {"completed"}
    assert flow.client.list_results(flow.id, all_runs=True).total_count == 4


def test_no_slot_waits_for_a_long_poll_that_was_cut(own, tmp_path):
    flow = Flow(TorcClient(own.url), tmp_path / "out")
    go = tmp_path / "go"
    for name in "abc":
        wait = f"touch {tmp_path}/{name}; until [ -e {go} ]; do sleep 0.02; done"
        flow.add(wait if name == "a" else "true", name=name)
    flow.initialize()
    # A slot that waited for the whole poll would outlast the guard of the wait below.
    options = flow.options(num_cpus=1, poll_interval_s=200.0)
    thread = RunnerThread(flow.client, options)
    wait_for((tmp_path / "a").exists, "the first job")
    own.kill()
    log = next(flow.output_dir.glob("job_runner_*"))
    wait_for(lambda: "it is retried" in log.read_text(), "the runner's warning")
    own.start()
    wait_for(lambda: "Server answers again" in log.read_text(), "the connection")
    go.touch()
    assert thread.wait(100).exit_code == 0


def test_every_job_counts_once_however_often_the_server_is_killed(own, tmp_path):
    flow = Flow(TorcClient(own.url), tmp_path / "out")
    trace = tmp_path / "trace"
    count = 150
    for i in range(count):
        flow.add(f"echo {i} >>{trace}; sleep 0.01", name=f"j{i}")
    flow.initialize()
    thread = RunnerThread(flow.client, flow.options(num_cpus=2, wait_for_new_jobs_s=60.0))
    for share in (1, 2, 3):
        wait_for(
            lambda: trace.exists() and len(trace.read_text().split()) >= share * count // 5,  # noqa: B023 - read at once
            "some jobs",
        )
        own.kill()
        own.start()
    assert thread.wait(120).exit_code == 0
    assert sorted(map(int, trace.read_text().split())) == list(range(count))
    assert flow.client.list_results(flow.id, all_runs=True).total_count == count


def test_a_stopped_runner_does_not_wait_for_a_server_for_ever(own, tmp_path):
    flow = Flow(TorcClient(own.url), tmp_path / "out")
    flow.add(f"touch {tmp_path}/runs; sleep 100")
    flow.start()
    thread = RunnerThread(flow.client, flow.options(final_report_s=0.5))
    wait_for((tmp_path / "runs").exists, "the job")
    own.kill(signal.SIGKILL)
    thread.runner.stop()
    assert thread.wait().exit_code == 130


def test_a_second_request_to_stop_ends_the_wait_for_a_server_that_hangs(own, tmp_path):
    flow = Flow(TorcClient(own.url), tmp_path / "out")
    flow.add(f"touch {tmp_path}/runs; sleep 100")
    flow.start()
    thread = RunnerThread(flow.client, flow.options())
    wait_for((tmp_path / "runs").exists, "the job")
    own.process.send_signal(signal.SIGSTOP)
    try:
        thread.runner.stop()
        thread.runner.stop()
        assert thread.wait(100).exit_code == 130
    finally:
        own.process.send_signal(signal.SIGCONT)


def test_an_idle_runner_leaves_a_server_that_stays_away(own, tmp_path):
    flow = Flow(TorcClient(own.url), tmp_path / "out", compute_node_ignore_workflow_completion=True)
    options = flow.options(wait_for_new_jobs_s=60.0, wait_for_server_s=0.3, poll_interval_s=0.1)
    flow.start()
    thread = RunnerThread(flow.client, options)
    wait_for(lambda: flow.client.list_compute_nodes(flow.id).total_count == 1, "the runner")
    own.kill()
    assert thread.wait().reason == "the server does not answer"
