"""Watches of this interface: each is carried out by a thread, and ends with the interface."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from torc_core.errors import TorcError
from torc_core.host.connect import Connection
from torc_core.host.program import as_error
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Workflow
from torc_tui.keys.in_words import keyed
from torc_tui.state.head.watch import WatchState

if TYPE_CHECKING:  # the interface watches nothing when it starts
    from torc_core.operations.recovery.watch.decide import Decision
    from torc_core.operations.recovery.watch.notices import Watched
    from torc_core.operations.recovery.watch.situation import Situation
    from torc_core.operations.recovery.watch.watch import Decided

END_S = 5.0
"""How long the interface waits for watches at its end. A recovery that is cut off is continued by
the next watch, or by `torc recover`."""


class Watching(Protocol):
    """What a watch does in its thread."""

    def __call__(self, is_over: threading.Event, *, decided: Decided) -> Watched | None:
        """Watch until it is over; report each decision."""


class _Watch:
    """One watch. It speaks in the event loop in which it was made."""

    def __init__(self, connection: Connection, state: WatchState) -> None:
        self._connection = connection
        self.state = state
        self.is_over = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()

    def is_of(self, url: str | None, workflow_id: WorkflowId | None) -> bool:
        """Return whether it watches a workflow; servers number theirs alike, and may move."""
        return self._connection.client.url == url and self.state.workflow_id == workflow_id

    def start(self, work: Callable[[], object]) -> None:
        """Do something in the thread of the watch."""
        name = f"watch {self.state.workflow_id}"
        self._thread = threading.Thread(target=work, name=name, daemon=True)
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the end of the thread."""
        self._thread.join(timeout_s)

    def say(self, function: Callable[..., object], *news: object) -> None:
        """Call something with this watch and news of it, from its thread."""
        with contextlib.suppress(RuntimeError):  # the interface, and its loop, have ended
            self._loop.call_soon_threadsafe(function, self, *news, context=self._context)


class Watches:
    """At most one watch for each workflow.

    Args:
        changed: Called when a watch has begun, decided something, or ended.
        tell: Shows one line.
    """

    def __init__(self, changed: Callable[[], object], tell: Callable[[str], object]) -> None:
        self._changed = changed
        self._tell = tell
        self._watches: list[_Watch] = []

    def look(
        self, url: str | None, workflow: Workflow | None
    ) -> tuple[WatchState | None, Sequence[WatchState]]:
        """Return the watch of a workflow, if there is one, and all others."""
        own = None if workflow is None else self._find(url, workflow.id)
        others = [each.state for each in self._watches if each is not own]
        return None if own is None else own.state, others

    @property
    def workflow_ids(self) -> Sequence[int]:
        """The workflows that are watched."""
        return [each.state.workflow_id for each in self._watches]

    def start(self, connection: Connection, state: WatchState, watch: Watching) -> None:
        """Begin to watch a workflow that is not watched yet.

        Args:
            connection: Its server; the watch stays with it wherever the interface goes.
            state: Which workflow, and how often it may be recovered.
            watch: Watches it.
        """
        new = _Watch(connection, state)

        def decided(situation: Situation, decision: Decision) -> None:
            new.say(self._note, situation.finished_retries, decision)

        def work() -> None:
            try:
                outcome: Watched | TorcError | None = watch(new.is_over, decided=decided)
            except TorcError as error:
                outcome = error
            except Exception as error:  # noqa: BLE001 - the interface must learn of its end
                outcome = as_error(error)
            new.say(self._end, outcome)

        self._watches.append(new)
        new.start(work)
        self._changed()

    def stop(self, url: str, workflow_id: WorkflowId) -> bool:
        """Stop the watch of a workflow, after what it is doing; return whether there was one."""
        found = self._find(url, workflow_id)
        if found is None:
            return False
        self._watches.remove(found)
        found.is_over.set()
        self._changed()
        return True

    def stop_all(self) -> Sequence[int]:
        """Stop all, wait a moment for what they are doing, and return whose they were."""
        workflow_ids = self.workflow_ids
        watches = list(self._watches)
        self._watches.clear()
        for each in watches:
            each.is_over.set()
        deadline = time.monotonic() + END_S
        for each in watches:
            each.join(max(0.0, deadline - time.monotonic()))
        return workflow_ids

    def _find(self, url: str | None, workflow_id: WorkflowId | None) -> _Watch | None:
        return next((each for each in self._watches if each.is_of(url, workflow_id)), None)

    def _note(self, noted: _Watch, retries: int, decision: Decision) -> None:
        noted.state = replace(noted.state, retries=retries, decision=decision)
        self._changed()

    def _end(self, ended: _Watch, outcome: Watched | TorcError | None) -> None:
        if ended not in self._watches:  # it was stopped
            return
        self._watches.remove(ended)
        ended.is_over.set()  # for the threads that have waited for that
        said = f"Watch of #{ended.state.workflow_id} ended:"
        if isinstance(outcome, TorcError):
            self._tell(f"{said} {outcome.message}  {outcome.hint}")
        elif outcome is not None:
            why = keyed(" {workflow.plan_recovery} shows why.") if outcome.exit_code else ""
            self._tell(f"{said} {outcome.sentence}{why}")
        self._changed()


def command_for(workflow_id: int) -> str:
    """Return the command that watches like the interface, and without it."""
    return f"torc watch {workflow_id} --recover --auto-schedule"
