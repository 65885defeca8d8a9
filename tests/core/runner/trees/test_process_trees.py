"""Nothing of a job's processes is left that should not be, whatever it does and however it ends."""

import os
import signal
from collections import Counter

import pytest
from core.runner.trees.forest import ROOM, Forest
from waiting import wait_for

from torc_core.host.runs import RunState
from torc_core.model.status import JobStatus


@pytest.fixture
def forest(flow, tmp_path):
    made = Forest(flow, tmp_path)
    yield made
    made.clear()


def assert_stopped(forest, status, code=None):
    """Check the results of jobs that were ended, and that nothing is left of them.

    Args:
        forest: The jobs.
        status: Of all of them.
        code: Of all of them; otherwise each has its own.
    """
    assert forest.survivors() == Counter()
    assert forest.results() == {
        row.name: (status, row.stopped_code if code is None else code) for row in forest.rows
    }
    wait_for(lambda: not forest.torc(), "the guard to leave")


def assert_ended_by_themselves(forest):
    assert set(forest.survivors()) <= set(forest.staying)
    assert forest.sleepers() == forest.staying
    assert forest.results() == {row.name: (row.status, row.code) for row in forest.rows}
    wait_for(lambda: not forest.torc(), "the guard to leave")


def ended(directory):
    run = wait_for(
        lambda: (run := directory.read()).state in {RunState.ENDED, RunState.CRASHED} and run,
        "the end of the run",
    )
    return run.meta.exit_code


def test_of_jobs_that_end_by_themselves_there_is_left_what_they_leave_on_purpose(
    forest, start_runner
):
    forest.add_jobs()
    thread = start_runner(forest.flow, **ROOM)
    forest.wait_until_grown()
    wait_for(lambda: forest.release() and not thread.is_running, "all programs to end")
    thread.wait()
    assert_ended_by_themselves(forest)


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl_c", "sigterm"]
)
def test_a_signal_to_the_runner_leaves_nothing(forest, signum, code):
    forest.add_jobs()
    directory, pid = forest.start_process()
    forest.wait_until_grown()
    os.kill(pid, signum)
    assert ended(directory) == code
    assert_stopped(forest, JobStatus.TERMINATED)


def test_a_canceled_workflow_leaves_nothing(forest, start_runner):
    forest.add_jobs()
    thread = start_runner(forest.flow, **ROOM, poll_interval_s=0.2)
    forest.wait_until_grown()
    forest.flow.client.cancel_workflow(forest.flow.id)
    thread.wait()
    assert_stopped(forest, JobStatus.CANCELED)


def test_the_time_limit_leaves_nothing(forest, start_runner):
    forest.add_jobs(memory="1g", runtime="PT3S")
    thread = start_runner(forest.flow, **ROOM, limit_resources=True)
    thread.wait()
    assert_stopped(forest, JobStatus.TERMINATED, 152)


def test_the_memory_limit_leaves_nothing(forest, start_runner):
    forest.add_jobs(is_hungry=True, memory="90m", runtime="PT1H")
    thread = start_runner(forest.flow, **ROOM, limit_resources=True)
    forest.wait_until_grown()
    forest.hunger.open()
    thread.wait()
    assert_stopped(forest, JobStatus.TERMINATED, 137)


@pytest.mark.parametrize("is_stopped", [False, True], ids=["end", "ctrl_c"])
def test_jobs_of_a_killed_runner_are_adopted_and_end_as_they_would_have(
    forest, start_runner, is_stopped
):
    forest.add_jobs()
    _, pid = forest.start_process()
    forest.wait_until_grown()
    os.kill(pid, signal.SIGKILL)
    thread = start_runner(forest.flow, **ROOM)
    if is_stopped:
        thread.runner.stop()
        thread.wait()
        assert_stopped(forest, JobStatus.TERMINATED)
    else:
        wait_for(lambda: forest.release() and not thread.is_running, "all programs to end")
        thread.wait()
        assert_ended_by_themselves(forest)
