"""An unfinished recovery: waiting to see whether its holder is alive, and continuing it."""

from __future__ import annotations

import time
from collections.abc import Callable

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, NotFoundError
from torc_core.model.ids import id_of
from torc_core.model.records.recovery import HOLD_S, Recovery, RecoveryOutcome
from torc_core.operations.recovery.record import Held, read_recoveries, take_over
from torc_core.operations.reporter import PlainNotice, Reporter

_LOOK_S = 1.0


def continue_silent(
    client: TorcClient,
    recovery: Recovery,
    reporter: Reporter,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Held:
    """Take a recovery over once its holder is silent.

    Args:
        client: The server.
        recovery: Its record.
        reporter: Reports the waiting.
        pause: Waits so many seconds.

    Raises:
        ConflictError: Its holder is alive, or another one was faster; or it has ended meanwhile.
    """
    now = _wait_for_silence(client, recovery, reporter, pause)
    if now.ended_at is not None:
        what = f": {now.message}" if now.message else "."
        raise ConflictError(
            f"{now.holder} has ended the recovery of workflow {now.workflow_id} as {now.outcome}"
            f"{what}",
            hint=f"Look at the workflow again: torc recover {now.workflow_id} --dry-run",
        )
    return take_over(client, now, pause=pause)


def abandon(
    client: TorcClient,
    recovery: Recovery,
    reporter: Reporter,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """End a recovery that cannot be continued.

    Raises:
        ConflictError: Its holder is alive.
    """
    now = _wait_for_silence(client, recovery, reporter, pause)
    if now.ended_at is None:
        held = take_over(client, now, pause=pause)
        held.end(RecoveryOutcome.ABANDONED, "What it had planned does not hold any more.")


def refusal(recovery: Recovery) -> ConflictError:
    """Return why no one else may recover a workflow now. Pure."""
    return ConflictError(
        f"Workflow {recovery.workflow_id} is being recovered by {recovery.holder}.",
        hint="Wait until that has ended; see: "
        f"torc events list {recovery.workflow_id} --type recovery_ended",
    )


def _wait_for_silence(
    client: TorcClient, recovery: Recovery, reporter: Reporter, pause: Callable[[float], None]
) -> Recovery:
    """Return the record of a recovery once its holder is silent or has ended it."""
    now = recovery
    if now.is_held:
        reporter.progress(
            PlainNotice(
                f"{now.holder} began to recover this workflow; waiting to see if it still does, "
                f"for {HOLD_S} seconds at most..."
            )
        )
    while now.is_held:
        if now.holder != recovery.holder or now.held_until != recovery.held_until:
            raise refusal(now)
        pause(_LOOK_S)
        now = _read(client, recovery)
    return now


def _read(client: TorcClient, recovery: Recovery) -> Recovery:
    for each in read_recoveries(client, recovery.workflow_id):
        if each.id == recovery.id:
            return each
    raise NotFoundError.of("recovery", id_of(recovery))
