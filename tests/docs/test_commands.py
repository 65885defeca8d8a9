"""Every command of the documentation works where its page says it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from docs.pages import SHELL, blocks, script

from torc_core.client import TorcClient
from torc_core.host.connect import Choice, connect_running
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Workflow

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
EXAMPLE_ID = 42
"""The workflow that pages speak of."""
PAGES = {
    str(page.relative_to(ROOT)): page
    for page in sorted([*ROOT.glob("docs/*/*.md"), ROOT / "examples" / "README.md"])
    if any(block.language == SHELL for block in blocks(page))
}
OF_OTHER_TESTS = {
    "docs/reference/http-api.md",  # test_reference
    "docs/tutorial/first-workflow.md",  # installs; test_readme
}


class Recipe(NamedTuple):
    """The workflow 42 of a page: what is in `workflow.yaml`, and how it got to where it is."""

    spec: str
    start: str = "torc run workflow.yaml"


RECIPE = Recipe("""
name: completing
jobs:
  - {name: first, command: 'echo 1 > ${files.output.one}'}
  - {name: second, command: 'cat ${files.input.one}'}
files: [{name: one, path: one.txt}]
""")
RECIPES = {
    "docs/how-to/monitor-resources.md": Recipe("""
name: monitored
resource_monitor: {enabled: true, granularity: time_series, sample_interval_seconds: 1}
jobs: [{name: work, command: 'sleep 2'}]
"""),
    "docs/how-to/rerun-what-changed.md": Recipe(
        "name: later\njobs: [{name: a, command: 'true'}]",
        "torc workflows create workflow.yaml && torc workflows initialize 42",
    ),
    "docs/how-to/run-and-come-back.md": Recipe(
        "name: failing\njobs: [{name: first, command: 'true'}, {name: bad, command: 'exit 3'}]",
    ),
    "docs/how-to/resume.md": Recipe(
        "name: stopped\njobs: [{name: a, command: '[ $TORC_ATTEMPT_ID -gt 1 ] || sleep 60'}]",
        """
torc workflows create workflow.yaml
torc run 42 & until torc jobs list 42 --status running | grep sleep; do :; done
kill $! && wait || true
""",
    ),
}
Shell = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell of a new user, in an empty directory; torc is on the path."""
    environment = {name: value for name, value in os.environ.items() if "TORC_" not in name} | {
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
        "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        "XDG_STATE_HOME": str(tmp_path / ".local" / "state"),
    }
    (tmp_path / "examples").symlink_to(ROOT / "examples")

    def run(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--norc", "-e", "-o", "pipefail", "-c", code],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    yield run
    run("torc server stop")


@pytest.mark.parametrize("name", sorted(PAGES.keys() - OF_OTHER_TESTS))
def test_the_commands_of_a_page_work(name: str, shell: Shell, tmp_path, monkeypatch):
    code = script(PAGES[name])
    recipe = RECIPES.get(name, RECIPE)
    (tmp_path / "workflow.yaml").write_text(recipe.spec)
    if str(EXAMPLE_ID) in code:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".local" / "state"))
        begin(recipe, shell)

    done = shell(code)

    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


def begin(recipe: Recipe, shell: Shell) -> None:
    """Make the workflow with the id of the pages, and start it."""
    shell("torc workflows list")
    client = connect_running(Choice())
    assert isinstance(client, TorcClient)
    for _ in range(EXAMPLE_ID - 1):
        client.create_workflow(Workflow(name="earlier", user="docs"))
    done = shell(recipe.start)
    assert client.get_workflow(WorkflowId(EXAMPLE_ID)).name in recipe.spec, done.stderr
    client.close()


def test_what_is_not_run_says_why():
    reasons = [block.not_run for page in PAGES.values() for block in blocks(page) if block.not_run]

    assert len(reasons) < 30
