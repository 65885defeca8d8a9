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
from forks.processes import run as run_program

from torc_core.client import Address

PROGRAM = Path(__file__).parent / "workload.py"
WIDTH = 80
TRIGGERS = {"on_workflow_start", "on_jobs_complete", "on_jobs_ready", "on_workflow_complete"}
TIMEOUT_S = 120


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def ask(version, server, tmp_path):
    """Run the program in the environment of one of the clients, and return its answer."""

    def ask(what, *numbers, url=server.url):
        finished = subprocess.run(
            [python_of(version), PROGRAM, url, what, *map(str, numbers)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return ask


@pytest.mark.parametrize(("version", "processes"), [("0.12.3", 1), ("0.12.3", 8), ("0.35.0", 8)])
def test_every_job_runs_once_whoever_asks(ask, processes):
    told = ask("share", WIDTH, processes)
    made, before, shares, after = (told[key] for key in ("made", "before", "shares", "after"))

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

    def run(workflow_id, url=server.url, **variables):
        path = f"{python_of(version).parent}{os.pathsep}{os.environ['PATH']}"
        finished = run_program(
            [sys.executable, "-m", "torc_tui", "--url", url, "run", str(workflow_id)],
            cwd=tmp_path,
            env=os.environ | {"PATH": path} | variables,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr

    return run


def test_our_runner_runs_what_the_client_made(ask, run, tmp_path):
    made = ask("shell", 3)
    run(made["id"])
    after = ask("look", made["id"])

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


def test_functions_that_the_client_maps_are_called_and_their_results_kept(ask, run, tmp_path):
    (tmp_path / "squares.py").write_text(SQUARES)
    made = ask("mapped", 2)
    run(made["id"])
    after = ask("look", made["id"])

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
def test_a_job_of_a_guarded_server_goes_on_with_others_until_it_has_converged(
    ask, run, make_server, tmp_path
):
    (tmp_path / "token").write_text("secret/1\n")
    guarded = make_server("--token-file", str(tmp_path / "token"))
    (tmp_path / "loop.py").write_text(LOOP)
    url = Address(guarded.url, "secret/1").with_token
    made = ask("loop", 2, url=url)
    run(made["id"], guarded.url, TORC_TOKEN="secret/1")
    after = ask("look", made["id"], url=url)

    assert list(after["jobs"].values()) == ["completed"] * 3
    assert after["data"] == {
        "__torc_lineage__ring__g000001": {"step": 0},
        "__torc_lineage__ring__g000002": {"step": 1},
        "__torc_lineage__ring__final": {"done": 2},
    }
