"""Calls an operation, and is killed at a step: `OPERATION STEP URL WORKFLOW OUTPUT [MORE]`.

A step is the moment before each request that changes something, at Slurm or the server; of some
operations also the moment after it. At step 0 nothing is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from operations.recovery.wanted import request

from torc_core.client import TorcClient
from torc_core.clock import SystemClock
from torc_core.config.hpc import HpcSettings
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import WorkflowId
from torc_core.operations.recovery.recover import recover
from torc_core.operations.recovery.watch.options import WatchOptions
from torc_core.operations.recovery.watch.request import WatchRequest
from torc_core.operations.recovery.watch.watch import watch
from torc_core.operations.reporter import SILENT, carry_out
from torc_core.operations.slurm.regeneration.regenerate import RegenerateRequest, propose_regenerate
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.operations.slurm.submission.submit import propose_submit
from torc_core.runner.policy.options import RunnerOptions

CHANGES = (
    *("create_recovery", "update_recovery", "update_resource_requirements", "reset_jobs"),
    *("update_workflow_status", "initialize_jobs", "start_workflow", "withdraw_action"),
    *("create_slurm_scheduler", "update_slurm_scheduler", "assign_scheduler"),
    *("create_workflow_action", "claim_action", "create_scheduled_compute_node"),
)


class Call(NamedTuple):
    """An operation is called with this."""

    client: TorcClient
    slurm: Slurm
    workflow_id: WorkflowId
    output_dir: str
    more: list[str]

    @property
    def connection(self) -> Connection:
        return Connection(self.client, is_embedded=False)


def submit_it(call: Call) -> None:
    site = SiteOptions(output_dir=call.output_dir)
    carry_out(propose_submit(call.connection, call.slurm, call.workflow_id, site).proposal)


def regenerate_it(call: Call) -> None:
    site = SiteOptions(output_dir=call.output_dir)
    wanted = RegenerateRequest(site=site, call=call.more[0] or None)
    proposed = propose_regenerate(
        call.connection, call.slurm, HpcSettings(), call.workflow_id, wanted
    )
    carry_out(proposed.proposal)


def recover_it(call: Call) -> None:
    recover(call.connection, call.slurm, request(call.workflow_id, call.output_dir, *call.more))


def watch_it(call: Call) -> None:
    """Watch until a recovery was recorded as going on, or as over."""
    is_over = threading.Event()
    update = call.client.update_recovery

    def update_and_end(*arguments: Any) -> object:
        reply = update(*arguments)
        is_over.set()
        return reply

    call.client.update_recovery = update_and_end
    wanted = WatchRequest(
        workflow_id=call.workflow_id,
        options=WatchOptions(auto_schedule=True, poll_interval_s=1.0),
        site=SiteOptions(output_dir=call.output_dir),
        run=RunnerOptions(workflow_id=call.workflow_id),
    )
    watch(call.connection, call.slurm, wanted, SILENT, is_over)


class Operation(NamedTuple):
    call: Callable[[Call], None]
    changes: tuple[str, ...] = CHANGES
    dies_after: bool = False
    """Also after each change."""


OPERATIONS = {
    "submit": Operation(submit_it, dies_after=True),
    "regenerate": Operation(regenerate_it),
    "recover": Operation(recover_it),
    "watch": Operation(watch_it, (*CHANGES, "hold_recovery"), dies_after=True),
}


def main(name: str, last: str, url: str, workflow_id: str, output_dir: str, *more: str) -> None:
    operation = OPERATIONS[name]
    steps = count(1)

    def step() -> None:
        if next(steps) == int(last):
            os.kill(os.getpid(), signal.SIGKILL)

    def dying(change: Callable[..., Any]) -> Callable[..., Any]:
        def die_around(*arguments: Any, **options: Any) -> Any:
            step()
            reply = change(*arguments, **options)
            if operation.dies_after:
                step()
            return reply

        return die_around

    client = TorcClient(url)
    for each in operation.changes:
        setattr(client, each, dying(getattr(client, each)))
    slurm = Slurm(SystemClock(), Budget(10_000))
    slurm.submit = dying(slurm.submit)
    operation.call(Call(client, slurm, WorkflowId(int(workflow_id)), output_dir, list(more)))


main(*sys.argv[1:])
