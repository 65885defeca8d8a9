"""Holding the record of a recovery: one process carries it out, another continues what it left.

The server keeps the record. Its holder says something at least every minute, or another may take
the recovery over; so who carries out a step first makes sure that the recovery is still its own.
On the machine of a holder that was killed the others need not wait for so long.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

import msgspec

from torc_core.client import Feature, TorcClient, every_item
from torc_core.errors import ConflictError, ServerError, TorcError, TransportError
from torc_core.host.process_name import is_known_dead, new_process_name
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.records.recovery import (
    HOLD_S,
    Recovery,
    RecoveryKind,
    RecoveryOutcome,
    RecoveryPatch,
)
from torc_core.operations.reporter import PlainNotice

_RENEW_S = HOLD_S / 4
"""Between two signs of life; some of them may get lost."""
SETTLE_S = 5.0
"""From the death of a holder until what it asked of Slurm last can be seen in the queue."""
_NO_ANSWER = (TransportError, ServerError)
"""What says nothing of the recovery: its holder tries again, or another continues it."""
NOT_KEPT = PlainNotice(
    "This server keeps no records of recoveries: make sure that no one else recovers this "
    "workflow now, and that one that was interrupted is looked at."
)


def read_recoveries(client: TorcClient, workflow_id: WorkflowId) -> list[Recovery]:
    """Return the recoveries of a workflow, newest first; none if the server keeps no records.

    One whose holder was killed on this machine is not held.
    """
    if not client.offers(Feature.RECOVERIES):
        return []
    return [
        msgspec.structs.replace(each, is_held=each.is_held and not is_known_dead(each.holder))
        for each in every_item(client.list_recoveries, workflow_id)
    ]


def find_unfinished(recoveries: list[Recovery]) -> Recovery | None:
    """Return the one that has not ended, if there is one. Pure."""
    return next((each for each in recoveries if each.ended_at is None), None)


def next_number(recoveries: list[Recovery], kind: RecoveryKind, run_id: int) -> int:
    """Return the number of the next recovery of a kind in a run. Pure."""
    own = (each.number for each in recoveries if (each.kind, each.run_id) == (kind, run_id))
    return max(own, default=0) + 1


def begin_recovery(
    client: TorcClient,
    workflow_id: WorkflowId,
    kind: RecoveryKind,
    run_id: int,
    number: int,
    plan: object,
) -> Held:
    """Record that a recovery begins; a server of the reference keeps no record.

    Args:
        client: The server.
        workflow_id: The workflow.
        kind: What it does.
        run_id: The number of the workflow's run.
        number: That of the recovery, as `next_number` has it.
        plan: What is done, of plain values or structs.

    Raises:
        ConflictError: Another one acts, or has acted; or the workflow is archived, or in another
            run.
    """
    record = Recovery(
        workflow_id=workflow_id,
        kind=kind,
        run_id=run_id,
        number=number,
        plan=msgspec.to_builtins(plan),
        holder=new_process_name(),
    )
    if client.offers(Feature.RECOVERIES):
        record = client.create_recovery(record)
    return Held(client, record)


def take_over(
    client: TorcClient, recovery: Recovery, *, pause: Callable[[float], None] = time.sleep
) -> Held:
    """Continue a recovery whose holder is silent, or was killed here.

    Raises:
        ConflictError: Another one holds it, or it has ended; or the workflow is archived.
    """
    hold = partial(client.hold_recovery, id_of(recovery), new_process_name())
    try:
        return Held(client, hold())
    except ConflictError:
        if not is_known_dead(recovery.holder):
            raise
    pause(SETTLE_S)
    release = RecoveryPatch(holder=recovery.holder, is_released=True)
    client.update_recovery(id_of(recovery), release)
    return Held(client, hold())


class Held:
    """A recovery that this process carries out; a context manager, in which it stays so.

    If the block ends with a refusal, so does the recovery. Where a server did not answer, or the
    process is interrupted, another may take it over at once; if it is killed, another on its
    machine after seconds, and elsewhere after a minute.

    Args:
        client: The server.
        recovery: Its record, which this process holds.
        renew_s: How long after one sign of life the next one is given.
    """

    def __init__(self, client: TorcClient, recovery: Recovery, renew_s: float = _RENEW_S) -> None:
        self.recovery = recovery
        """As it was begun or taken over: its plan, and its last step."""
        self._client = client
        self._renew_s = renew_s
        self._has_ended = False
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="recovery", daemon=True)

    @property
    def plan(self) -> Any:
        """What is to be done, of plain values."""
        return self.recovery.plan

    @property
    def is_kept(self) -> bool:
        """Whether the server keeps a record of it, so that no other process acts."""
        return self.recovery.id is not None

    def __enter__(self) -> Self:
        if self.is_kept:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()
        if error is None or self._has_ended:
            return
        is_refusal = isinstance(error, TorcError) and not isinstance(error, _NO_ANSWER)
        # The error matters more than its record, which another process may have taken over.
        with contextlib.suppress(TorcError):
            if is_refusal:
                self.end(RecoveryOutcome.FAILED, str(error))
            else:
                self._report(is_released=True)

    def check(self) -> None:
        """Make sure that it is this process still that carries it out.

        Raises:
            ConflictError: Another one has taken it over.
        """
        if self.is_kept:
            self._client.hold_recovery(id_of(self.recovery), self.recovery.holder)

    def step(self, name: str, message: str | None = None) -> None:
        """Record that a step is finished.

        Raises:
            ConflictError: Another one has taken it over.
        """
        self._report(step=name, message=message)

    def end(self, outcome: RecoveryOutcome, message: str | None = None) -> None:
        """Record how it ended.

        Raises:
            ConflictError: Another one has taken it over.
        """
        self._report(outcome=outcome, message=message)
        self._has_ended = True

    def _report(self, **news: Any) -> None:
        if self.is_kept:
            patch = RecoveryPatch(holder=self.recovery.holder, **news)
            self._client.update_recovery(id_of(self.recovery), patch)

    def _renew(self) -> None:
        while not self._is_over.wait(self._renew_s):
            try:
                self.check()
            except _NO_ANSWER:
                pass  # the next one may get through
            except TorcError:
                return  # the next step says so
