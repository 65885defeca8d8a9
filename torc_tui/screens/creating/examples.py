"""Creating one of the workflows that come with torc: a first thing to run and to look at."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from torc_core.model.page import Page
from torc_core.operations.definition.examples import Example, list_examples
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.lists.listing import Column, Listing
from torc_tui.screens.actions.context import ActionContext, Selection
from torc_tui.screens.creating.create_actions import create_and_offer
from torc_tui.screens.dialogs.dialog import Dialog, Words
from torc_tui.widgets.row_table import RowTable


def _all_examples() -> Page[Example]:
    examples = list_examples()
    return Page(items=examples, total_count=len(examples))


EXAMPLES = Listing(
    name="Examples",
    columns=(
        Column("Name", attrgetter("name")),
        Column("Jobs", attrgetter("jobs"), is_number=True),
        Column("Shows", attrgetter("description"), max_width=80, shrink_to=20),
    ),
    page=lambda *_, **__: _all_examples(),
    key=attrgetter("name"),
)


_ROWS_BESIDE = 9
"""Frame, what they are, what is said of one, and keys."""


class ExamplesDialog(Dialog[Example | None]):
    """Offers examples; returns the chosen one.

    Args:
        examples: At least one.
    """

    scopes: tuple[Scope, ...] = (Scope.EXAMPLES, Scope.DIALOG)
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(*scopes)
    DEFAULT_CSS = """
    ExamplesDialog > Vertical { width: 96%; max-width: 110; }
    ExamplesDialog #about { height: 2; margin-top: 1; }
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        super().__init__()
        self._examples = examples

    def compose(self) -> ComposeResult:
        """Lay out: what they are, the examples, keys."""
        with Vertical() as box:
            box.border_title = "Examples"
            yield Words("They take less than a minute, and write below output/ if at all.")
            yield RowTable(EXAMPLES)
            about = Words()
            about.id = "about"
            yield about
            yield self.hints()

    def on_mount(self) -> None:
        """Fill the table."""
        self.query_one(RowTable).start_over(EXAMPLES.order)

    def on_resize(self) -> None:
        """Leave room for what is said of an example, and for the keys."""
        rows = self.rows_for(len(self._examples) + 1, _ROWS_BESIDE)
        self.query_one(RowTable).styles.height = rows

    def on_row_table_rows_needed(self, event: RowTable.RowsNeeded) -> None:
        """Answer from the examples at hand."""
        event.stop()
        rows = [EXAMPLES.row(example) for example in self._examples]
        span = event.span
        event.table.show_rows(event.epoch, span, len(rows), rows[span.start : span.stop])

    def on_row_table_cursor_moved(self, event: RowTable.CursorMoved) -> None:
        """Say all of the example; the panes below are not concerned."""
        event.stop()
        row = event.table.cursor_row
        self.query_one("#about", Words).show(row.item.description if row else "")

    def on_row_table_row_chosen(self) -> None:
        """Answer with the row that was clicked twice."""
        self.action_examples_create()

    def action_examples_create(self) -> None:
        """Answer with the example under the cursor."""
        row = self.query_one(RowTable).cursor_row
        self.dismiss(row.item if row else None)


async def create_example(context: ActionContext, _selection: Selection) -> None:
    """Create one of the examples; then offer to run it."""
    examples = await context.session.requests.look(list_examples)
    chosen = await context.ask(ExamplesDialog(examples))
    if chosen is not None:
        spec = await context.session.requests.in_thread(chosen.file.expand)
        await create_and_offer(context, spec, chosen.file)
