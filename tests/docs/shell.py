"""A shell as a new user has it: an empty home, torc on the path, no server yet.

Its `torc` is forked, as what the pages say of it is no matter of how it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from forks.commands import commands
from forks.processes import run

from torc_core.client import TorcClient
from torc_core.host.embedded_server import EmbeddedServer
from torc_core.host.files.json_file import read_record
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Workflow

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent


class Shell:
    """Runs scripts in a home of its own, which is the current directory too."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._state = home / ".local" / "state"
        (home / "examples").symlink_to(ROOT / "examples")
        self._programs = home / ".local" / "bin"
        self._programs.mkdir(parents=True)
        self._ends = ExitStack()
        self._ends.enter_context(commands(self._programs))

    @property
    def environment(self) -> Mapping[str, str]:
        """What the user's programs find in their environment."""
        return {name: value for name, value in os.environ.items() if "TORC_" not in name} | {
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self._programs), str(PROGRAMS), os.environ["PATH"]]),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_STATE_HOME": str(self._state),
        }

    def __call__(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script that ends with the first command that fails."""
        return subprocess.run(
            ["bash", "--norc", "-e", "-o", "pipefail", "-c", script],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )

    @cached_property
    def client(self) -> TorcClient:
        """A client of the user's embedded server, which is started."""
        self._torc("workflows", "list")
        server = read_record(self._state / "torc" / "server.json", EmbeddedServer)
        assert server is not None
        return TorcClient(server.address.url, token=server.address.token)

    def begin_with(self, workflow_id: int) -> None:
        """Make so many workflows that the next one has this id."""
        found = self.client.list_workflows(limit=1).total_count
        for _ in range(found + 1, workflow_id):
            self.client.create_workflow(Workflow(name="earlier", user="earlier"))

    def name_of(self, workflow_id: int) -> str:
        """Return the name of a workflow."""
        return self.client.get_workflow(WorkflowId(workflow_id)).name

    def close(self) -> None:
        """Stop the embedded server."""
        self._torc("server", "stop")
        self._ends.close()

    def _torc(self, *words: str) -> None:
        """Run a command, not in the home, where a page may leave a torc.toml with a mistake."""
        run([sys.executable, "-m", "torc_tui", *words], cwd="/", env=self.environment)
