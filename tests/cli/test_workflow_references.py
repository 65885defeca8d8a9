"""A workflow is named by its id, its name or `latest`."""

from __future__ import annotations

import sys

import pytest

from tests.tui.pty_screen import PtyScreen
from torc_core.client import TorcClient
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.archive import archive_workflows
from torc_tui.cli.settings import PICKER_LIMIT

USER = "referrer"


@pytest.fixture(autouse=True)
def user(monkeypatch):
    monkeypatch.setenv("USER", USER)


@pytest.fixture
def make(client: TorcClient):
    made = []

    def create(name: str, *, user: str = USER, is_archived: bool = False) -> int:
        workflow = client.create_workflow(Workflow(name=name, user=user))
        if is_archived:
            archive_workflows(client, [workflow.id], is_archived=True)
        made.append(workflow.id)
        return workflow.id

    yield create
    for workflow_id in made:
        client.delete_workflow(workflow_id)


def found(torc, reference) -> int:
    answer = torc("workflows", "get", reference, "-f", "json")
    assert answer.code == 0, answer.err
    return answer.json["id"]


def test_an_id_a_name_and_latest_name_a_workflow(torc, make):
    first, second = make("alpha"), make("alpha beta")
    make("another user's", user="other")

    assert found(torc, first) == first
    assert found(torc, "alpha") == first, "a name is a whole name"
    assert found(torc, "latest") == second


def test_an_archived_workflow_gives_way_to_another_of_its_name(torc, make):
    archived = make("gamma", is_archived=True)
    assert found(torc, "gamma") == archived

    current = make("gamma")
    assert found(torc, "gamma") == current
    make("delta", is_archived=True)
    assert found(torc, "latest") == current


def test_what_is_restored_is_looked_for_among_the_archived(torc, make):
    older, newer = make("epsilon", is_archived=True), make("epsilon")

    restored = torc("workflows", "archive", "false", "latest", "-f", "json")
    assert restored.json["updated_workflows"] == [older]
    torc("workflows", "archive", "true", older)
    restored = torc("workflows", "archive", "false", "epsilon", "-f", "json")
    assert restored.json["updated_workflows"] == [older]
    assert torc("workflows", "archive", "false", "latest").code == 4
    assert found(torc, "latest") == newer


def test_of_several_workflows_of_a_name_none_is_guessed(torc, make):
    ids = [make("twin"), make("twin")]

    answer = torc("jobs", "list", "twin")

    assert answer.code == 2
    assert "2 workflows of referrer are named 'twin'" in answer.err
    assert all(str(each) in answer.err for each in ids)


@pytest.mark.parametrize("reference", ["no such", "twins'; drop table workflow; --", "./w.yaml"])
def test_an_unknown_name_is_named(torc, reference):
    answer = torc("workflows", "status", reference)

    assert answer.code == 4
    assert f"{USER} has no workflow named {reference!r}" in answer.err
    assert "torc workflows list" in answer.err


def test_a_user_without_workflows_has_no_latest_one(torc, monkeypatch):
    monkeypatch.setenv("USER", "newcomer")

    assert torc("workflows", "get", "latest").code == 4


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "999999"])
def test_a_number_is_an_id(torc, number):
    assert torc("workflows", "get", number).code in {2, 4}


def test_a_menu_offers_the_newest_workflows_and_takes_any_id_or_name(make, server, tmp_path):
    first, *_ = ids = [make(f"offered{number:02d}") for number in range(PICKER_LIMIT + 1)]
    screen = PtyScreen(
        [sys.executable, "-m", "torc_tui", "-f", "json", "workflows", "get"],
        columns=80,
        rows=PICKER_LIMIT + 10,
        environ={"TORC_API_URL": server.url, "USER": USER},
        cwd=tmp_path,
    )
    try:
        screen.wait_for(f"The newest of {len(ids)} workflows:", "Workflow:")
        *_, newest, _question = filter(None, screen.lines)
        assert newest.split() == [str(ids[-1]), f"offered{PICKER_LIMIT}"]
        assert "offered00" not in "\n".join(screen.lines)
        screen.send("mistyped\r")
        screen.wait_for("no workflow named 'mistyped'")
        screen.send("offered00\r")
        screen.wait_for_end()
    finally:
        screen.close()

    assert f'"id": {first},' in "\n".join(screen.lines)
