"""The screen of failures, in groups, without its keys; it reads them piece by piece."""

from __future__ import annotations

import contextlib
import dataclasses
from functools import partial
from math import inf
from time import monotonic

from textual import getters, work
from textual.app import ComposeResult
from textual.events import Key
from textual.screen import Screen
from textual.worker import WorkerCancelled

from torc_core.client import TorcClient
from torc_core.errors import TorcError
from torc_core.model.ids import id_of
from torc_core.model.status import FAILURES
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import title_of
from torc_core.operations.repair.failures import FailedJob, FailureGroup
from torc_core.operations.repair.survey import FailureSurvey, Survey
from torc_tui.keys.action import Scope
from torc_tui.keys.table import in_scope, shown_in
from torc_tui.lists.failed.groups import FAILURE_GROUPS
from torc_tui.screens.actions.context import ActionContext
from torc_tui.screens.repair.following import Following
from torc_tui.state.repair.failures_text import group_text
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.key_hints import KeyHints
from torc_tui.widgets.line import Line
from torc_tui.widgets.message_line import MessageLine
from torc_tui.widgets.row_table import RowTable


class FailuresView(Screen[None]):
    """Groups of failed jobs, and what each needs.

    Args:
        context: What actions may use.
        workflow: Whose failures.
    """

    DEFAULT_CSS = """
    FailuresView RowTable { height: 2fr; }
    FailuresView #group { height: 3fr; }
    """

    title_line = getters.query_one("#title", Line)
    table = getters.query_one(RowTable)
    group_lines = getters.query_one("#group", Line)
    message = getters.query_one(MessageLine)

    def __init__(self, context: ActionContext, workflow: Workflow) -> None:
        super().__init__()
        self.context = dataclasses.replace(
            context, tell=self._tell, clear_ongoing=self._clear_ongoing
        )
        self.workflow = workflow
        self.survey = Survey()
        self._reader: FailureSurvey | None = None
        self._seen: object = None
        self._is_awaited = True
        """Nothing is known to the end yet."""
        self._shown_s = inf
        """Since when there are groups to be seen."""
        self._following: Following | None = None

    def compose(self) -> ComposeResult:
        """Lay out: title, groups, the group under the cursor, message, keys."""
        yield Line(id="title", classes="title")
        yield RowTable(FAILURE_GROUPS)
        yield Line(id="group")
        yield MessageLine(id="message")
        yield KeyHints(shown_in({Scope.FAILURES, Scope.TABLE}))

    def on_mount(self) -> None:
        """Read the failures, and again when there are others."""
        self.table.focus(scroll_visible=False)
        requests, workflow_id = self.context.session.requests, id_of(self.workflow)
        self._following = Following(requests, workflow_id, self._read_if_changed)
        self.run_worker(self._following.run())

    def on_unmount(self) -> None:
        """Stop listening."""
        if self._following is not None:
            self._following.close()

    def on_resize(self) -> None:
        """Fill the new size."""
        self.call_after_refresh(self._show)

    def read_again(self) -> None:
        """Read all from the beginning: jobs may have run since."""
        self._reader = None
        self._read()

    def read_more(self) -> None:
        """Read more of the logs."""
        if self._reader is not None and self.survey.is_whole:
            self._reader.read_more()
            self._read()

    async def _read_if_changed(self) -> None:
        """Read again if other jobs have failed; what is shown stays until that is done."""
        workflow_id = id_of(self.workflow)
        try:
            status = await self.context.session.requests.ask(
                lambda client: client.get_workflow_status(workflow_id), slot="failures"
            )
        except TorcError as error:
            self._seen = None
            self._is_awaited = False
            self.message.show_error(error)
            return
        if self._seen is None:
            self.message.clear_error()
        counts = status.jobs_by_status or {}
        seen = status.run_id, [counts.get(each, 0) for each in sorted(FAILURES)]
        if seen != self._seen:
            is_first, self._seen = self._seen is None, seen
            if self._reader is not None:
                self._reader = self._reader.again()
            with contextlib.suppress(WorkerCancelled):  # by a key that reads again
                await self._read(is_shown_at_once=is_first).wait()

    @work(exclusive=True, group="failures")
    async def _read(self, *, is_shown_at_once: bool = True) -> None:
        requests, workflow_id = self.context.session.requests, id_of(self.workflow)
        try:
            if self._reader is None:
                self._reader = await requests.ask(lambda client: FailureSurvey(client, workflow_id))
            piece = partial(_next_piece, self._reader)
            has_more = True
            while has_more:
                has_more, survey = await requests.ask(piece, slot="failures")
                if is_shown_at_once or survey.is_whole:
                    self.survey = survey
                    self._show()
            self._is_awaited = False
        except TorcError as error:
            self._reader = self._seen = None
            self._is_awaited = False
            self.message.show_error(error)

    def _show(self) -> None:
        """Show what is known now."""
        if not self.is_attached:
            return
        total = f"  {clean(self.survey.sentence)}"
        self.title_line.show(
            Cell(f" Failures ▸ {clean(title_of(self.workflow))}", "bold"), Cell(total, QUIET)
        )
        if self.survey.groups or self.survey.is_whole:
            self.table.check_rows()
            self._shown_s = min(self._shown_s, monotonic())
        self._show_group()

    def on_row_table_rows_needed(self, needed: RowTable.RowsNeeded) -> None:
        """All rows are here already."""
        needed.stop()
        groups = self.survey.groups
        rows = [FAILURE_GROUPS.row(group) for group in groups[needed.span.start : needed.span.stop]]
        needed.table.show_rows(needed.epoch, needed.span, len(groups), rows)

    def on_row_table_cursor_moved(self) -> None:
        """Show the group under the cursor."""
        self._show_group()

    def _show_group(self) -> None:
        width, height = self.group_lines.size
        lines = group_text(self.group, width, height)
        self.group_lines.show(*(cell for line in lines for cell in (*line, Cell("\n"))))

    def is_early(self, event: Key) -> bool:
        """Return whether a key is about a group, and was typed before any was to be seen.

        What was typed ahead waits for the logs, too: they tell which groups there are.
        """
        is_unread = self._is_awaited and event.time < self._shown_s
        actions = in_scope(Scope.FAILURES, Scope.TABLE)
        is_on_row = any(each.is_on_row and event.key in each.keys.split(",") for each in actions)
        return is_on_row and (is_unread or (bool(self.survey.groups) and self.table.awaits_row))

    def say_early(self, text: str) -> None:
        """Say that keys were dropped."""
        self._tell(text)

    @property
    def group(self) -> FailureGroup | None:
        """The group under the cursor."""
        row = self.table.cursor_row
        group: FailureGroup | None = row and row.item
        return group

    @property
    def chosen(self) -> list[FailureGroup]:
        """The marked groups, else the one under the cursor."""
        group = self.group
        marked: list[FailureGroup] = list(self.table.marks.values())
        return marked or ([] if group is None else [group])

    @property
    def chosen_jobs(self) -> list[FailedJob]:
        """The jobs of the chosen groups."""
        return [job for group in self.chosen for job in group.jobs]

    def _clear_ongoing(self) -> None:
        if self.is_attached:
            self.message.clear_ongoing()

    def _tell(self, text: str) -> None:
        if self.is_attached:
            self.message.show_text(text)


def _next_piece(reader: FailureSurvey, _client: TorcClient) -> tuple[bool, Survey]:
    return reader.step(), reader.survey()
