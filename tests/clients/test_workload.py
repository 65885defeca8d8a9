"""A workflow from its creation to its end with nothing but the official client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from clients.environments import VERSIONS, python_of

PROGRAM = Path(__file__).parent / "workload.py"
WIDTH = 80
TRIGGERS = {"on_workflow_start", "on_jobs_complete", "on_jobs_ready", "on_workflow_complete"}
TIMEOUT_S = 120


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def start(version, server, tmp_path):
    """Start the program in the environment of one of the clients."""
    running = []

    def start(what, number):
        program = subprocess.Popen(
            [python_of(version), PROGRAM, server.url, what, str(number)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
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


@pytest.mark.parametrize(("version", "processes"), [("0.12.3", 1), ("0.12.3", 8), ("0.35.0", 8)])
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


@pytest.fixture
def run(server, version, tmp_path):
    """Run a workflow with our runner; jobs find the programs of the official client."""

    def run(workflow_id):
        path = f"{python_of(version).parent}{os.pathsep}{os.environ['PATH']}"
        finished = subprocess.run(
            [sys.executable, "-m", "torc_tui", "--url", server.url, "run", str(workflow_id)],
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr

    return run


def test_our_runner_runs_what_the_client_made(start, run, tmp_path):
    made = answer(start("shell", 3))
    run(made["id"])
    after = answer(start("look", made["id"]))

    assert after["is_complete"] is True
    assert set(after["jobs"].values()) == {"completed"}
    assert sorted(after["results"]) == [[int(job), 0] for job in sorted(after["jobs"], key=int)]
    assert (tmp_path / "f2.txt").read_text() == "line 0\nline 1\nline 2\n"
    assert next((tmp_path / "output" / "job_stdio").glob("*_j*_r*_a1.o")).exists()


SQUARES = """
def square(job_name, params):
    return {"square": params["value"] ** 2}

def total(results):
    return {"total": sum(result["square"] for result in results)}
"""


def test_functions_that_the_client_maps_are_called_and_their_results_kept(start, run, tmp_path):
    (tmp_path / "squares.py").write_text(SQUARES)
    made = answer(start("mapped", 2))
    run(made["id"])
    after = answer(start("look", made["id"]))

    assert set(after["jobs"].values()) == {"completed"}
    assert after["data"]["output_1"] == {"square": 0}
    assert after["data"]["output_2"] == {"square": 1}
    assert after["data"]["postprocess_result"] == {"total": 1}


LOOP = """
import sys

from torc import Orchestrator, SpawnJobModel

here = Orchestrator.from_env(lineage_fallback="".join(sys.argv[2:]) or None)
if here.generation == int(sys.argv[1]):
    here.converge(state={"done": here.generation})
else:
    name, command = f"step{here.generation + 1}", f"{sys.executable} loop.py {sys.argv[1]}"
    here.spawn([SpawnJobModel(name=name, command=command)], state={"step": here.generation})
"""


@pytest.mark.parametrize("version", ["0.35.0"])
def test_a_job_goes_on_with_others_until_it_has_converged(start, run, tmp_path):
    (tmp_path / "loop.py").write_text(LOOP)
    made = answer(start("loop", 2))
    run(made["id"])
    after = answer(start("look", made["id"]))

    assert list(after["jobs"].values()) == ["completed"] * 3
    assert after["data"] == {
        "__torc_lineage__ring__g000001": {"step": 0},
        "__torc_lineage__ring__g000002": {"step": 1},
        "__torc_lineage__ring__final": {"done": 2},
    }
