"""Processes of workflow runs, as their records name them."""

from __future__ import annotations

import os
import sys
import time

import psutil

from torc_core.decoders import convert
from torc_core.host.process import ProcessIdentity
from torc_core.model.records.workflow_run import RunProcess


def this_process() -> RunProcess:
    """Return the identity of this process."""
    return convert(ProcessIdentity.of(os.getpid()), RunProcess, from_attributes=True)


def process_age_s() -> float:
    """Return how many seconds ago this process started, to a hundredth.

    The times of /proc count from the boot; in seconds since 1970 they are off by up to one.
    """
    started = this_process().pid_start / os.sysconf("SC_CLK_TCK")
    return max(_since_boot_s() - started, 0.0)


def is_gone(process: RunProcess) -> bool:
    """Return whether a process is known to have ended; of other machines nothing is known."""
    identity = convert(process, ProcessIdentity, from_attributes=True)
    return identity.is_local() and not identity.is_alive()


def _since_boot_s() -> float:
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time() - psutil.boot_time()
