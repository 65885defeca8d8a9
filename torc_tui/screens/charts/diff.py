"""The runs of a workflow, and what differs between two of them."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import ClassVar, NamedTuple

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError, TorcError
from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.history.diff import RunsDifference, compare_runs
from torc_core.operations.history.runs import RunSummary, run_history
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.keys.table import shown_in
from torc_tui.requests import Requests
from torc_tui.state.overview.diff_text import difference_lines, history_lines
from torc_tui.state.texts.layout import error_text, lines_text
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line
from torc_tui.widgets.line_list import LineList


class _Found(NamedTuple):
    history: list[RunSummary]
    chosen: tuple[int, int]
    difference: RunsDifference | None
    reason: str
    """Why there is no difference."""


class DiffScreen(Screen[None]):
    """Runs, the newest first, and below them the jobs that differ between two.

    Args:
        requests: Asks the server.
        workflow: The workflow.
        chosen: Numbers of the two runs; by default the newest ones.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.DIFF)
    DEFAULT_CSS = """
    DiffScreen LineList { height: 1fr; }
    DiffScreen Line { height: 1; }
    """

    lines = getters.query_one(LineList)
    title_line = getters.query_one(Line)

    def __init__(
        self, requests: Requests, workflow: Workflow, chosen: tuple[int, int] | None = None
    ) -> None:
        super().__init__()
        self._requests = requests
        self._workflow = workflow
        self._chosen = chosen
        self._found: _Found | None = None
        self._made: list[list[Cell]] = []

    def compose(self) -> ComposeResult:
        """Lay out: title, lines, keys."""
        yield Line(classes="title")
        yield LineList()
        yield KeyHints(shown_in({Scope.DIFF}))

    def on_mount(self) -> None:
        """Begin to read."""
        self.title_line.show(f" {clean(self._workflow.name)} #{self._workflow.id} ▸ runs …")
        self.lines.focus()
        self._look()

    def on_resize(self) -> None:
        """Lay the lines out for the new width."""
        self._show()

    @work(exclusive=True)
    async def _look(self) -> None:
        workflow_id, chosen = id_of(self._workflow), self._chosen
        try:
            self._found = await self._requests.ask(
                lambda client: _look_at(client, workflow_id, chosen), slot="diff"
            )
        except TorcError as error:
            self._made = error_text(error, max(20, self.size.width - 4))
            self._show_made()
            return
        self._chosen = self._found.chosen
        self._show()

    def _show(self) -> None:
        found = self._found
        if found is None:
            return
        older, newer = found.chosen
        place = f"{clean(self._workflow.name)} #{self._workflow.id}"
        is_alone = len(found.history) < 2
        runs = f"run {newer}" if is_alone else f"run {older} → run {newer}"
        self.title_line.show(f" {place} ▸ {runs}")
        width = max(20, self.size.width - 4)
        said = found.reason if found.difference is None else found.difference.sentence
        jobs = [] if found.difference is None else difference_lines(found.difference, width)
        self._made = [
            *history_lines(found.history, found.chosen, time.time()),
            [],
            *lines_text([said], width),
            [],
            *jobs,
        ]
        self._show_made()

    def _show_made(self) -> None:
        self.lines.show_lines(len(self._made), lambda line, _width: self._made[line])

    def action_diff_older(self) -> None:
        """Compare the two runs before."""
        self._step(-1)

    def action_diff_newer(self) -> None:
        """Compare the two runs after."""
        self._step(1)

    def _step(self, step: int) -> None:
        if self._found is None:
            return
        numbers = sorted(run.run_id for run in self._found.history)
        newer = self._found.chosen[1]
        pairs = list(pairwise(numbers))
        after = [each for each in pairs if each[1] > newer]
        before = [each for each in pairs if each[1] < newer]
        found = after[:1] if step > 0 else before[-1:]
        if found:
            self._chosen = found[0]
            self._look()
        else:
            self.notify_end(step)

    def notify_end(self, step: int) -> None:
        """Say in the title that there is no further run."""
        which = "newer" if step > 0 else "older"
        self.title_line.show(
            f" {clean(self._workflow.name)} #{self._workflow.id}", Cell(f"  no {which} run", QUIET)
        )

    def action_diff_close(self) -> None:
        """Go back."""
        self.dismiss()


def _look_at(client: TorcClient, workflow_id: WorkflowId, chosen: tuple[int, int] | None) -> _Found:
    history = run_history(client, workflow_id)
    numbers = [run.run_id for run in history]
    if chosen is None:
        newest = numbers[0] if numbers else 0
        chosen = (numbers[1] if len(numbers) > 1 else newest - 1, newest)
    if len(numbers) < 2:
        return _Found(history, chosen, None, "There is nothing to compare before a second run.")
    try:
        return _Found(history, chosen, compare_runs(client, workflow_id, *chosen), "")
    except NotFoundError as error:
        return _Found(history, chosen, None, error.message)
