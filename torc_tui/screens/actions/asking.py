"""Asking before something of this machine is changed, without a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.app import App

from torc_core.errors import UsageError
from torc_core.operations.reporter import SILENT, Proposal, Result
from torc_tui.keys.awaited import await_no_more
from torc_tui.requests import Requests
from torc_tui.screens.actions.context import dialog_of

R = TypeVar("R", bound=Result)


async def carry_out_here(
    app: App[object], requests: Requests, propose: Callable[[], Proposal[R]]
) -> R | None:
    """Ask the question of an operation on this machine, and perform it.

    Args:
        app: Shows the question; to be called in a worker.
        requests: Its threads propose and perform.
        propose: Makes the proposal; called in a thread.

    Returns:
        The result, or None if the user declines.

    Raises:
        TorcError: It is refused, as everything is in a read-only interface.
    """
    if requests.is_read_only:
        raise UsageError(
            "Refused: the interface is read-only.", hint="Start it without --readonly."
        )
    proposal = await requests.in_thread(propose)
    question = proposal.question
    if question is not None and not await app.push_screen_wait(dialog_of(proposal, question)):
        return None
    await_no_more()
    return await requests.in_thread(lambda: proposal.perform(SILENT, force=False))
