"""What works on macOS, as far as an interpreter that pretends to be there can show it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from distribution.environments import ROOT, Built, Environment

from torc_core.errors import ExitCode

EXAMPLE = ROOT / "examples" / "yaml" / "diamond_workflow.yaml"
REFUSAL = "Jobs run on Linux only, and this machine runs macOS."
IMPORT_EVERYTHING = """
import importlib, pkgutil, torc_core, torc_server, torc_tui
for package in (torc_core, torc_server, torc_tui):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            print(module.name)
"""
EVERY_HELP = """
import click
from torc_tui.cli.command import LazyGroup
from torc_tui.cli.root import run_command_line, torc

def show(command, names):
    assert run_command_line([*names, "--help"]) == 0, names
    if isinstance(command, click.Group):
        context = click.Context(command)
        find = command.load if isinstance(command, LazyGroup) else command.commands.get
        for name in command.list_commands(context):
            show(find(name), [*names, name])

show(torc, [])
"""


@pytest.fixture
def macos(built: Built, environment: Environment) -> Iterator[Environment]:
    """An environment with torc whose interpreters pretend to run on macOS."""
    environment.uv("pip", "install", "--no-deps", "--compile-bytecode", built.wheel)
    environment.find(Path(__file__).parent, "import pretended_macos")
    told = environment(
        "python", "-c", "import os, sys; print(sys.platform, hasattr(os, 'eventfd'))"
    )
    assert told.stdout == "darwin False\n"
    yield environment
    environment("torc", "server", "stop")


@pytest.mark.parametrize("code", [IMPORT_EVERYTHING, EVERY_HELP], ids=["modules", "commands"])
def test_nothing_needs_linux_to_be_imported(macos: Environment, code: str) -> None:
    done = macos("python", "-c", code)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 500


def test_commands_and_servers_work(macos: Environment) -> None:
    for name in ("torc", "torc-server", "torc-htpasswd", "torc-slurm-job-runner", "torc-dash"):
        assert macos(name, "--version").returncode == 0
    assert macos("torc", "workflows", "create", EXAMPLE).returncode == 0
    assert "preprocess" in macos("torc", "jobs", "list", "1").stdout
    assert re.search("running +yes", macos("torc", "server", "status").stdout)
    with macos.serving() as port:
        url = f"http://127.0.0.1:{port}/torc-service/v1"
        assert macos("torc", "--url", url, "ping").returncode == 0


def test_jobs_run_on_linux_only(macos: Environment) -> None:
    macos("torc", "workflows", "create", EXAMPLE)

    for command in (
        *(("run", EXAMPLE), ("run", EXAMPLE, "--detach"), ("run", "1")),
        *(("workflows", "run", "1"), ("workflows", "resume", "1")),
    ):
        done = macos("torc", *command)
        assert done.returncode == ExitCode.ENVIRONMENT, command
        assert done.stderr.startswith(f"error: {REFUSAL}\n\nhint: ")

    status = json.loads(macos("torc", "-f", "json", "workflows", "status", "latest").stdout)
    assert (status["id"], status["jobs_by_status"]["uninitialized"]) == (1, 4), "nothing was done"


def test_the_interface_shows_workflows_and_says_where_jobs_run(macos: Environment) -> None:
    macos("torc", "workflows", "create", EXAMPLE)
    screen = macos.open("torc", "tui")
    try:
        screen.wait_for("diamond_workflow", "postprocess")
        screen.send("x")
        screen.wait_for(REFUSAL, "Error")
        screen.send("q")
        screen.wait_for("postprocess", gone="Error")
        screen.send("q")
        assert screen.wait_for_end() == 0
    finally:
        screen.close()
