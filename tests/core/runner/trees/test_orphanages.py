"""A runner that is process 1, as in a container, or a subreaper: all orphans become its children.

When process 1 ends, so does the container: nothing outlives it, on purpose or not.
"""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from core.runner.trees.forest import Forest
from core.runner.trees.orphanage import orphanages
from waiting import wait_for

from torc_core.host.runs import RunState
from torc_core.model.status import JobStatus


@pytest.fixture
def forest(flow, tmp_path):
    made = Forest(flow, tmp_path)
    yield made
    made.clear()


@pytest.fixture(params=orphanages().items(), ids=lambda each: each[0])
def orphanage(request):
    return request.param


def has_ended(directory):
    return directory.read().state is RunState.ENDED


def exit_code(directory):
    wait_for(lambda: has_ended(directory), "the end of the run")
    return directory.read().meta.exit_code


def wait_until_strangers_are_reaped(forest, stranger):
    assert stranger
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in stranger), "the stranger")


def strangers(forest):
    return [each.pid for each in forest.programs() if each.arguments[0].endswith("@stranger")]


def test_strangers_are_reaped_and_jobs_end_as_everywhere(forest, orphanage):
    name, command = orphanage
    forest.add_jobs()
    directory, _ = forest.start_orphanage(command)
    stranger = wait_for(lambda: strangers(forest), "the stranger")
    forest.wait_until_grown()
    wait_until_strangers_are_reaped(forest, stranger)
    wait_for(lambda: forest.release() and has_ended(directory), "all programs to end")
    assert exit_code(directory) == 1
    wait_for(lambda: not forest.torc(), "the guard to leave")
    assert forest.sleepers() == (forest.staying if name == "subreaper" else Counter())
    assert forest.results() == {row.name: (row.status, row.code) for row in forest.rows}


def test_a_signal_leaves_nothing(forest, orphanage):
    _, command = orphanage
    forest.add_jobs()
    directory, pid = forest.start_orphanage(command)
    forest.wait_until_grown()
    os.kill(pid, signal.SIGTERM)
    assert exit_code(directory) == 143
    wait_for(lambda: not forest.torc(), "the guard to leave")
    assert forest.survivors() == Counter()
    assert forest.results() == {
        row.name: (JobStatus.TERMINATED, row.stopped_code) for row in forest.rows
    }
