"""The last thing that happens to every line that widgets paint: nothing hidden is left in it."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from torc_tui.terminal import clean


class Shown(LineFilter):
    """Leaves nothing that commands the terminal or deceives the eye, whichever widget brings it.

    Texts are cleaned where they become cells, before they are measured. What was not, such as what
    is typed, is measured as it came, and stays as wide as that.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return the same line with nothing hidden."""
        return [Segment(_shown(text), style, control) for text, style, control in segments]


def _shown(text: str) -> str:
    shown = clean(text)
    if shown is text:
        return text
    pairs = zip(text, shown, strict=True)
    kept = "".join([new for old, new in pairs if old == new or cell_len(old)])
    # Rich measures what follows a joiner with it, so a text is not as wide as its characters. A
    # line that becomes wider moves all that is behind it, up to the edge of the screen.
    return set_cell_size(kept, cell_len(text))
