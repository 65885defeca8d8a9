"""A table's requests: which answers still count, and which rows are outdated."""

from __future__ import annotations

from torc_tui.lists.listing import Query


class RowRequests:
    """The requests of one table.

    Args:
        query: The rows that it shows at first.
    """

    def __init__(self, query: Query) -> None:
        self._query = self.answered = query
        """The last query that was answered."""
        self.epoch = 0
        """To be passed on with each request; answers to those of an earlier one are dropped."""
        self.is_outdated = False
        """The rows are those of an earlier query, until the answer comes."""
        self.has_failed = False
        """The last request failed; the next refresh repeats it."""
        self._span: range | None = None

    def begin(self, query: Query, *, keeps_rows: bool) -> None:
        """Drop what is on its way: the rows of another query are asked for.

        Args:
            query: Which.
            keeps_rows: Those of the last one stay until there is an answer.
        """
        self._query = query
        self.epoch += 1
        self._span = None
        self.is_outdated, self.has_failed = keeps_rows, False

    def change_columns(self) -> None:
        """Drop what is on its way: it lacks what other columns show."""
        self.epoch += 1

    def repeat(self) -> None:
        """Let rows be asked for that were asked for before."""
        self._span = None

    def is_new(self, span: range) -> bool:
        """Return whether rows have not been asked for yet, and count them as asked for."""
        if span == self._span:
            return False
        self._span, self.has_failed = span, False
        return True

    def take_answer(self) -> bool:
        """Note an answer; return whether it replaces the rows of an earlier query."""
        self._span, self.answered = None, self._query
        replaces, self.is_outdated = self.is_outdated, False
        return replaces

    def fail(self) -> None:
        """Note that a request failed."""
        self._span, self.has_failed = None, True

    @property
    def awaits_replacement(self) -> bool:
        """Whether the rows are about to be replaced by others."""
        return self.is_outdated and not self.has_failed
