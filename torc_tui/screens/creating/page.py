"""A page of the wizard: what it is for, the entries if there are any, and the form of one."""

from __future__ import annotations

from collections.abc import Collection

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from torc_core.spec.draft.draft import Draft
from torc_tui.keys.in_words import keyed
from torc_tui.screens.creating.form import Form
from torc_tui.screens.dialogs.dialog import Words
from torc_tui.state.creating.forms import (
    Kind,
    Step,
    choices,
    get,
    item_label,
    jobs_to_mark,
    shown_fields,
)
from torc_tui.state.creating.review import FORMS, GOALS, Ending
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.cursor_list import CursorList
from torc_tui.widgets.drawing_view import DrawingView


class Page(Vertical):
    """One step.

    Args:
        step: Which one.
    """

    DEFAULT_CSS = """
    Page .says { margin: 0 1; color: $quiet; }
    Page Horizontal.page { height: 1fr; margin-top: 1; }
    Page CursorList.items { width: 30%; min-width: 18; max-width: 40; height: 1fr;
                              margin-right: 1; }
    Page.-review Form { height: 4; }
    Page.-review Horizontal.page { height: auto; }
    Page DrawingView { height: 1fr; }
    """

    form = getters.query_one(Form)

    def __init__(self, step: Step) -> None:
        super().__init__(id=step.id, classes=f"-{step.id}")
        self.step = step
        self.entries = CursorList() if step.has_items else None
        if self.entries is not None:
            self.entries.add_class("items")
        self.view = DrawingView() if step.section == "review" else None

    def compose(self) -> ComposeResult:
        """Lay out: what it is for, entries and form, what would be created."""
        yield Words(keyed(self.step.says), classes="says")
        with Horizontal(classes="page"):
            if self.entries is not None:
                yield self.entries
            yield Form(self.step.fields)
        if self.view is not None:
            yield self.view

    def show(
        self, draft: Draft, index: int, faults: Collection[tuple[int, str | None]], ending: Ending
    ) -> None:
        """Show the entries, and one of them in the form.

        Args:
            draft: The draft.
            index: The entry that the form is for.
            faults: Indices and fields of the problems of this step.
            ending: What the last page holds.
        """
        step = self.step
        if self.entries is not None:
            self._show_entries(self.entries, draft, index, {at for at, _ in faults})
        if step.section == "review":
            values = {"goal": ending.goal, "form": ending.form, "path": ending.path_for(draft.name)}
            self.form.show("review", values, {"goal": GOALS, "form": FORMS}, (), ())
            return
        shown = shown_fields(draft, step, index)
        values = {field: get(draft, step.section, index, field) for field in shown}
        offered = {
            field.name: choices(draft, field.name)
            for field in step.fields
            if field.kind is Kind.CHOICE
        }
        wrong = {field for at, field in faults if at == index and field is not None}
        jobs = jobs_to_mark(draft, step, index) if shown else []
        key = draft.items(step.section)[index].key if shown and step.has_items else None
        self.form.show(key, values, offered, jobs, wrong)

    def _show_entries(
        self, entries: CursorList, draft: Draft, index: int, wrong: Collection[int]
    ) -> None:
        total = len(draft.items(self.step.section))
        rows = [
            [
                Cell("✗ " if at in wrong else "", "red"),
                Cell(clean(item_label(draft, self.step.section, at))),
            ]
            for at in range(total)
        ]
        if not rows:
            adds = keyed("{wizard.add} adds one")
            text = adds if self.step.adds else "no jobs yet"
            rows = [[Cell(f"({text})", QUIET)]]
        entries.show(rows, min(index, len(rows) - 1))

    def enter(self, field: str | None = None) -> None:
        """Give the focus to a field, or to the entries, or to the first field."""
        if self.entries is not None and field is None:
            self.screen.set_focus(self.entries)
        else:
            self.form.enter(field)
