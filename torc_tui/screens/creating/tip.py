"""The lines below a form: what to write into the field, or what is wrong with it."""

from __future__ import annotations

from torc_tui.theme import Cell
from torc_tui.widgets.line import Line
from torc_tui.widgets.message_line import message_rows


class Tip(Line):
    """A text of one or two rows, and a last row about the whole."""

    def say(self, text: str, tone: str, about: Cell, width: int) -> None:
        """Show a text, and in the last row what is said of the whole.

        Args:
            text: It is cleaned already.
            tone: Its color.
            about: The last row.
            width: Of the screen; that of the widget is known only once it is laid out.
        """
        rows = message_rows(text, max(1, width - 1))
        self.styles.height = len(rows) + 1
        cells = [part for row in rows for part in (Cell(f" {row}", tone), Cell("\n"))]
        self.show(*cells, about)
