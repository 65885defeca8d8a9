"""What an action may do: ask the user, carry out operations, and show their sentences."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from textual.app import App

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.host.connect import Connection
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.reporter import Proposal, Result
from torc_tui.keys.in_words import keyed
from torc_tui.screens.actions.performing import carry_out
from torc_tui.screens.dialogs.dialog import Dialog
from torc_tui.screens.session import Session
from torc_tui.watches import Watches

T = TypeVar("T")
R = TypeVar("R", bound=Result)


def no_workflow() -> UsageError:
    """Return the error of an action that needs a workflow where there is none."""
    hint = keyed("{workflow.create} creates one from a file.")
    return UsageError("There is no workflow here.", hint=hint)


class Selection:
    """What an action is about.

    Args:
        workflows: The open one, or the marked ones, else the one under the cursor.
        jobs: The marked ones, else the one under the cursor.
    """

    def __init__(self, workflows: Sequence[Workflow], jobs: Sequence[Job] = ()) -> None:
        self._workflows = workflows
        self._jobs = jobs

    @property
    def workflows(self) -> Sequence[Workflow]:
        """The workflows, at least one.

        Raises:
            UsageError: There is none.
        """
        if not self._workflows:
            raise no_workflow()
        return self._workflows

    @property
    def jobs(self) -> Sequence[Job]:
        """The jobs, at least one.

        Raises:
            UsageError: There is none.
        """
        if not (self._jobs or self._workflows):
            raise no_workflow()
        if not self._jobs:
            hint = keyed("{go.inside} goes to the jobs of the workflow; they are in its first tab.")
            raise UsageError("No job is chosen.", hint=hint)
        return self._jobs

    @property
    def first_job(self) -> Job | None:
        """The first of the jobs, if there are any."""
        return next(iter(self._jobs), None)


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may use; actions never touch widgets and never block."""

    app: App[object]
    session: Session
    watches: Watches
    may_change: Callable[[], Awaitable[bool]]
    """Whether what was selected may be changed, see `ReadOnly`; it asks if need be."""
    tell: Callable[[str], None]
    """Shows one line."""
    clear_ongoing: Callable[[], None]
    """Clears the line that says what is being done."""
    select: Callable[[Workflow], None]
    """Opens a workflow."""
    unmark: Callable[[Sequence[WorkflowId]], None]
    """Clears the marks of workflows."""
    list_jobs: Callable[[Workflow, Sequence[JobId], str], None]
    """Opens a workflow and lists only some of its jobs, under a name."""

    async def carry_out(
        self, propose: Callable[[Connection], Proposal[R]], *, is_agreed: bool = False
    ) -> R | None:
        """Ask the question of an operation, perform it and show its sentence.

        Args:
            propose: Makes the proposal; runs in a thread.
            is_agreed: The user has asked for just this: ask only if something speaks against it.

        Returns:
            The result, or None if the user declines.

        Raises:
            TorcError: It is refused, or the server did not answer.
        """
        if not await self.may_change():
            return None
        proposal = await self.run(propose)
        return await carry_out(proposal, self._perform, self.ask, self.tell, is_agreed=is_agreed)

    async def _perform(self, call: Callable[[], T], /) -> T:
        return await self.run(lambda _: call())

    async def ask(self, dialog: Dialog[T]) -> T | None:
        """Return the user's answer; None also when the dialog was dismissed."""
        self.clear_ongoing()
        return await self.app.push_screen_wait(dialog)

    async def call(self, do: Callable[[TorcClient], T]) -> T:
        """Return what the server answers.

        Raises:
            TorcError: The server refused it or did not answer.
        """
        return await self.session.requests.ask(do)

    async def run(self, do: Callable[[Connection], T]) -> T:
        """Return what a function of the connection returns; it may block, and may raise."""
        return await self.session.requests.run(do)
