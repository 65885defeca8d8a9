"""What all dialogs look like: a box in the middle, its keys at the foot."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen
from textual.widgets import Static

from torc_tui.terminal import clean

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A question in a box; it fits 80x24 and scrolls what does not."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: transparent; }
    Dialog > Vertical {
        width: 72; max-width: 96%;
        height: auto; max-height: 90%;
        border: round $primary; padding: 0 1; background: $surface;
    }
    Dialog VerticalScroll { height: auto; max-height: 14; }
    Dialog .text { width: 1fr; height: auto; }
    Dialog Input { width: 1fr; }
    Dialog .keys { width: 1fr; height: auto; color: $text-muted; margin-top: 1; }
    Dialog.-danger > Vertical { border: round $error; }
    """


class Words(Static):
    """Lines of a dialog; names in them are cleaned here, and nothing is markup."""

    def __init__(self, *lines: str, classes: str = "text") -> None:
        super().__init__("\n".join(map(clean, lines)), classes=classes, markup=False)
