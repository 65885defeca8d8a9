"""Checking a draft while it is typed: in a thread, once nothing more is typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import WorkType

from torc_core.errors import TorcError
from torc_core.spec.convert import Format
from torc_core.spec.draft.check import Checked, check_draft
from torc_core.spec.draft.draft import Draft
from torc_core.spec.load import surroundings_here
from torc_tui.requests import Requests
from torc_tui.state.creating.review import review
from torc_tui.state.graph.drawn import Drawing

REST_S = 0.25
"""A draft is checked when nothing was typed for so long."""

Asked = tuple[Draft, Format | None]
"""A draft, and the format in which it is shown, if it is."""


class DraftChecks:
    """Checks drafts, one at a time, as a large one takes long.

    Args:
        screen: Gets the messages.
        requests: Its threads check.
        present: Returns what there is to check.
    """

    @dataclass
    class Done(Message):
        """A draft was checked; by now there may be another one."""

        asked: Asked
        checked: Checked
        drawing: Drawing | None
        """How it looks in its format."""

    @dataclass
    class Failed(Message):
        """A draft could not be checked, or nothing made of it."""

        error: TorcError

    def __init__(
        self, screen: Screen[Any], requests: Requests, present: Callable[[], Asked]
    ) -> None:
        self._screen = screen
        self._requests = requests
        self._present = present
        self._timer: Timer | None = None
        self._is_checking = False

    def begin_at_rest(self) -> None:
        """Check once nothing more is typed; to be called with every change."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(REST_S, self._begin)

    async def check(self, draft: Draft) -> Checked:
        """Return what a draft becomes.

        Raises:
            TorcError: It cannot be checked.
        """
        checked, _ = await self._requests.in_thread(partial(_look_at, draft, None))
        return checked

    def _begin(self) -> None:
        if not self._is_checking:
            work: WorkType[None] = self._check
            self._screen.run_worker(work, group="check")

    async def _check(self) -> None:
        self._is_checking = True
        asked = self._present()
        try:
            checked, drawing = await self._requests.in_thread(partial(_look_at, *asked))
        except TorcError as error:
            self._screen.post_message(self.Failed(error))
        else:
            self._screen.post_message(self.Done(asked, checked, drawing))
        finally:
            self._is_checking = False


def _look_at(draft: Draft, form: Format | None) -> tuple[Checked, Drawing | None]:
    """Return what a draft becomes, and in a format how that looks; called in a thread."""
    checked = check_draft(draft, surroundings_here())
    return checked, None if form is None else review(checked, form)
