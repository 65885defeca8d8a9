"""A workflow that has really run, with logs that tell of errors."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from forks.processes import run as run_program

WORKFLOW = r"""
name: "x $(touch gone) ../../etc `id`"
description: "../../../tmp; rm -rf *"
resource_requirements:
- {name: small, memory: 2m, runtime: PT1S, num_cpus: 1}
- {name: fine, memory: 1g, runtime: PT10M, num_cpus: 1}
jobs:
- {name: "../good", command: "echo fine", resource_requirements: fine}
- name: large
  command: "python3 -c 'import time; x = bytearray(30_000_000); time.sleep(1.5)'"
  resource_requirements: small
- {name: wrong, command: 'echo "MemoryError: no" >&2; printf "\033[31mBus error\007\n"; exit 3',
   resource_requirements: fine}
- {name: killed, command: "kill -9 $$", resource_requirements: fine}
- {name: unstated, command: "true"}
"""


class LoggedRun:
    """A workflow whose jobs have run.

    Args:
        url: The server.
        directory: Where the run is started.
    """

    def __init__(self, url: str, directory: Path) -> None:
        (directory / "w.yaml").write_text(WORKFLOW)
        self._directory = directory
        self._environment = {
            **os.environ,
            "TORC_API_URL": url,
            "XDG_STATE_HOME": str(directory / "state"),
            "USER": "tester",
        }
        self.id = self._ask("run", "w.yaml")["workflow_id"]
        self.output = directory / "output"
        jobs = self._ask("jobs", "list", str(self.id))["jobs"]
        self.jobs = {job["name"]: job["id"] for job in jobs}

    def stdio(self, name: str, ending: str) -> Path:
        """Return where the output of a job is."""
        return self.output / f"job_stdio/job_wf{self.id}_j{self.jobs[name]}_r1_a1{ending}"

    def _ask(self, *arguments: str) -> dict:
        command = [sys.executable, "-m", "torc_tui", "-f", "json", *arguments]
        process = run_program(
            command,
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert process.stdout, process.stderr
        return json.loads(process.stdout)
