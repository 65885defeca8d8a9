"""`torc workflows new`, `update`, `list-actions`, menus, and whose workflows are meant."""

from __future__ import annotations

import sys

import pytest

from tests.tui.pty_screen import PtyScreen
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow

ACTIONS = """\
name: acting
jobs: [{name: "a_{i}", command: "true", parameters: {i: "1:7"}}]
actions:
- {trigger_type: on_workflow_start, action_type: run_commands, commands: ["echo a", "echo b"]}
- {trigger_type: on_jobs_complete, action_type: run_commands, commands: ["x"],
   job_name_regexes: [a]}
"""


def test_a_workflow_is_made_step_by_step(torc, client):
    made = torc("-f", "json", "workflows", "new", "-n", "steps", "-d", "For a test", "-u", "ada")

    assert made.code == 0, made.err
    stored = client.get_workflow(made.json["id"])
    assert (stored.name, stored.description, stored.user) == ("steps", "For a test", "ada")
    assert made.json["resource_monitor_config"]["enabled"] is True
    assert torc("workflows", "new", "-n", "steps").out.startswith("Created #")
    refused = torc("workflows", "new")
    assert refused.code == 2
    assert "--name" in refused.err


def test_given_fields_are_changed_and_no_other(torc, client):
    workflow = client.create_workflow(Workflow(name="old", user="tester", description="kept"))

    changed = torc(
        *("-f", "json", "workflows", "update", workflow.id, "-n", "new", "--owner-user", "ada"),
        *("--project", "solar", "--metadata", '{"ticket": 7}'),
    )

    assert changed.code == 0, changed.err
    assert changed.json["metadata"] == {"ticket": 7}
    stored = client.get_workflow(workflow.id)
    assert (stored.name, stored.user, stored.project, stored.description) == (
        *("new", "ada", "solar", "kept"),
    )


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "There is nothing to change."),
        (("--metadata", "[1]"), 2, "is not a JSON object"),
        (("--metadata", "{"), 2, "is not a JSON object"),
    ],
)
def test_a_wrong_change_changes_nothing(options, code, said, torc, client):
    workflow = client.create_workflow(Workflow(name="same", user="tester"))

    answer = torc("workflows", "update", workflow.id, *options)

    assert answer.code == code
    assert said in answer.err
    assert client.get_workflow(workflow.id) == workflow
    assert torc("workflows", "update", 123456, "-n", "x").code == 4


def test_actions_are_listed(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(ACTIONS)
    made = torc("-f", "json", "workflows", "create", "w.yaml").json["id"]

    found = torc("-f", "json", "workflows", "list-actions", made).json["actions"]
    assert [action["trigger_type"] for action in found] == ["on_workflow_start", "on_jobs_complete"]
    assert found[0]["action_config"] == {"commands": ["echo a", "echo b"]}

    table = torc("workflows", "list-actions", made).out.splitlines()
    assert table[0].split() == ["ID", "TRIGGER", "ACTION", "JOBS", "PERSISTENT", "EXECUTED", "WHAT"]
    assert "echo a; echo b" in table[1]
    assert "and 2 more" in table[2]
    assert torc("workflows", "list-actions", 123456).code == 4


def test_the_workflows_of_another_user_are_found_by_name(torc, client):
    theirs = client.create_workflow(Workflow(name="shared name", user="grace"))
    ours = client.create_workflow(Workflow(name="shared name", user="tester"))

    for options, workflow in ((("-u", "grace"), theirs), ((), ours)):
        for command in ("get", "status"):
            found = torc("-f", "json", "workflows", command, "shared name", *options)
            assert found.json["id"] == workflow.id
    assert torc("-f", "json", "workflows", "get", "-u", "grace").json["id"] == theirs.id
    assert "edsger has no workflow" in torc("workflows", "get", "-u", "edsger").err


@pytest.fixture
def screen(client, server, tmp_path):
    """Run a command of `torc workflows` for a user with two workflows, in a terminal."""
    opened = []
    made = [client.create_workflow(Workflow(name=f"menu {i}", user="chooser")) for i in range(2)]

    def start(*command):
        found = PtyScreen(
            [sys.executable, "-m", "torc_tui", "workflows", *command],
            columns=100,
            rows=30,
            environ={"TORC_API_URL": server.url, "USER": "chooser"},
            cwd=tmp_path,
        )
        opened.append(found)
        return found

    yield start, made
    for each in opened:
        each.close()
    for workflow in client.list_workflows(user="chooser").items:
        client.delete_workflow(workflow.id)


def test_a_status_has_a_line_for_each_status_that_jobs_are_in(torc_here, client):
    workflow = client.create_workflow(Workflow(name="standing", user="tester"))
    for name in "ab":
        client.create_job(Job(workflow_id=workflow.id, name=name, command="true"))

    lines = torc_here("workflows", "status", workflow.id).out.splitlines()

    total = next(number for number, line in enumerate(lines) if line.startswith("total jobs"))
    assert lines[total + 1].split() == ["uninitialized", "2"]
    assert not lines[total + 2].startswith(" ")


def test_archive_without_ids_offers_a_menu(screen, client):
    start, (first, second) = screen
    terminal = start("archive", "true")
    terminal.wait_for("menu 0", "menu 1")
    terminal.send(f"{second.id}\r")

    assert terminal.wait_for_end() == 0
    assert client.get_workflow_status(second.id).is_archived
    assert not client.get_workflow_status(first.id).is_archived


def test_delete_without_ids_offers_a_menu_and_asks(screen, client):
    start, (first, second) = screen
    terminal = start("delete")
    terminal.wait_for("menu 0", "menu 1")
    terminal.send(f"{first.id}\r")
    terminal.wait_for("0 jobs, their results and events will be deleted.", "Delete workflow")
    terminal.send("y\r")

    assert terminal.wait_for_end() == 0
    assert [each.id for each in client.list_workflows(user="chooser").items] == [second.id]


def test_the_only_workflow_is_not_deleted_because_none_was_named(torc, client, monkeypatch, screen):
    start, (first, second) = screen
    client.delete_workflow(second.id)
    monkeypatch.setenv("USER", "chooser")

    for command in (("delete", "--no-prompts"), ("archive", "true")):
        answer = torc("workflows", *command)
        assert answer.code == 2
        assert "No workflow is named." in answer.err
    terminal = start("delete", "--no-prompts")
    terminal.wait_for("Delete workflow")
    terminal.send("n\r")
    terminal.wait_for("Declined.")

    assert terminal.wait_for_end() == 130
    assert client.get_workflow(first.id).name == "menu 0"
