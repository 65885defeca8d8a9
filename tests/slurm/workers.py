"""Workflows that workers in allocations execute, as scripts of torc start them."""

from __future__ import annotations

import sys
from pathlib import Path

from core.runner.flows import Flow
from slurm.cluster.cluster import Cluster
from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.model.resources import ResourceRequirements

RESTARTED = "export XDG_STATE_HOME=$XDG_STATE_HOME/$SLURM_RESTART_COUNT; "
"""Nodes of the cluster share one machine, while what a lost node leaves on its disk is out of reach
elsewhere; so a requeued allocation does not see it here either."""


class Site:
    """A workflow, and the cluster on which it runs."""

    def __init__(
        self, cluster: Cluster, client: TorcClient, output: Path, **fields: object
    ) -> None:
        self.cluster = cluster
        self.output = output
        self.flow = Flow(client, output, **fields)

    def need(self, name: str, **fields: object) -> int:
        """Add requirements and return their id."""
        stated = {"num_cpus": 1, "memory": "50m", "num_gpus": 0, "num_nodes": 1, "runtime": "PT1M"}
        need = ResourceRequirements(workflow_id=self.flow.id, name=name, **(stated | fields))
        return self.flow.client.create_resource_requirements(need).id or 0

    def submit(
        self, *options: str, before: str = "", launcher: str = "exec", more: str = ""
    ) -> int:
        """Submit an allocation with one worker, and return the id of its Slurm job.

        Args:
            options: Of `sbatch`.
            before: Shell commands before the worker.
            launcher: What starts it.
            more: Options of the worker.
        """
        worker = f"{sys.executable} -m torc_core.hpc.slurm {self.flow.client.url}"
        return self.cluster.submit(
            f"{before}{launcher} {worker} {self.flow.id} {self.output} {more}",
            "--mem=500",
            "--time=60",
            "--open-mode=append",
            f"--output={self.output}/slurm_output_wf{self.flow.id}_sl%j.o",
            f"--error={self.output}/slurm_output_wf{self.flow.id}_sl%j.e",
            *options,
        )

    def said(self, slurm_job: int) -> str:
        """Return what workers of an allocation have logged."""
        path = self.output / f"slurm_output_wf{self.flow.id}_sl{slurm_job}.e"
        return path.read_text() if path.exists() else ""

    def wait_for_status(self, status: str, *jobs: int) -> None:
        """Wait until these jobs have this status."""
        wait_for(
            lambda: all(self.flow.status(job) == status for job in jobs),
            f"the jobs to be {status}",
            250,
        )
