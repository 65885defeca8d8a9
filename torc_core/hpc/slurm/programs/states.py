"""The states of Slurm's jobs: where an allocation is in its life, and why it ended. Pure.

Source: https://slurm.schedmd.com/squeue.html, "JOB STATE CODES", and
https://slurm.schedmd.com/sacct.html, "JOB STATE CODES", of Slurm 22.05 to 25.05.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """The known state of an allocation."""

    PENDING = "pending"
    """It waits for nodes, or for them to boot: its script has not begun."""
    RUNNING = "running"
    ENDING = "ending"
    """Its script has ended or is being ended, its nodes are not free yet."""
    ENDED = "ended"
    UNKNOWN_YET = "unknown_yet"
    """Slurm was not asked yet; or it has left the queue, and accounting, which lags, does not know
    its end yet."""
    GONE = "gone"
    """Neither the queue nor accounting knows it, and none will: it is over, how is not known."""


UNFINISHED_PHASES = frozenset({Phase.PENDING, Phase.RUNNING, Phase.ENDING, Phase.UNKNOWN_YET})


class Cause(StrEnum):
    """What ended an allocation."""

    EXIT = "exit"
    """Its script, with whatever exit code."""
    CANCELED = "canceled"
    """A user or an administrator."""
    TIME = "time"
    """Its time limit or its deadline."""
    MEMORY = "memory"
    NODE = "node"
    """A node failed, did not boot, or did not start it."""
    PREEMPTED = "preempted"
    """Slurm gave its nodes to others."""


class SlurmState(msgspec.Struct, frozen=True):
    """One of the words with which Slurm says how a job is."""

    name: str
    phase: Phase | None = None
    """None if the word is not known; it is shown as it is."""
    cause: Cause | None = None
    """Only of jobs that have ended."""


_OF_PHASE: Mapping[Phase, tuple[str, ...]] = {
    Phase.PENDING: (
        *("PENDING", "CONFIGURING", "EXPEDITING", "POWER_UP_NODE", "RESV_DEL_HOLD"),
        *("REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT"),
    ),
    Phase.RUNNING: ("RUNNING", "RESIZING", "SIGNALING", "STOPPED", "SUSPENDED"),
    Phase.ENDING: ("COMPLETING", "STAGE_OUT", "UPDATE_DB"),
}
_OF_CAUSE: Mapping[Cause, tuple[str, ...]] = {
    Cause.EXIT: ("COMPLETED", "FAILED"),
    Cause.CANCELED: ("CANCELLED", "REVOKED"),
    Cause.TIME: ("TIMEOUT", "DEADLINE"),
    Cause.MEMORY: ("OUT_OF_MEMORY",),
    Cause.NODE: ("NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED", "RECONFIG_FAIL"),
    Cause.PREEMPTED: ("PREEMPTED",),
}
STATES: Mapping[str, SlurmState] = {
    **{name: SlurmState(name, phase) for phase, names in _OF_PHASE.items() for name in names},
    **{
        name: SlurmState(name, Phase.ENDED, cause)
        for cause, names in _OF_CAUSE.items()
        for name in names
    },
}
"""Every state that the manual pages name."""


def read_state(text: str) -> SlurmState:
    """Return the state that `squeue` or `sacct` prints.

    Args:
        text: A word; `sacct` adds to it who canceled ("CANCELLED by 1000"), and a plus sign where
            it cuts that short.
    """
    word = text.strip()
    name = word.partition(" ")[0].removesuffix("+").upper()
    return STATES.get(name) or SlurmState(word)
