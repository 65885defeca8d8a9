"""What an action may do: ask the user, carry out operations, and show their sentences."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from textual.app import App

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.operations.reporter import Notice, Proposal, Question, Result
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.confirm import Confirm, ConfirmByName
from torc_tui.screens.dialogs.dialog import Dialog

T = TypeVar("T")
R = TypeVar("R", bound=Result)


class Selection:
    """What an action is about.

    Args:
        workflow: The open one, or the one under the cursor.
        jobs: The marked ones, else the one under the cursor.
    """

    def __init__(self, workflow: Workflow | None, jobs: Sequence[Job] = ()) -> None:
        self._workflow = workflow
        self._jobs = jobs

    @property
    def workflow(self) -> Workflow:
        """The workflow.

        Raises:
            UsageError: There is none.
        """
        if self._workflow is None:
            raise UsageError("There is no workflow here.", hint="n creates one from a file.")
        return self._workflow

    @property
    def jobs(self) -> Sequence[Job]:
        """The jobs, at least one.

        Raises:
            UsageError: There is none.
        """
        if not self._jobs:
            raise UsageError("No job is chosen.", hint="Jobs are in the first tab of a workflow.")
        return self._jobs


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may use; actions never touch widgets and never block."""

    app: App[object]
    requests: Requests
    user: str
    run_options: RunnerOptions
    """What the configuration says of runs; names no workflow."""
    slurm: Slurm
    """The programs of this machine's cluster."""
    site: SiteOptions
    """Where the workers of submissions work."""
    tell: Callable[[str], None]
    """Shows one line."""
    select: Callable[[Workflow], None]
    """Opens a workflow."""

    async def carry_out(self, propose: Callable[[Connection], Proposal[R]]) -> R | None:
        """Ask the question of an operation, perform it and show its sentence.

        Args:
            propose: Makes the proposal; runs in a thread.

        Returns:
            The result, or None if the user declines.

        Raises:
            TorcError: It is refused, or the server did not answer.
        """
        proposal = await self.run(propose)
        question = proposal.question
        if question is not None and not await self.ask(dialog_of(proposal, question)):
            return None
        reporter = LineReporter(self.tell)
        force = proposal.objection is not None
        result = await self.run(lambda _: proposal.perform(reporter, force=force))
        self.tell(result.sentence)
        return result

    async def ask(self, dialog: Dialog[T]) -> T | None:
        """Return the user's answer; None also when the dialog was dismissed."""
        return await self.app.push_screen_wait(dialog)

    async def call(self, do: Callable[[TorcClient], T]) -> T:
        """Return what the server answers.

        Raises:
            TorcError: The server refused it or did not answer.
        """
        return await self.requests.ask(do)

    async def run(self, do: Callable[[Connection], T]) -> T:
        """Return what a function of the connection returns; it may block, and may raise."""
        return await self.requests.run(do)


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
        with contextlib.suppress(RuntimeError):  # the interface, and its loop, have ended
            self._loop.call_soon_threadsafe(self._tell, notice.sentence, context=self._context)

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
        *question.lines,
    ]
    if question.typed_name is not None:
        return ConfirmByName(question.sentence, lines, question.typed_name)
    is_danger = question.is_danger or objection is not None
    return Confirm(question.sentence, lines, is_danger=is_danger)
