"""What tests ask of a recovery."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from torc_core.config.hpc import HpcSettings
from torc_core.model.ids import WorkflowId
from torc_core.model.records.recovery import HOLD_S
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.recover import RecoverRequest
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.runner.policy.options import RunnerOptions


def request(workflow_id, output, hook=None):
    return RecoverRequest(
        workflow_id=workflow_id,
        options=RecoveryOptions(hook=hook),
        run=RunnerOptions(workflow_id=WorkflowId(0), output_dir=output),
        site=SiteOptions(output_dir=output),
        settings=HpcSettings(),
        user="tester",
    )


def fall_silent(database):
    """Let the time of all holders pass, in the file of a server."""
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("UPDATE recovery SET held_until = held_until - ?", (HOLD_S * 1000 + 1,))
