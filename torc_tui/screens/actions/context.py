"""What an action may do: ask the user, carry out operations, and show their sentences."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
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
from torc_core.operations.reporter import Notice, Proposal, Question, Result
from torc_tui.keys.awaited import await_no_more
from torc_tui.keys.in_words import in_keys, keyed
from torc_tui.screens.dialogs.confirm import Confirm, ConfirmByName
from torc_tui.screens.dialogs.dialog import Dialog
from torc_tui.screens.session import Session
from torc_tui.watches import Watches

T = TypeVar("T")
R = TypeVar("R", bound=Result)

_DOTS = "..."
"""The end of a sentence that says what is being done."""


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
        question = proposal.question
        is_clear = is_agreed and proposal.objection is None and not proposal.warnings
        if not (question is None or is_clear or await self.ask(dialog_of(proposal, question))):
            return None
        reporter = LineReporter(self.tell)
        force = proposal.objection is not None
        await_no_more()
        result = await self.run(lambda _: proposal.perform(reporter, force=force))
        self.tell(in_keys(result.sentence))
        return result

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


class LineReporter:
    """Shows progress and warnings in one line, from the thread of an operation.

    Args:
        tell: Shows a line; called in the event loop in which the reporter was made.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()

    def progress(self, notice: Notice, done: float | None = None) -> None:  # noqa: ARG002
        """Show it."""
        said = notice.sentence
        if said.endswith(_DOTS):  # as commands print it; the message line knows the other sign
            said = said.removesuffix(_DOTS) + " …"
        with contextlib.suppress(RuntimeError):  # the interface, and its loop, have ended
            self._loop.call_soon_threadsafe(self._tell, said, context=self._context)

    warn = progress

    def confirm(self, question: Question) -> bool:  # noqa: ARG002 - a dialog asked before
        """Agree."""
        return True


def dialog_of(proposal: Proposal[R], question: Question) -> Dialog[bool]:
    """Return the dialog that asks for an operation: an objection and warnings come first."""
    objection = proposal.objection
    lines = [
        *([] if objection is None else [objection.message]),
        *(warning.sentence for warning in proposal.warnings),
        *map(in_keys, question.lines),
    ]
    if question.typed_name is not None:
        return ConfirmByName(question.sentence, lines, question.typed_name)
    is_danger = question.is_danger or objection is not None
    return Confirm(question.sentence, lines, is_danger=is_danger)
