"""A workflow from its creation to its end with nothing but the official client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from clients.environments import VERSIONS, python_of

PROGRAM = Path(__file__).parent / "workload.py"
WIDTH = 100
TRIGGERS = {"on_workflow_start", "on_jobs_complete", "on_jobs_ready", "on_workflow_complete"}
TIMEOUT_S = 120


@pytest.fixture(params=VERSIONS)
def start(request, server):
    """Start the program in the environment of one of the clients."""
    running = []

    def start(what, number):
        program = subprocess.Popen(
            [python_of(request.param), PROGRAM, server.url, what, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(program)
        return program

    yield start
    for program in running:
        program.kill()
        program.communicate()


def answer(program):
    output, errors = program.communicate(timeout=TIMEOUT_S)
    assert program.returncode == 0, errors
    return json.loads(output)


@pytest.mark.parametrize("processes", [1, 8])
def test_every_job_runs_once_whoever_asks(start, processes):
    made = answer(start("create", WIDTH))
    before = answer(start("look", made["id"]))
    workers = [start("work", made["id"]) for _ in range(processes)]
    for worker in workers:
        assert "node" in json.loads(worker.stdout.readline())
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    shares = [answer(worker) for worker in workers]
    after = answer(start("look", made["id"]))

    statuses = Counter(before["jobs"].values())
    assert statuses == {"ready": WIDTH, "blocked": 1}
    assert before["pending"] == ["on_workflow_start"]
    assert before["is_complete"] is False

    everyone = sorted(map(int, after["jobs"]))
    assert set(after["jobs"].values()) == {"completed"}
    assert sorted(job for share in shares for job in share["jobs"]) == everyone
    assert sorted(after["started"]) == sorted(after["ended"]) == everyone
    assert sorted(after["results"]) == [[job, 0] for job in everyone]
    assert after["started"][-1] == after["ended"][-1] == made["collect"]

    assert Counter(t for share in shares for t in share["actions"]) == dict.fromkeys(TRIGGERS, 1)
    assert set(after["executed"]) == TRIGGERS
    assert after["pending"] == []
    assert after["data"] == {"settings": {"k": 1}, "summary": {"made_by": "collect"}}
    assert after["events"]["workflow_completed"] == 1
    assert after["events"]["compute_node_started"] == processes
    assert after["events"]["compute_node_stopped"] == processes
    assert after["nodes"] == [False] * processes
    assert after["is_complete"] is True
    assert processes == 1 or sum(bool(share["jobs"]) for share in shares) > 1


def test_our_runner_runs_what_the_official_client_made(start, server, tmp_path):
    made = answer(start("shell", 3))
    run = [sys.executable, "-m", "torc_tui", "--url", server.url, "run", str(made["id"])]
    finished = subprocess.run(
        run, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    after = answer(start("look", made["id"]))

    assert finished.returncode == 0, finished.stderr
    assert after["is_complete"] is True
    assert set(after["jobs"].values()) == {"completed"}
    assert sorted(after["results"]) == [[int(job), 0] for job in sorted(after["jobs"], key=int)]
    assert (tmp_path / "f2.txt").read_text() == "line 0\nline 1\nline 2\n"
    assert next((tmp_path / "output" / "job_stdio").glob("*_j*_r*_a1.o")).exists()
