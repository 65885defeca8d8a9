"""How commands show the progress, warnings and questions of operations."""

from __future__ import annotations

import sys
from typing import Self

import click

from torc_core.errors import UsageError
from torc_core.operations.reporter import Notice, Question
from torc_tui.cli.output.diagnostics import clean_lines, say
from torc_tui.cli.output.progress_bar import ProgressBar

LINES_SHOWN = 20


class CommandReporter:
    """Writes to stderr; progress is a bar, in a terminal only, or lines that stay.

    Args:
        ask: Ask questions; without, the command line counts as the answer.
        tells: Print progress line by line: it is what was done, and not how far something is.
    """

    def __init__(self, *, ask: bool, tells: bool = False) -> None:
        self._ask = ask
        self._tells = tells
        self._bar = ProgressBar() if sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._hide_bar()

    def progress(self, notice: Notice, done: float | None = None) -> None:
        """Move the bar, or print a line."""
        if self._tells and done is None:
            self._hide_bar()
            say(notice.sentence)
        elif self._bar is not None:
            self._bar.show(notice.sentence, done)

    def warn(self, warning: Notice) -> None:
        """Print a warning."""
        self._hide_bar()
        say(f"warning: {warning.sentence}")

    def confirm(self, question: Question) -> bool:
        """Ask, unless the command line has answered.

        Raises:
            UsageError: There is no terminal to ask in.
        """
        if not self._ask or question.is_optional:
            return True
        self._hide_bar()
        if not sys.stdin.isatty():
            raise UsageError(
                f"Cannot ask without a terminal: {question.sentence}", hint="Add --no-prompts."
            )
        for line in question.lines[:LINES_SHOWN]:
            say(line)
        if len(question.lines) > LINES_SHOWN:
            say(f"and {len(question.lines) - LINES_SHOWN:,} more lines")
        try:
            return click.confirm(clean_lines(question.sentence), err=True)
        except click.Abort:
            say("")  # the cursor is still behind the question
            raise

    def _hide_bar(self) -> None:
        if self._bar is not None:
            self._bar.hide()
