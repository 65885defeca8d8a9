"""The timers that an administrator sets, and that runners get."""

from __future__ import annotations

import subprocess
import sys

import pytest
from server.test_event_data import Scenario
from waiting import wait_for

from torc_core.errors import UsageError
from torc_core.model.records.timers import DEFAULT_TIMERS
from torc_server.settings import runner_timers


def asked(call):
    story = Scenario(call)
    return story.exchange(story.node(), asks_timers=True)["timers"]


def test_a_runner_that_asks_gets_the_timers(call):
    story = Scenario(call)
    node = story.node()
    assert "timers" not in story.exchange(node)
    assert story.exchange(node, asks_timers=True)["timers"] == {
        "heartbeat_seconds": 30.0,
        "suspect_seconds": 93.0,
        "lost_seconds": 300.0,
    }


def test_an_administrator_sets_them(make_server, http_of, tmp_path, monkeypatch):
    (tmp_path / "config" / "torc").mkdir(parents=True)
    (tmp_path / "config" / "torc" / "config.toml").write_text(
        "[server.timers]\nheartbeat_interval_secs = 2\nlost_after_secs = 40\n"
    )
    monkeypatch.setenv("TORC_SERVER__TIMERS__REPORT_BY_BUFFER", "4")
    found = asked(http_of(make_server("--lost-after-secs", "20")))
    assert found == {"heartbeat_seconds": 2.0, "suspect_seconds": 8.0, "lost_seconds": 20.0}


def test_a_silent_runner_is_shown_as_suspect_until_it_reports(make_server, http_of):
    call = http_of(make_server("--heartbeat-interval-secs", "0.1"))
    story = Scenario(call)
    node = story.node()
    story.exchange(node)

    def is_suspect():
        return "suspect_at_ms" in call("GET", f"/compute_nodes/{node}").body

    wait_for(is_suspect, "the suspicion")
    story.exchange(node)
    assert "compute_node_heard" in [
        event["data"]["event_type"]
        for event in story.do("GET", "/events", workflow_id=story.workflow)["items"]
    ]


def test_a_run_has_the_timers_of_the_server_unless_it_states_its_own(make_server, http_of):
    server = make_server("--heartbeat-interval-secs", "2", "--lost-after-secs", "20")
    story = Scenario(http_of(server))
    story.do("POST", "/jobs", {"workflow_id": story.workflow, "name": "job", "command": "true"})
    path = f"/workflows/{story.workflow}/start"

    def paces(**stated):
        run = story.do("POST", path, {"user": "u", **stated})["run"]
        return run["heartbeat_interval"], run["report_by_buffer"]

    assert paces() == (2.0, 3.1)
    assert paces(heartbeat_interval=5.0) == (5.0, 3.1)
    assert paces(heartbeat_interval=None, report_by_buffer=7.0) == (2.0, 7.0)


def test_who_is_suspect_is_only_the_servers_to_say(call):
    story = Scenario(call)
    node = call("GET", f"/compute_nodes/{story.node()}").body | {"suspect_at_ms": 7}
    assert "suspect_at_ms" not in story.do("PUT", f"/compute_nodes/{node['id']}", node)
    del node["id"]
    assert "suspect_at_ms" not in story.do("POST", "/compute_nodes", node)


def test_suspects_are_so_after_the_interval_times_the_buffer():
    assert runner_timers(30.0, 3.1, None, 300.0) == DEFAULT_TIMERS
    assert runner_timers(30.0, 3.1, 45.0, 45.0).suspect_seconds == 45.0


@pytest.mark.parametrize(
    "values", [(30.0, 1.0, None, 300.0), (30.0, 3.1, None, 90.0), (30.0, 3.1, 20.0, 300.0)]
)
def test_timers_that_contradict_each_other_are_refused(values):
    with pytest.raises(UsageError, match=r"cannot be suspect after .* and lost after"):
        runner_timers(*values)


def test_a_server_with_such_timers_does_not_start(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torc_server", "run", "--database", str(tmp_path / "a.db")),
            *("--port", "0", "--lost-after-secs", "50"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 2
    assert "[server.timers]" in done.stderr
