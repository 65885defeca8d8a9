"""A user at a login node: an empty home, workflow files, and commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from forks.processes import run as run_program
from slurm.cluster.cluster import Cluster
from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.clock import SystemClock
from torc_core.errors import UnreachableError
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.requests import is_of_workflow
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.status import JobStatus

SMALL = "resource_requirements:\n  - {name: small, num_cpus: 1, memory: 50m, runtime: PT1M}\n"
HELD = """\
name: held
resource_requirements: [{name: small, num_cpus: 1, memory: 50m, runtime: PT1M}]
slurm_schedulers: [{name: s, account: project, walltime: "00:10:00", mem: 100M, extra: --hold}]
jobs: [{name: a, command: "true", resource_requirements: small}]
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s,
     scheduler_type: slurm, num_allocations: 2}
"""
"""Its two allocations never start."""


class Answer:
    """How a command ended."""

    def __init__(self, ended: subprocess.CompletedProcess[str]) -> None:
        self.code, self.out, self.err = ended.returncode, ended.stdout, ended.stderr

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


class Desk:
    """Where a user works.

    Args:
        cluster: The cluster of which this machine is the login node.
        client: The server that the commands use.
        directory: The current directory.
    """

    def __init__(self, cluster: Cluster, client: TorcClient, directory: Path) -> None:
        self.cluster = cluster
        self.client = client
        self.directory = directory
        self.programs = Slurm(SystemClock(), Budget(10_000))

    def torc(self, *words: object, **variables: str) -> Answer:
        """Run a command without a terminal."""
        return Answer(
            run_program(
                [sys.executable, "-m", "torc_tui", *map(str, words)],
                cwd=self.directory,
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=250,
                check=False,
            )
        )

    def write(self, text: str, name: str = "w.yaml") -> str:
        """Write a workflow file and return its name."""
        (self.directory / name).write_text(text)
        return name

    def submit(self, text: str, *options: str) -> int:
        """Submit a workflow that says which nodes it needs, and return its id."""
        answer = self.torc("-f", "json", "submit", self.write(text), *options)
        return int(answer.json["workflow_id"])

    def records(self, workflow_id: int) -> list[ScheduledComputeNode]:
        """Return the server's records of a workflow's allocations."""
        return self.client.list_scheduled_compute_nodes(workflow_id).items

    def queued(self, workflow_id: int, *states: str) -> list[int]:
        """Return the Slurm jobs of a workflow, those in certain states if any are named."""
        workflow = self.client.get_workflow(workflow_id)
        return [
            each.id
            for each in self.programs.queue()
            if is_of_workflow(workflow, each.comment) and (not states or each.state.name in states)
        ]

    def wait_for_completion(self, workflow_id: int) -> None:
        """Wait until all jobs of a workflow have completed well."""
        wait_for(
            lambda: self.client.is_workflow_complete(workflow_id).is_complete,
            f"workflow {workflow_id} to complete",
            250,
        )
        jobs = self.client.list_jobs(workflow_id).items
        assert {job.status for job in jobs} == {JobStatus.COMPLETED}

    def wait_for_workers(self, workflow_id: int) -> None:
        """Wait until every allocation of a workflow is over."""
        wait_for(
            lambda: {each.status for each in self.records(workflow_id)} == {"complete"},
            f"the allocations of workflow {workflow_id} to end",
            250,
        )

    def leave(self) -> None:
        """End what is left of the allocations of this server."""
        try:
            for workflow in self.client.list_workflows(limit=1000).items:
                self.programs.cancel(self.queued(workflow.id or 0, "PENDING", "RUNNING"))
        except UnreachableError:
            pass  # the cluster is being stopped with them
