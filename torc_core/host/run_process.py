"""Processes of workflow runs, as their records name them."""

from __future__ import annotations

import os

import msgspec

from torc_core.host.process import ProcessIdentity
from torc_core.model.records.workflow_run import RunProcess


def this_process() -> RunProcess:
    """Return the identity of this process."""
    return msgspec.convert(ProcessIdentity.of(os.getpid()), RunProcess, from_attributes=True)


def is_gone(process: RunProcess) -> bool:
    """Return whether a process is known to have ended; of other machines nothing is known."""
    identity = msgspec.convert(process, ProcessIdentity, from_attributes=True)
    return identity.is_local() and not identity.is_alive()
