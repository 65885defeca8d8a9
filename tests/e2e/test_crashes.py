"""What happens to a run when a process of it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from forks.processes import Process
from waiting import wait_for

from torc_core.client import TorcClient, every_item
from torc_core.host.runs import RunDirectory, RunState, list_runs, start_run
from torc_core.operations.definition.create import create_workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.lifecycle.run import prepare_run
from torc_core.runner.policy.options import RunnerOptions
from torc_core.spec import parse_workflow

SWEEP = """
name: sweep
jobs:
- {name: 'w{i}', command: 'echo {i} >> ledger; sleep 0.02', parameters: {i: '1:300'}}
- {name: last, command: 'echo last >> ledger', depends_on_regexes: ['w.*']}
"""


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make and initialize the sweep on a server; the ledger is in the test's directory."""
    monkeypatch.chdir(tmp_path)

    def make(client: TorcClient) -> int:
        spec = parse_workflow(SWEEP, format="yaml", source="sweep.yaml")
        workflow_id = create_workflow(client, spec, user="tester")
        initialize_workflow(client, workflow_id)
        return workflow_id

    return make


def test_a_server_killed_during_a_run_loses_and_doubles_nothing(make_server, sweep, tmp_path):
    server = make_server()
    client = server.client()
    workflow_id = sweep(client)
    runner = Process(
        [sys.executable, "-m", "torc_tui", "--url", server.url, "run", str(workflow_id)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for share in (20, 80, 160):
        wait_for(
            lambda share=share: client.list_results(workflow_id, limit=1).total_count >= share,
            f"{share} results",
        )
        server.kill(signal.SIGKILL)
        server.start()

    said, _ = runner.communicate(timeout=120)

    assert runner.returncode == 0, said
    results = list(every_item(client.list_results, workflow_id, all_runs=True))
    assert len({result.job_id for result in results}) == 301
    assert len(results) == 301
    lines = (tmp_path / "ledger").read_text().split()
    assert sorted(lines) == sorted([*map(str, range(1, 301)), "last"])
    assert lines[-1] == "last"


def test_a_detached_run_outlives_its_starter_and_is_found_again(server, client, sweep, tmp_path):
    workflow_id = sweep(client)
    starter = (
        "import sys; from pathlib import Path; from torc_core.host.runs import *;"
        "start_run(RunDirectory(Path(sys.argv[1]))); import os, signal;"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    options = RunnerOptions(workflow_id=workflow_id)
    directory = prepare_run(client, options, is_embedded=False)

    killed = subprocess.run([sys.executable, "-c", starter, str(directory.path)], check=False)

    assert killed.returncode == -signal.SIGKILL
    wait_for(lambda: list_runs()[0].state is RunState.RUNNING, "the run to be listed")
    wait_for(lambda: list_runs()[0].state is RunState.ENDED, "the run to end", 120)
    run = list_runs()[0]
    assert run.meta.final_status == "completed"
    assert run.meta.exit_code == 0
    assert client.is_workflow_complete(workflow_id).is_complete


def test_a_killed_runner_shows_as_crashed(server, client, sweep):
    workflow_id = sweep(client)
    directory = prepare_run(client, RunnerOptions(workflow_id=workflow_id), is_embedded=False)
    process = start_run(directory)
    wait_for(lambda: directory.read().state is RunState.RUNNING, "the run to begin")

    os.kill(process.pid, signal.SIGKILL)

    wait_for(lambda: directory.read().state is RunState.CRASHED, "the crash to show")
    assert RunDirectory(directory.path).read_meta().ended_at is None
