"""The plan of a recovery as its record keeps it, and whether it can be continued. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from torc_core.decoders import convert
from torc_core.model.records.recovery import Recovery, RecoveryKind
from torc_core.operations.recovery.plan import PLAN_VERSION, RecoveryPlan


class Step(StrEnum):
    """The steps of a recovery, in their order; each can be repeated."""

    ADJUST = "adjust"
    """Requirements are raised, to absolute values."""
    HOOK = "hook"
    """The user's command has run. One that was interrupted runs again."""
    RESET = "reset"
    """Failed jobs are reset, and a new run has begun, once."""
    SUBMIT = "submit"
    """Allocations are planned and requested, or a run on this machine is prepared."""


class StoredPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All that must be known to continue a recovery."""

    recovery: RecoveryPlan
    hook: str | None = None
    """The command, to be compared with what the user says: what a server says is never run."""
    is_local: bool
    begins_run: bool
    """Jobs are reset or initialized; otherwise those that are ready only get workers."""


def read_stored(recovery: Recovery) -> StoredPlan | None:
    """Return the plan of a recovery; None if this version of torc cannot carry it out."""
    if recovery.kind != RecoveryKind.RECOVER:
        return None
    try:
        stored = convert(recovery.plan, StoredPlan)
    except msgspec.ValidationError:
        return None
    is_same = stored.recovery.workflow_id == recovery.workflow_id
    return stored if is_same and stored.recovery.version == PLAN_VERSION else None


def steps_left(recovery: Recovery) -> tuple[Step, ...]:
    """Return the steps that are not finished."""
    steps = tuple(Step)
    done = [each for each in steps if each == recovery.step]
    return steps[steps.index(done[0]) + 1 :] if done else steps


def may_continue(recovery: Recovery, stored: StoredPlan, *, hook: str | None, run_id: int) -> bool:
    """Return whether a plan still holds.

    Args:
        recovery: Its record.
        stored: The plan.
        hook: The hook that the user names now.
        run_id: The number of the workflow's present run.
    """
    planned = stored.recovery.run_id
    if run_id not in {planned, planned + stored.begins_run}:
        return False
    left = steps_left(recovery)
    if Step.RESET not in left and run_id != planned + stored.begins_run:
        return False
    return Step.HOOK not in left or hook == stored.hook
