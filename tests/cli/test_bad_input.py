"""What `tests/bad_input` does not list: mistakes that need a process, or a place, of their own."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from forks.processes import run as run_program

JOB = "jobs: [{name: a, command: 'true'}]"


def test_every_problem_is_reported_at_once(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(
        "name: x\njobs:\n- {name: a, command: b, depends_on: [nope]}\n"
        "- {name: a, comand: c}\n- {name: d, command: 'cat ${files.input.gone}'}\n"
    )

    answer = torc("workflows", "create", "w.yaml", "--dry-run")

    assert answer.code == 2
    for part in ("nope", "comand", "gone"):
        assert part in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "get", "x"),
        ("jobs", "list", "1", "--status", "done"),
        ("nonsense",),
        ("run",),
        ("run", "w.yaml", "--max-parallel-jobs", "0"),
        ("user-data", "update", "1", "--data", "{"),
        ("workflows", "archive", "maybe", "1"),
        ("-f", "xml", "ping"),
        ("--url", "ftp://x", "ping"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments, torc):
    answer = torc(*arguments)

    assert answer.code == 2, answer.err
    assert "error:" in answer.err
    assert "Traceback" not in answer.err


def test_cpus_that_are_not_there_are_refused_before_anything_is_made(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(f"name: bound\n{JOB}")

    answer = torc("run", "w.yaml", "--cpu-affinity", "--num-cpus", "99999")

    assert answer.code == 2, answer.err
    assert "--num-cpus offers 99,999 CPUs, and this process may use" in answer.err
    assert "Traceback" not in answer.err
    listed = torc("-f", "json", "workflows", "list").json
    assert "bound" not in {each["name"] for each in listed["workflows"]}


def test_a_server_that_is_not_there_is_named(torc_alone, monkeypatch):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/torc-service/v1"
        monkeypatch.setenv("TORC_API_URL", url)

        answer = torc_alone("workflows", "list")
        ping = torc_alone("-f", "json", "ping")

    assert answer.code == ping.code == 6
    assert url in answer.err
    assert "hint:" in answer.err
    assert ping.json.keys() == {"status", "message"}
    assert (ping.json["status"], url in ping.json["message"]) == ("error", True)


@pytest.mark.parametrize("output", ["table", "json"])
def test_output_that_cannot_be_written_is_one_line(output):
    command = [sys.executable, "-m", "torc_tui", "-f", output, "server", "status"]
    with Path("/dev/full").open("w") as full:
        answer = run_program(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=100, check=False
        )

    said = "No space left on device"
    assert answer.stderr.count("\n") == 1
    if output == "json":
        assert json.loads(answer.stderr)["error"]["message"] == said
    else:
        assert answer.stderr == f"error: {said}\n"
    assert answer.returncode == 9


def test_a_database_of_a_newer_version_is_left_alone(torc_alone, tmp_path):
    state = tmp_path / "state" / "torc"
    state.mkdir(parents=True, mode=0o700)
    database = sqlite3.connect(state / "torc.db")
    database.execute("PRAGMA user_version = 9999")
    database.execute("CREATE TABLE precious (x)")
    database.commit()
    database.close()
    before = (state / "torc.db").read_bytes()

    answer = torc_alone("workflows", "list")

    assert answer.code in {5, 9}
    assert "9999" in answer.err
    assert "Traceback" not in answer.err
    assert (state / "torc.db").read_bytes() == before
