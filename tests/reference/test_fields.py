"""Nothing that a file or a command says is lost silently at a server of the reference."""

from __future__ import annotations

import json

import pytest
from reference.world import make_world
from tui.driving import interface

from torc_core.api import map_function_to_jobs
from torc_core.errors import UnsupportedError
from torc_core.model.job import Job, JobPatch
from torc_core.model.workflow import Workflow, WorkflowPatch

PLAIN = "{name: a, command: 'true'}"
REFUSED = {
    "job env": (f"jobs: [{PLAIN}, {{name: b, command: 'true', env: {{A: x}}}}]", "env of job b"),
    "env": (f"env: {{A: x}}\njobs: [{PLAIN}]", "env of the workflow"),
    "execution": (
        f"execution_config: {{oom_exit_code: 9}}\njobs: [{PLAIN}]",
        "execution_config of the workflow",
    ),
    "stdio": (
        "jobs: [{name: b, command: 'true', stdio: {mode: none}}]",
        "execution_config of the workflow",
    ),
}
"""Files, and what is said of them."""
WARNED = """\
name: w
dynamic_jobs: {max_iterations: 3}
jobs:
  - {name: a, command: 'true', priority: 5}
  - {name: b, command: 'true', on_lost: fail}
"""
SAID = ("dynamic_jobs of the workflow", "priority of job a", "on_lost of job b")
COMMANDS = {
    "create": ("workflows", "create", "w.yaml"),
    "run": ("run", "w.yaml"),
}


def number_of(client):
    return client.list_workflows(limit=1).total_count


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("case", REFUSED)
def test_what_results_depend_on_is_refused_before_anything_is_created(
    torc, there, tmp_path, words, case
):
    text, said = REFUSED[case]
    (tmp_path / "w.yaml").write_text(f"name: w\n{text}\n")
    before = number_of(there)

    ended = torc("-f", "json", *words)

    assert (ended.code, ended.out) == (7, "")
    error = json.loads(ended.err.splitlines()[-1])["error"]
    assert error["code"] == "unsupported"
    assert f"version 0.12.0 (abc1234), does not keep {said}: " in error["message"]
    assert error["hint"]
    assert number_of(there) == before


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_what_only_tunes_a_run_is_a_warning(torc, tmp_path, words):
    (tmp_path / "w.yaml").write_text(WARNED)

    ended = torc(*words)

    assert ended.code == 0, ended.err
    for said in SAID:
        assert f"The server does not keep {said}: " in ended.err


def test_our_own_servers_keep_all_of_it(torc_alone, server, tmp_path):
    (tmp_path / "w.yaml").write_text(WARNED + "env: {A: x}\n")

    ended = torc_alone("--url", server.url, "workflows", "create", "w.yaml")

    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("field", ["env: {A: x}", "priority: 2"])
def test_an_imported_workflow_loses_nothing_silently(
    torc, torc_alone, there, server, tmp_path, field
):
    code = 7 if "env" in field else 0
    (tmp_path / "w.yaml").write_text(f"name: w\njobs: [{{name: a, command: 'true', {field}}}]\n")
    ours = torc_alone("--url", server.url, "-f", "json", "workflows", "create", "w.yaml").json
    args = ("workflows", "export", ours["workflow_id"], "-o", "w.json")
    assert torc_alone("--url", server.url, *args).code == 0
    before = number_of(there)

    ended = torc("workflows", "import", "w.json")

    assert ended.code == code, ended.err
    assert f"not keep {field.partition(':')[0]} of job a" in ended.err
    assert number_of(there) == before + (code == 0)


def test_a_change_that_would_not_be_kept_is_refused(there, tmp_path):
    world = make_world(there, str(tmp_path))
    for patch in (JobPatch(env={"A": "x"}), JobPatch(priority=3), JobPatch(on_lost="hold")):
        with pytest.raises(UnsupportedError, match=r"does not keep .* of the job"):
            there.update_job(world.job, patch)
    for change in (
        WorkflowPatch(slurm_defaults='{"a": 1}'),
        WorkflowPatch(compute_node_min_time_for_new_jobs_seconds=0),
        WorkflowPatch(env={"A": "x"}),
    ):
        with pytest.raises(UnsupportedError, match=r"does not keep .* of the workflow"):
            there.update_workflow(world.workflow, change)


def test_programs_that_map_functions_are_refused_first(there):
    workflow_id = there.create_workflow(Workflow(name="w", user="u")).id
    with pytest.raises(UnsupportedError, match="does not keep env"):
        map_function_to_jobs(there, workflow_id, "json", "dumps", [1], env={"A": "x"}, check=False)
    assert there.list_user_data(workflow_id).total_count == 0
    with pytest.raises(UnsupportedError):
        there.create_job(Job(workflow_id=workflow_id, name="a", command="true", env={"A": "x"}))


async def test_the_interface_says_it_too(there, reference, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "refused.yaml").write_text(f"name: refused\n{REFUSED['job env'][0]}\n")
    (tmp_path / "warned.yaml").write_text(WARNED)
    before = number_of(there)
    async with interface(reference.url, (140, 40)) as driver:
        for file, said in (("refused", "env of job b"), ("warned", "on_lost of job b")):
            await driver.press("n")
            await driver.wait_for("New workflow")
            await driver.type(f"{file}.yaml")
            await driver.press("enter")
            await driver.wait_for(said)
            await driver.rest()
            await driver.press("escape")

    assert number_of(there) == before + 1
