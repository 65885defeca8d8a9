"""How the interface carries out an operation: ask its question, perform it, show its sentence."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from textual.app import App

from torc_core.operations.reporter import Notice, Proposal, Question, Result
from torc_tui.keys.awaited import await_no_more
from torc_tui.keys.in_words import in_keys
from torc_tui.requests import Requests
from torc_tui.screens.actions.read_only import refusal
from torc_tui.screens.dialogs.confirm import Confirm, ConfirmByName
from torc_tui.screens.dialogs.dialog import Dialog

T = TypeVar("T")
R = TypeVar("R", bound=Result)

Ask = Callable[[Dialog[bool]], Awaitable[bool | None]]
Tell = Callable[[str], None]

_DOTS = "..."
"""The end of a sentence that says what is being done."""


class InThread(Protocol):
    """Calls a function that may block, in a thread."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        """Return what it returns."""


class LineReporter:
    """Shows progress and warnings in one line, from the thread of an operation.

    Args:
        tell: Shows a line; called in the event loop in which the reporter was made.
    """

    def __init__(self, tell: Tell) -> None:
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

    def warn(self, warning: Notice) -> None:
        """Show it."""
        self.progress(warning)

    def confirm(self, question: Question) -> bool:  # noqa: ARG002 - a dialog asked before
        """Agree."""
        return True


class CreationReporter(LineReporter):
    """Keeps warnings for the question that follows a creation: it would cover a line.

    Args:
        tell: Shows a line of progress.
    """

    def __init__(self, tell: Tell) -> None:
        super().__init__(tell)
        self.warnings: list[Notice] = []

    def warn(self, warning: Notice) -> None:
        """Keep it."""
        self.warnings.append(warning)


async def carry_out(
    proposal: Proposal[R],
    in_thread: InThread,
    ask: Ask,
    tell: Tell,
    *,
    is_agreed: bool = False,
) -> R | None:
    """Ask the question of an operation, perform it and show its sentence.

    Once it is agreed to, keys are answered while it goes on.

    Args:
        proposal: The operation.
        in_thread: Performs it.
        ask: Shows a dialog; to be called in a worker.
        tell: Shows a line.
        is_agreed: The user has asked for just this: ask only if something speaks against it.

    Returns:
        The result, or None if the user declines.

    Raises:
        TorcError: It is refused, or the server did not answer.
    """
    if not await agrees(proposal, ask, is_agreed=is_agreed):
        return None
    await_no_more()
    reporter, force = LineReporter(tell), proposal.objection is not None
    result = await in_thread(lambda: proposal.perform(reporter, force=force))
    tell(in_keys(result.sentence))
    return result


async def carry_out_here(
    app: App[object], requests: Requests, propose: Callable[[], Proposal[R]], tell: Tell
) -> R | None:
    """Carry out an operation on this machine, without a server.

    Args:
        app: Shows the question; to be called in a worker.
        requests: Its threads propose and perform.
        propose: Makes the proposal; called in a thread.
        tell: Shows a line.

    Returns:
        The result, or None if the user declines.

    Raises:
        TorcError: It is refused, as everything is in a read-only interface.
    """
    if requests.is_read_only:
        raise refusal("This")
    proposal = await requests.in_thread(propose)
    return await carry_out(proposal, requests.in_thread, app.push_screen_wait, tell)


async def agrees(proposal: Proposal[R], ask: Ask, *, is_agreed: bool = False) -> bool:
    """Return whether the user agrees to an operation; ask if there is something to ask.

    Args:
        proposal: The operation.
        ask: Shows a dialog; to be called in a worker.
        is_agreed: The user has asked for just this: ask only if something speaks against it.
    """
    question = proposal.question
    is_clear = is_agreed and proposal.objection is None and not proposal.warnings
    return question is None or is_clear or bool(await ask(_dialog_of(proposal, question)))


def _dialog_of(proposal: Proposal[R], question: Question) -> Dialog[bool]:
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
