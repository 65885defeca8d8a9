"""Recovery scripts whose runner dies: each is run once, whichever runner sees its end."""

from __future__ import annotations

import json
import signal

import pytest
from core.runner.flows import Flow
from core.runner.left_behind import CARETAKER, GUARD, wait_for_adoption
from waiting import wait_for

from torc_core.model.resources import FailureHandler


@pytest.fixture
def scripts(tmp_path):
    """Who ran a recovery script."""
    return tmp_path / "scripts"


@pytest.fixture
def fails_once(tmp_path, scripts):
    """Add a job that fails once `fails` is there; its recovery script waits for `recovers`."""

    def add(flow):
        rule = {
            "match_all_exit_codes": True,
            "recovery_script": f"echo begun >>{scripts}; {until(tmp_path / 'recovers')}",
            "max_retries": 3,
        }
        handler = flow.client.create_failure_handler(
            FailureHandler(workflow_id=flow.id, name="h", rules=json.dumps([rule]))
        )
        return flow.add(
            f"touch {tmp_path}/runs; {until(tmp_path / 'fails')}; exit $((TORC_ATTEMPT_ID < 2))",
            name="job",
            failure_handler_id=handler.id,
        )

    return add


def until(path):
    return f"until [ -e {path} ]; do sleep 0.02; done"


def is_in_journals(runners, text):
    return any(text in path.read_text() for path in runners.guards.glob("*/journal"))


def test_a_script_of_a_caretaker_is_taken_over(flow, runners, fails_once, scripts, tmp_path):
    job = fails_once(flow)
    runner = runners.start(flow)
    wait_for((tmp_path / "runs").exists, "the job")
    runners.kill(runner)
    wait_for_adoption(flow, job)
    (tmp_path / "fails").touch()
    wait_for(scripts.exists, "the script of the caretaker")
    following = runners.start(flow)
    wait_for_adoption(flow, job, 2)
    wait_for(lambda: not runners.processes(CARETAKER), "the caretaker's end")
    (tmp_path / "recovers").touch()
    assert following.wait(100) == 0
    assert scripts.read_text() == "begun\n"
    assert not runners.processes()


def test_a_script_whose_end_was_not_reported_is_not_run_again(
    make_server, runners, fails_once, scripts, tmp_path
):
    own = make_server()
    flow = Flow(own.client(), tmp_path / "out")
    fails_once(flow)
    (tmp_path / "fails").touch()
    runner = runners.start(flow)
    wait_for(scripts.exists, "the script")
    own.kill()
    (tmp_path / "recovers").touch()
    wait_for(lambda: is_in_journals(runners, '"exit_code":0'), "its end")
    runners.kill(runner)
    own.start()
    assert runners.start(flow).wait(100) == 0
    assert scripts.read_text() == "begun\n"


def test_a_journal_that_was_reported_causes_no_second_script(
    flow, runners, fails_once, scripts, tmp_path
):
    job = fails_once(flow)
    other = flow.add(f"touch {tmp_path}/other; {until(tmp_path / 'go')}", name="other")
    runner = runners.start(flow)
    for name in ("runs", "other"):
        wait_for((tmp_path / name).exists, name)
    runners.kill(runner)
    runners.stop_caring()
    (tmp_path / "fails").touch()
    wait_for(lambda: is_in_journals(runners, '"exited"'), "the exit")
    for what in (GUARD, CARETAKER):
        runners.send(signal.SIGKILL, what)
    (tmp_path / "recovers").touch()
    following = runners.start(flow)
    wait_for(lambda: (flow.status(job), flow.status(other)) == ("completed", "running"), "both")
    runners.kill(following)
    last = runners.start(flow)
    wait_for_adoption(flow, other)
    (tmp_path / "go").touch()
    assert last.wait(100) == 0
    assert scripts.read_text() == "begun\n"
