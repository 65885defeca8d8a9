"""Running actions in the background, and showing their errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.screen import Screen
from textual.worker import WorkType

from torc_core.errors import SpecError, TorcError
from torc_core.host.program import as_error
from torc_tui.keys.awaited import AWAITED
from torc_tui.keys.in_words import in_keys
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.state.texts.layout import error_text
from torc_tui.terminal import clean


class ActionRunner:
    """Runs actions in workers of a screen.

    Args:
        screen: Whose workers; errors that need more than a line are shown over it.
        done: Called with the error of an action, or None.
    """

    def __init__(self, screen: Screen[None], done: Callable[[TorcError | None], None]) -> None:
        self.screen = screen
        self._done = done

    def start(self, action: Callable[[], Awaitable[None]], *, is_asked_for: bool = True) -> None:
        """Start an action.

        Args:
            action: What is done.
            is_asked_for: The user did, so that the next keys are for the screen that it opens.
        """

        async def carry_out() -> None:
            await self._await(action)

        # The function and not its coroutine, which would never run if the interface ends first.
        work: WorkType[None] = carry_out
        self.screen.run_worker(work, name=AWAITED if is_asked_for else "")

    async def _await(self, action: Callable[[], Awaitable[None]]) -> None:
        failure: TorcError | None = None
        try:
            await action()
        except TorcError as error:
            failure = error
        except OSError as error:  # such as a full disk
            failure = as_error(error)
        if not self.screen.is_attached:
            return  # the interface has ended meanwhile
        if failure is None:
            self._done(None)
        else:
            self._fail(failure)

    def _fail(self, error: TorcError) -> None:
        error.hint = in_keys(error.hint)
        self._done(error)
        self._explain(error)

    def _explain(self, error: TorcError) -> None:
        """Show an error with all its lines, if one line does not hold it."""
        if isinstance(error, SpecError):
            title = f"Problems of {clean(error.source)}"
        elif len(error.message) + len(error.hint) < self.screen.size.width and (
            "\n" not in error.message
        ):
            return
        else:
            title = "Error"
        self.screen.app.push_screen(Reader(title, lambda width: error_text(error, width)))
