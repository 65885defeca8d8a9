"""The searches that the reference's documentation prints find their lines in the runner's log."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from torc_core.model.resources import FailureHandler


class Ran(NamedTuple):
    """A workflow that has run: one job is good, one bad, one good at its second attempt."""

    directory: Path
    ids: dict[str, int]
    """For the numbers in the searches."""
    good: int
    bad: int


@pytest.fixture
def ran(make_flow, tmp_path):
    flow = make_flow()
    flow.output_dir = tmp_path / "output"
    rules = json.dumps([{"exit_codes": [3], "max_retries": 2}])
    handler = FailureHandler(workflow_id=flow.id, name="h", rules=rules)
    handler_id = flow.client.create_failure_handler(handler).id
    good = flow.add("true", name="Job completed workflow_id=1 status=failed return_code=0")
    bad = flow.add("exit 7")
    flaky = flow.add("[ $TORC_ATTEMPT_ID = 2 ] || exit 3", failure_handler_id=handler_id)
    assert flow.run().outcomes == {"completed": 2, "failed": 1, "retried": 1}
    flow.initialize()
    flow.run()
    (_, node) = flow.client.list_compute_nodes(flow.id, sort_by="id").items
    return Ran(tmp_path, {"123": flow.id, "456": flaky, "789": node.id}, good, bad)


def search(ran, command):
    """Return the lines that a search finds, as it is printed but for its ids."""
    for printed, number in ran.ids.items():
        command = re.sub(rf"\b{printed}\b", str(number), command)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ran.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "command",
    [
        'grep -r "workflow_id=123" output/',
        'grep -r "workflow_id=123" output/job_runner_*.log',
        'grep -r "job_id=456" output/',
        'grep -r -C 2 "job_id=456" output/',
        'grep -r "workflow_id=123" output/ | grep "job_id=456"',
        'grep -rE "workflow_id=123.*job_id=456" output/',
        'grep -r "workflow_id=123" output/ | grep "run_id=2"',
        'grep -r "job_id=456" output/ | grep "attempt_id="',
        'grep -r "compute_node_id=789" output/',
        'grep -r "Job started workflow_id=" output/',
        'grep -r "Job completed workflow_id=" output/',
        'grep -r "status=failed" output/',
        'grep -r "Job process completed" output/ | grep "return_code="',
        'grep -r "workflow_id=123" output/ > /dev/null',
    ],
)
def test_every_search_finds_something(ran, command):
    found = search(ran, command)

    assert found or command.endswith("/dev/null")


def jobs_in(lines, key="job_id"):
    return sorted(int(found[1]) for line in lines if (found := re.search(rf"\b{key}=(\d+)", line)))


def test_each_finds_what_it_is_for(ran):
    flaky = ran.ids["456"]
    first = " output/ | grep 'run_id=1 '"
    started = search(ran, f'grep -rh "Job started workflow_id="{first}')
    assert jobs_in(started) == sorted([ran.good, ran.bad, flaky, flaky])
    assert [jobs_in([line], "attempt_id") for line in started if f"job_id={flaky} " in line] == [
        [1],
        [2],
    ]
    failed = search(ran, f'grep -rh "status=failed"{first}')
    assert jobs_in(failed) == sorted([ran.bad, flaky])
    exits = search(ran, f'grep -rh "Job process completed"{first} | grep "return_code="')
    codes = {(jobs_in([line])[0], jobs_in([line], "return_code")[0]) for line in exits}
    assert codes == {(ran.good, 0), (ran.bad, 7), (flaky, 3), (flaky, 0)}
    completed = search(ran, f'grep -rh "Job completed workflow_id="{first}')
    assert len(completed) == 4
    assert sum("retry=True" in line for line in completed) == 1


def test_each_runner_has_its_own_log(ran):
    logs = sorted(path.name for path in (ran.directory / "output").glob("job_runner_*.log"))

    assert len(logs) == 2
    assert {name.rpartition("_")[2] for name in logs} == {"r1.log", "r2.log"}
