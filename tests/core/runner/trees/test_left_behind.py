"""What is left of some jobs when others end, or no process is left that knows them."""

import os
import signal
from collections import Counter
from contextlib import suppress

import pytest
from core.runner.trees.forest import ROOM, Forest
from core.runner.trees.table import Row
from waiting import wait_for

from torc_core.model.status import JobStatus
from torc_core.runner.guard.procfs import now_ticks

LEAVES_A_DAEMON = Row("daemon", "(setsid bash -c 'STAY' &)", sleepers=1)
LEAVES_A_STRAY = Row("old_stray", "(setsid env -i bash -c 'STAY' &)", sleepers=1)
HAS_A_STRAY = Row("stray", "(setsid env -i bash -c 'SLEEP' &)\n(SLEEP)\ntrue", sleepers=2)
PLAIN = Row("plain", "(SLEEP)\ntrue")
WAITS = Row("waits", "cat VANISH")


@pytest.fixture
def forest(flow, tmp_path):
    made = Forest(flow, tmp_path, rows=())
    yield made
    made.clear()


def wait_until_there_are(forest, **sleepers):
    wait_for(lambda: forest.sleepers() == Counter(sleepers), f"{sleepers}")


def go_on_later(forest, name):
    """Let the job that waits end, and wait for the next one, which starts later than all others."""
    then = now_ticks()
    wait_for(lambda: now_ticks() > then, "the clock to tick")

    def has_begun():
        forest.vanish.open()
        return forest.sleepers()[name]

    wait_for(has_begun, "the next job")


def test_what_jobs_that_ended_well_have_left_survives_the_end_of_others(forest, start_runner):
    first = [forest.add(LEAVES_A_DAEMON), forest.add(LEAVES_A_STRAY)]
    second = forest.add(WAITS, depends_on_job_ids=first)
    forest.add(HAS_A_STRAY, depends_on_job_ids=[second])
    thread = start_runner(forest.flow, **ROOM)
    wait_until_there_are(forest, daemon=1, old_stray=1)
    go_on_later(forest, "stray")
    wait_until_there_are(forest, daemon=1, old_stray=1, stray=2)
    thread.runner.stop()
    thread.wait()
    assert forest.sleepers() == {"daemon": 1, "old_stray": 1}


def test_a_stray_of_a_job_that_was_ended_alone_goes_with_the_others(forest, start_runner):
    stray = forest.add(HAS_A_STRAY)
    waits = forest.add(WAITS)
    forest.add(PLAIN, depends_on_job_ids=[waits])
    thread = start_runner(forest.flow, **ROOM, poll_interval_s=0.2)
    wait_until_there_are(forest, stray=2)
    go_on_later(forest, "plain")
    forest.flow.client.manage_status_change(stray, JobStatus.CANCELED, 1)
    wait_until_there_are(forest, stray=1, plain=1)
    thread.runner.stop()
    thread.wait()
    assert forest.sleepers() == {}


def test_what_was_left_on_purpose_survives_runner_and_guard(forest, start_runner):
    daemon = forest.add(LEAVES_A_DAEMON)
    forest.add(PLAIN)
    _, pid = forest.start_process()
    wait_until_there_are(forest, daemon=1, plain=1)
    wait_for(lambda: forest.flow.status(daemon) == "completed", "the job with a daemon")
    before = {each.pid for each in forest.programs()}
    os.kill(pid, signal.SIGKILL)
    for each in forest.torc():
        with suppress(ProcessLookupError):  # one may end with another
            os.kill(each.pid, signal.SIGKILL)
    thread = start_runner(forest.flow, **ROOM)

    def runs_again():
        after = {each.pid for each in forest.programs()}
        return len(after) == 2 and len(after - before) == 1

    wait_for(runs_again, "the lost job to run again")
    assert forest.sleepers() == {"daemon": 1, "plain": 1}
    wait_for(lambda: forest.release() or not forest.sleepers()["plain"], "the job to end")
    assert thread.wait().exit_code == 0
    assert forest.sleepers() == {"daemon": 1}
