"""What an action may do: ask the person, ask the server, and say what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from textual.app import App

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.host.connect import Connection
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_tui.screens.dialog import Dialog
from torc_tui.state.fetcher import Fetcher

T = TypeVar("T")
_numbers = count()


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
    fetcher: Fetcher
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
        return await self.run(lambda connection: do(connection.client))

    async def run(self, do: Callable[[Connection], T]) -> T:
        """Return what a function of the connection returns; it may block, and may raise."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(answer: T) -> None:
            if not future.done():
                future.set_result(answer)

        def failed(error: Exception) -> None:
            if not future.done():
                future.set_exception(error)

        fetcher = self.fetcher
        fetcher.ask(f"action {next(_numbers)}", lambda: do(fetcher.connection()), done, failed)
        return await future
