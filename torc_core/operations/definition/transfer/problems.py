"""What is wrong with a document."""

from __future__ import annotations

from collections.abc import Sequence

MAX_PROBLEMS = 20
"""With so many a document is refused without being read further."""


class RefusedError(Exception):
    """A document is refused.

    Args:
        lines: Why, one problem each.
        hint: What to do next, if that is particular.
    """

    def __init__(self, lines: Sequence[str], *, hint: str = "") -> None:
        super().__init__(*lines)
        self.lines = lines
        self.hint = hint


class DocumentProblems:
    """The problems that were found."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, place: str, text: str) -> None:
        """Note a problem.

        Args:
            place: Such as "jobs[3].name".
            text: Fit to be shown.

        Raises:
            RefusedError: There are enough of them.
        """
        self._lines.append(f"{place}: {text}")
        if len(self._lines) == MAX_PROBLEMS:
            raise RefusedError([*self._lines, "the rest was not looked at"])

    def refuse_any(self) -> None:
        """Refuse the document if there is any problem.

        Raises:
            RefusedError: There is.
        """
        if self._lines:
            raise RefusedError(self._lines)
