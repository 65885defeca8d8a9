"""Servers that are chosen by name."""

from __future__ import annotations

from torc_core.host.servers.visited import remember_server
from torc_core.model.workflow import Workflow


def test_a_server_is_chosen_by_its_name(torc_alone, server, client, tmp_path):
    workflow = client.create_workflow(Workflow(name="by_context", user="ada"))
    (tmp_path / "torc.toml").write_text(
        f'[client.servers.cluster]\nurl = "{server.url}"\nuser = "ada"\n'
    )
    remember_server("visited", server.url, "ada")
    for name in ("cluster", "visited"):
        listed = torc_alone("-f", "json", "--context", name, "workflows", "list").json
        assert workflow.id in {each["id"] for each in listed["workflows"]}
    client.delete_workflow(workflow.id)


def test_a_name_that_nothing_has_is_refused_with_those_that_there_are(torc_alone, tmp_path):
    (tmp_path / "torc.toml").write_text('[client.servers.cluster]\nurl = "http://n:1"\n')
    answer = torc_alone("--context", "clutser", "ping")
    assert answer.code == 2
    assert "There is no server named 'clutser'." in answer.err
    assert "Known are: own, cluster." in answer.err


def test_a_name_and_a_url_of_the_command_line_contradict_each_other(torc_alone):
    answer = torc_alone("--context", "own", "--url", "http://n:1", "ping")
    assert (answer.code, "name two servers" in answer.err) == (2, True)


def test_a_url_of_the_command_line_wins_over_a_name_of_a_file(torc_alone, server, tmp_path):
    (tmp_path / "torc.toml").write_text(
        '[client]\ncontext = "cluster"\n[client.servers.cluster]\nurl = "http://127.0.0.1:9"\n'
    )
    assert torc_alone("--url", server.url, "ping").code == 0


def test_a_named_server_without_an_address_is_a_mistake_of_the_file(torc_alone, tmp_path):
    (tmp_path / "torc.toml").write_text('[client.servers.cluster]\nuser = "ada"\n')
    answer = torc_alone("ping")
    assert answer.code == 2
    assert "url" in answer.err
