"""Running actions in the background, and showing their errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.screen import Screen
from textual.worker import WorkType

from torc_core.errors import SpecError, TorcError
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.texts import error_text
from torc_tui.terminal import clean


class ActionRunner:
    """Runs actions in workers of a screen.

    Args:
        screen: Whose workers; errors that need more than a line are shown over it.
        done: Called with the error of an action, or None.
    """

    def __init__(self, screen: Screen[None], done: Callable[[TorcError | None], None]) -> None:
        self._screen = screen
        self._done = done

    def start(self, action: Callable[[], Awaitable[None]]) -> None:
        """Start an action."""

        async def carry_out() -> None:
            await self._await(action)

        # The function and not its coroutine, which would never run if the interface ends first.
        work: WorkType[None] = carry_out
        self._screen.run_worker(work)

    async def _await(self, action: Callable[[], Awaitable[None]]) -> None:
        try:
            await action()
        except TorcError as error:
            self._done(error)
            self._explain(error)
        else:
            self._done(None)

    def _explain(self, error: TorcError) -> None:
        """Show an error with all its lines, if one line does not hold it."""
        if isinstance(error, SpecError):
            title = f"Problems of {clean(error.source)}"
        elif len(error.message) + len(error.hint) < self._screen.size.width and (
            "\n" not in error.message
        ):
            return
        else:
            title = "Error"
        self._screen.app.push_screen(Reader(title, lambda width: error_text(error, width)))
