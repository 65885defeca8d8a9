"""Submits a workflow as `torc submit` does, and is killed at a step: `STEP URL WORKFLOW OUTPUT`.

A step is the moment before or after each request that changes something, at Slurm or the server.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from torc_core.client import TorcClient
from torc_core.clock import SystemClock
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.operations.reporter import carry_out
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.operations.slurm.submission.submit import propose_submit

LAST = int(sys.argv[1])
steps = count(1)


def step() -> None:
    if next(steps) == LAST:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingSlurm(Slurm):
    def submit(self, script: Path, environ=None) -> int:
        step()
        slurm_job_id = super().submit(script, environ)
        step()
        return slurm_job_id


class DyingClient(TorcClient):
    def start_workflow(self, *arguments, **options):
        step()
        reply = super().start_workflow(*arguments, **options)
        step()
        return reply

    def claim_action(self, *arguments, **options):
        step()
        reply = super().claim_action(*arguments, **options)
        step()
        return reply

    def create_scheduled_compute_node(self, node):
        step()
        record = super().create_scheduled_compute_node(node)
        step()
        return record


client = DyingClient(sys.argv[2])
slurm = DyingSlurm(SystemClock(), Budget())
submission = propose_submit(
    Connection(client, is_embedded=False),
    slurm,
    int(sys.argv[3]),
    SiteOptions(output_dir=sys.argv[4]),
)
carry_out(submission.proposal)
