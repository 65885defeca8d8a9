"""`torc server`: opened for other machines, for which 127.0.0.2 stands, and closed."""

from __future__ import annotations

import json
import os

import httpx
import pytest
from waiting import wait_for

from torc_core.host.addresses import LOOPBACK, bound_socket


@pytest.fixture(autouse=True)
def _stopped(torc_alone):
    yield
    torc_alone("server", "stop")


def test_only_of_an_open_server_it_is_said_that_allocations_need_it(torc_alone):
    torc_alone("server", "start")
    assert torc_alone("server", "stop").out == "The server was stopped.\n"
    torc_alone("server", "start", "--host", "127.0.0.2")
    assert "need it: torc server start" in torc_alone("server", "stop").out
    torc_alone("server", "start", "--host", "localhost")


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
        ("no-such-name.invalid", 9, "not an address of this machine"),
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

    wait_for(lambda: status() == "running", "the job to run")

    assert torc_alone("server", "start", "--host", "127.0.0.2").code == 0

    pipe.write_text("go\n")
    wait_for(lambda: status() == "completed", "the job to complete")


def test_a_database_has_a_server_of_its_own(torc_alone, tmp_path):
    database = str(tmp_path / "study.db")
    started = torc_alone("-f", "json", "server", "start", "--database", database).json
    status = torc_alone("-f", "json", "server", "status", "--database", database).json
    assert status["running"]
    assert (status["url"], status["database"]) == (started["url"], database)
    assert not torc_alone("-f", "json", "server", "status").json["running"]

    port = int(started["url"].split(":")[2].partition("/")[0])
    other = torc_alone("server", "start", "--database", database, "--port", str(port + 1))
    assert other.code == 5
    assert f"runs at port {port}, not {port + 1}" in other.err

    assert torc_alone("server", "stop", "--database", database).out == "The server was stopped.\n"
    torc_alone("server", "start", "--database", database)
    again = torc_alone("-f", "json", "server", "status", "--database", database).json
    assert again["url"] == started["url"]
    torc_alone("server", "stop", "--database", database)


def test_a_port_that_is_taken_is_not_replaced_by_another(torc_alone, tmp_path):
    with bound_socket(LOOPBACK, 0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        said = torc_alone("server", "start", "--database", str(tmp_path / "a.db"), "--port", port)
    assert said.code == 9
    assert f"Port {port} of this machine is taken" in said.err
