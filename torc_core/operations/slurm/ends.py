"""How allocations ended, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Cause, Phase

_OF_CAUSE: Mapping[Cause, str] = {
    Cause.CANCELED: "canceled",
    Cause.TIME: "out of time",
    Cause.MEMORY: "out of memory",
    Cause.NODE: "lost a node",
    Cause.PREEMPTED: "preempted",
}


def end_words(view: AllocationView | None) -> str:
    """Return how an allocation ended, such as "Allocation terminated: out of time".

    Args:
        view: What Slurm says; None if nothing is known of it.
    """
    if view is not None and view.phase is Phase.PENDING:
        return "Allocation requeued"
    how = None if view is None else _how(view)
    return "Allocation terminated" + (f": {how}" if how else "")


def _how(view: AllocationView) -> str | None:
    if view.cause is not None and view.cause in _OF_CAUSE:
        return _OF_CAUSE[view.cause]
    return f"exit code {view.exit_code}" if view.exit_code else None
