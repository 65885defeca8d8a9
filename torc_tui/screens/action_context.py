"""What an action may do: ask the person, ask the server, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from textual.app import App

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.host.connect import Connection
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_tui.requests import Requests
from torc_tui.screens.dialogs.dialog import Dialog

T = TypeVar("T")


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
    """Where actions are carried out; they never touch widgets and never block."""

    app: App[object]
    requests: Requests
    user: str
    tell: Callable[[str], None]
    """Shows one line to the person."""
    select: Callable[[Workflow], None]
    """Opens a workflow."""

    async def ask(self, dialog: Dialog[T]) -> T | None:
        """Return the person's answer; None also when the dialog was taken away."""
        return await self.app.push_screen_wait(dialog)

    async def call(self, do: Callable[[TorcClient], T]) -> T:
        """Return what the server answers.

        Raises:
            TorcError: The server's refusal, or its absence.
        """
        return await self.requests.ask(do)

    async def run(self, do: Callable[[Connection], T]) -> T:
        """Return what a function of the connection returns; it may block, and may raise."""
        return await self.requests.run(do)
