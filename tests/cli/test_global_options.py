"""The global options stand before a command or behind it, as the tutorials print them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.tui.pty_screen import PtyScreen
from torc_core.client import TorcClient
from torc_core.model.workflow import Workflow
from torc_tui.cli.command import TorcCommand, group
from torc_tui.cli.global_options import given_options


@pytest.fixture
def workflow(client: TorcClient):
    created = client.create_workflow(Workflow(name="places", user="places"))
    yield created.id
    client.delete_workflow(created.id)


@pytest.mark.parametrize(
    "line",
    [
        "-f json workflows get {}",
        "workflows -f json get {}",
        "workflows get -f json {}",
        "workflows get {} -f json",
        "workflows get {} -fjson",
        "workflows get {} --format json",
        "workflows get {} --format=json",
        "-f table workflows get {} -f json",
    ],
)
def test_a_global_option_counts_at_any_place(line, torc, workflow):
    assert torc(*line.format(workflow).split()).json["name"] == "places"


def test_the_last_place_wins(torc, workflow):
    answer = torc("workflows", "-f", "json", "get", workflow, "-f", "table")

    assert answer.out.startswith("id ")


def test_the_server_can_be_named_behind_the_command(torc_alone, server, workflow, monkeypatch):
    monkeypatch.setenv("TORC_API_URL", "http://127.0.0.1:9/torc-service/v1")

    answer = torc_alone("workflows", "get", workflow, "-f", "json", "--url", server.url)

    assert answer.json["id"] == workflow


def test_a_wrong_value_behind_the_command_is_named(torc, workflow):
    answer = torc("workflows", "get", workflow, "--format", "xml")

    assert answer.code == 2
    assert "'xml' is not one of 'table', 'json'" in answer.err


def test_the_help_of_a_command_shows_its_own_options_only(torc_alone):
    assert "--url" not in torc_alone("workflows", "get", "--help").out
    assert "--url" in torc_alone("--help").out


def test_an_option_of_the_commands_own_has_priority():
    @click.command(cls=TorcCommand)
    @click.option("-f", "--force", is_flag=True)
    @click.pass_context
    def own(ctx: click.Context, *, force: bool) -> None:
        click.echo(f"{force} {given_options(ctx)}")

    tree = group("tree")(lambda: None)
    tree.add_command(own)

    result = CliRunner().invoke(tree, ["own", "-f", "--format", "json"])

    assert result.output == "True {'format_': 'json'}\n"


def test_only_a_user_name_asks_for_the_password(make_server, tmp_path):
    users, programs = tmp_path / "users", Path(sys.executable).parent
    add = [programs / "torc-htpasswd", "add", "--file", users, "--password", "hush", "alice"]
    subprocess.run(add, check=True)
    server = make_server("--auth-file", str(users), "--require-auth")
    screen = PtyScreen(
        [str(programs / "torc"), "workflows", "list", "--username", "alice", "--url", server.url],
        columns=80,
        rows=24,
        environ={},
        cwd=tmp_path,
    )
    try:
        screen.wait_for("Password:")
        screen.send("hush\r")
        assert screen.wait_for_end() == 0
        assert "No workflows." in screen.lines
        assert not any("hush" in line for line in screen.lines)
    finally:
        screen.close()
