"""A run that crashed says how many of its jobs run on, until another runner has them."""

from __future__ import annotations

from core.runner.left_behind import wait_for_adoption
from waiting import wait_for

from torc_core.host.runs import RunState
from torc_core.runner.process.left_jobs import list_runs_with_left_jobs


def states():
    """Return the runs of this machine, the last first, with how many jobs each has left."""
    return [(run.state, run.jobs_left) for run in list_runs_with_left_jobs()]


def test_a_run_that_crashed_has_its_jobs_left_until_the_next_one(flow, runners, tmp_path):
    go = tmp_path / "go"
    jobs = [
        flow.add(f"touch {tmp_path}/{name}; until [ -e {go} ]; do sleep 0.02; done", name=name)
        for name in "ab"
    ]
    short = flow.add(f"until [ -e {tmp_path}/b ]; do sleep 0.02; done", name="short", priority=1)
    runner = runners.start(flow, "--max-parallel-jobs", "3")
    wait_for(lambda: all((tmp_path / name).exists() for name in "ab"), "the jobs")
    wait_for(lambda: flow.status(short) == "completed", "the end of the short one")
    assert states() == [(RunState.RUNNING, 0)]
    runners.kill(runner)
    assert states() == [(RunState.CRASHED, 2)]
    wait_for_adoption(flow, jobs[0])  # by the caretaker
    assert states() == [(RunState.CRASHED, 2)]
    following = runners.start(flow)
    wait_for_adoption(flow, jobs[1], 2)
    assert states() == [(RunState.RUNNING, 0), (RunState.CRASHED, 0)]
    go.touch()
    assert following.wait(100) == 0
