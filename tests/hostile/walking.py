"""Walking through screens, each of which has to be whole before the next key."""

from __future__ import annotations

from collections.abc import Iterable

from hostile.layout import torn_boxes, torn_columns
from tui.pty_screen import PtyScreen


class Step:
    """Keys, what is then seen, and the columns of a list that have to stand out.

    Args:
        keys: What is pressed.
        seen: What is waited for. If it is seen before, and nothing has to go, the keys have to
            change something.
        gone: What is no longer seen.
        columns: Headings of columns whose texts begin below them.
    """

    def __init__(
        self, keys: str, *seen: str, gone: str = "", columns: tuple[str, ...] = ()
    ) -> None:
        self.keys = keys
        self.seen = seen
        self.gone = gone
        self.columns = columns

    def is_over(self, screen: PtyScreen) -> bool:
        """Return whether what is waited for is on the screen."""
        shown = "\n".join(screen.lines)
        return all(text in shown for text in self.seen) and not (self.gone and self.gone in shown)


def walk(screen: PtyScreen, steps: Iterable[Step]) -> None:
    """Press the keys; fail if something is not seen, or a box or a column is torn."""
    for step in steps:
        screen.rest()
        before = screen.cells if step.keys and step.is_over(screen) else None
        screen.send(step.keys)
        screen.wait_for(*step.seen, gone=step.gone)
        screen.rest()
        assert before != screen.cells, f"{step.keys!r} changed nothing:\n" + "\n".join(screen.lines)
        torn = [*torn_boxes(screen.cells), *torn_columns(screen.cells, *step.columns)]
        assert not torn, f"after {step.keys!r}: {torn[:5]}\n" + "\n".join(screen.lines)
