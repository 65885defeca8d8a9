"""What to do where there is no workflow yet."""

from __future__ import annotations

from torc_tui.keys.in_words import key_of
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_STEPS = {
    "workflow.create": "create one from a file",
    "workflow.wizard": "make one without a file",
    "workflow.example": "create an example of torc's",
    "view.runs": "see what runs on this machine",
    "server.choose": "go to another server",
    "view.all_users": "see those of all users",
    "view.help": "see all keys",
}
"""By id of the action; they fit into the narrowest pane."""


def first_steps(user: str | None, own_user: str) -> list[Cell]:
    """Return keys and what they are for, a line each, for `Line`.

    Args:
        user: Whose workflows are listed, though there are none; None for all users.
        own_user: Whose they are usually.
    """
    cells: list[Cell] = []
    if user is not None and user != own_user:
        cells += [Cell(f"{clean(user)} has none here.", "bold"), Cell("\n")]
    for each, text in _STEPS.items():
        if not (user is None and each == "view.all_users"):
            cells += [Cell(key_of(each), "bold"), Cell(f"  {text}", QUIET), Cell("\n")]
    return cells
