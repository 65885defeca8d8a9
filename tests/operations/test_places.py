"""Relative paths of a workflow are looked for where it ran, and not only where one is."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations.situations import Stage

from torc_core.host.connect import Connection
from torc_core.model.artifact import File
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import propose_initialize
from torc_core.operations.lifecycle.reinitialize import propose_reinitialize
from torc_core.operations.lifecycle.run import RunRequest, prepare_run, propose_run
from torc_core.operations.places import place_of, work_directory
from torc_core.operations.reporter import SILENT
from torc_core.runner.policy.options import RunnerOptions


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "project"
    path.mkdir()
    return path


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    path = tmp_path / "here"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def ran_in(client, workflow_id, directory):
    options = RunnerOptions(workflow_id=workflow_id)
    return prepare_run(client, options, is_embedded=False, base=directory)


def created_in(client, directory):
    workflow = Workflow(name="w", user="tester", submission_directory=str(directory))
    return client.create_workflow(workflow).id


def test_a_workflow_works_where_it_ran_last_else_where_it_was_created(
    client, project, here, tmp_path
):
    workflow_id = created_in(client, tmp_path)
    assert work_directory(client, workflow_id) == tmp_path

    ran_in(client, workflow_id, project)
    assert work_directory(client, workflow_id) == project

    project.rmdir()
    assert work_directory(client, workflow_id) == tmp_path
    assert work_directory(client, created_in(client, tmp_path / "gone")) == here


def test_a_file_is_the_first_that_is_there(client, project, here):
    workflow_id = created_in(client, here)

    def place(path):
        return place_of(client, File(workflow_id=workflow_id, name="f", path=path))

    ran_in(client, workflow_id, project)
    assert place("x.csv") == project / "x.csv"
    (here / "x.csv").touch()
    assert place("x.csv") == here / "x.csv"
    (project / "x.csv").touch()
    assert place("x.csv") == project / "x.csv"
    assert place("~/x.csv") == Path.home() / "x.csv"


def test_a_run_begins_in_the_directory_that_is_named_and_its_logs_lie_there(client, project):
    stage = Stage(client, "named")
    request = RunRequest(
        options=RunnerOptions(workflow_id=stage.id), is_detached=False, base=project
    )
    proposal = propose_run(Connection(client, is_embedded=False), request)
    assert proposal.question is not None
    assert f"Its jobs run in {project}." in proposal.question.lines

    run = proposal.perform(SILENT, force=False)

    meta = run.directory.read_meta()
    assert (meta.cwd, meta.output_dir) == (str(project), str(project / "output"))


def test_the_current_directory_is_not_mentioned(client, here):
    stage = Stage(client, "unnamed")
    request = RunRequest(options=RunnerOptions(workflow_id=stage.id), is_detached=True, base=here)
    question = propose_run(Connection(client, is_embedded=False), request).question
    assert question is not None
    assert not [line for line in question.lines if "Its jobs run in" in line]


def test_inputs_and_changes_are_those_of_the_directory_that_is_named(client, project):
    stage = Stage(client, "elsewhere")
    file = File(workflow_id=stage.id, name="in", path="in.txt")
    file_id = client.create_file(file).id
    stage.add("reads", input_file_ids=[file_id])
    (project / "in.txt").touch()

    assert propose_initialize(client, stage.id).objection is not None
    proposal = propose_initialize(client, stage.id, project)
    assert proposal.objection is None
    proposal.perform(SILENT, force=False)
    assert client.get_file(file_id).st_mtime == (project / "in.txt").stat().st_mtime

    ran_in(client, stage.id, project)
    assert "ran in" in str(propose_reinitialize(client, stage.id).objection)
    assert propose_reinitialize(client, stage.id, project).objection is None
