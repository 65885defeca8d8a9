"""`torc server`: opened for other machines, for which 127.0.0.2 stands, and closed."""

from __future__ import annotations

import json
import os

import httpx
import pytest
from waiting import wait_for


@pytest.fixture(autouse=True)
def _stopped(torc_alone):
    yield
    torc_alone("server", "stop")


def test_the_server_is_opened_and_closed(torc_alone):
    torc_alone("server", "start")
    before = torc_alone("-f", "json", "server", "status").json
    assert before["outside_url"] is None

    opened = torc_alone("server", "start", "--host", "127.0.0.2")

    status = torc_alone("-f", "json", "server", "status").json
    assert opened.out == f"The server is running at {status['outside_url']}.\n"
    assert status["url"] == before["url"]
    assert status["outside_url"].startswith("http://127.0.0.2:")
    assert httpx.get(status["outside_url"] + "/workflows").status_code == 401
    again = torc_alone("-f", "json", "server", "start", "--host", "127.0.0.2").json
    assert again == {
        "status": "running",
        "url": status["url"],
        "outside_url": status["outside_url"],
    }

    torc_alone("server", "start", "--host", "localhost")

    after = torc_alone("-f", "json", "server", "status").json
    assert (after["url"], after["outside_url"]) == (before["url"], None)


@pytest.mark.parametrize(
    ("host", "code", "words"),
    [
        ("http://login1", 2, "is not the name or the address of a machine"),
        ("192.0.2.77", 9, "cannot listen at 192.0.2.77"),
        ("no-such-name.invalid", 9, "no address of this machine"),
    ],
)
def test_a_host_that_is_not_of_this_machine_changes_nothing(torc_alone, host, code, words):
    torc_alone("server", "start")
    before = torc_alone("-f", "json", "server", "status").json

    answer = torc_alone("server", "start", "--host", host)

    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err
    assert torc_alone("-f", "json", "server", "status").json == before


def test_a_run_goes_on_while_the_server_is_opened(torc_alone, tmp_path):
    pipe = tmp_path / "word"
    os.mkfifo(pipe)
    workflow = {"name": "w", "jobs": [{"name": "j", "command": f"cat {pipe}; torc ping"}]}
    (tmp_path / "w.json").write_text(json.dumps(workflow))
    assert torc_alone("run", "w.json", "--detach").code == 0

    def status() -> str:
        return torc_alone("-f", "json", "jobs", "list", "1").json["jobs"][0]["status"]

    wait_for(lambda: status() == "running", "the job to run", 60)

    assert torc_alone("server", "start", "--host", "127.0.0.2").code == 0

    pipe.write_text("go\n")
    wait_for(lambda: status() == "completed", "the job to complete", 60)
