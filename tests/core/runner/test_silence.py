"""Runners that are silent for longer than their lease, and come back."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from core.runner.flows import Flow
from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.model.events.text import event_type_of
from torc_core.model.result import LOST_RETURN_CODE


@pytest.fixture
def impatient(make_server):
    """A server that takes a runner for lost after ten seconds."""
    timers = ("--heartbeat-interval-secs", "1", "--lost-after-secs", "10")
    client = TorcClient(make_server(*timers).url)
    yield client
    client.close()


@pytest.fixture
def flow(impatient, tmp_path):
    return Flow(impatient, tmp_path / "out", compute_node_wait_for_new_jobs_seconds=60)


def start(runners, flow):
    return runners.start(flow, "--poll-interval", "0.2")


def pids(trace):
    """Return the processes that ran the job, in the order in which they started."""
    return [int(line) for line in trace.read_text().split()] if trace.exists() else []


def waiting_job(flow, tmp_path, trace):
    wait = f"until [ -e {tmp_path}/go ]; do sleep 0.02; done"
    return flow.add(f"echo $$ >>{trace}; {wait}", name="job")


def events(flow):
    return [event_type_of(event) for event in flow.client.list_events(flow.id, limit=1000).items]


def results(flow):
    found = flow.client.list_results(flow.id, all_runs=True).items
    return [(result.attempt_id, result.return_code) for result in found]


def fall_silent(runners, flow, trace):
    """Start a runner, and let it stand still once its job runs, until the server gives it up."""
    runner = start(runners, flow)
    wait_for(lambda: pids(trace), "the job")
    wait_for(lambda: "job_started" in events(flow), "its start to be reported")
    runner.send_signal(signal.SIGSTOP)
    wait_for(lambda: "compute_node_stopped" in events(flow), "the end of the lease")
    return runner


def test_a_runner_that_is_back_goes_on_with_what_no_other_one_was_given(flow, runners, tmp_path):
    trace = tmp_path / "trace"
    job = waiting_job(flow, tmp_path, trace)
    runner = fall_silent(runners, flow, trace)
    assert flow.status(job) == "ready"
    assert results(flow) == [(1, LOST_RETURN_CODE)]

    runner.send_signal(signal.SIGCONT)

    wait_for(lambda: flow.status(job) == "running", "the job to be held again")
    (tmp_path / "go").touch()
    assert runner.wait(100) == 0
    assert len(pids(trace)) == 1
    assert results(flow) == [(1, 0)]
    [run] = flow.client.list_workflow_runs(flow.id).items
    assert run.status == "completed"


def test_what_another_runner_was_given_is_ended_and_its_result_is_only_kept(
    flow, runners, tmp_path
):
    trace = tmp_path / "trace"
    waiting_job(flow, tmp_path, trace)
    runner = fall_silent(runners, flow, trace)
    other = start(runners, flow)
    wait_for(lambda: len(pids(trace)) == 2, "the job at the other runner")

    runner.send_signal(signal.SIGCONT)

    first, second = (Path(f"/proc/{pid}") for pid in pids(trace))
    wait_for(lambda: not first.exists(), "the end of the first process")
    wait_for(lambda: "late_result" in events(flow), "the report of its end")
    assert second.exists()
    assert results(flow) == [(1, LOST_RETURN_CODE)]
    (tmp_path / "go").touch()
    assert [runner.wait(100), other.wait(100)] == [0, 0]
    assert results(flow) == [(1, LOST_RETURN_CODE), (2, 0)]
