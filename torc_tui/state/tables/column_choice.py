"""Choosing columns: which are shown, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torc_tui.lists.listing import Listing
from torc_tui.theme import QUIET, Cell

_NAME = 14


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Columns in an order, some of them shown; the cursor is on one."""

    titles: tuple[str, ...]
    shown: frozenset[str]
    at: int = 0

    @property
    def chosen(self) -> tuple[str, ...]:
        """The titles of the shown columns, in their order."""
        return tuple(title for title in self.titles if title in self.shown)

    def moved_to(self, at: int) -> ColumnChoice:
        """Return this with the cursor on another column, or the nearest one."""
        return replace(self, at=max(0, min(at, len(self.titles) - 1)))

    def toggled(self) -> ColumnChoice:
        """Return this with the column shown, or hidden unless it is the last one shown."""
        title = frozenset({self.titles[self.at]})
        return replace(self, shown=self.shown ^ title if self.shown != title else self.shown)

    def shifted(self, step: int) -> ColumnChoice:
        """Return this with the column moved, and the cursor with it."""
        to = self.at + step
        if not 0 <= to < len(self.titles):
            return self
        titles = list(self.titles)
        titles.insert(to, titles.pop(self.at))
        return replace(self, titles=tuple(titles), at=to)


def choice_of(listing: Listing) -> ColumnChoice:
    """Return the present choice of a list: its columns, then those that are hidden."""
    titles = tuple(column.title for column in listing.choosable)
    return ColumnChoice(titles, frozenset(column.title for column in listing.columns))


def choice_lines(choice: ColumnChoice, listing: Listing) -> Sequence[list[Cell]]:
    """Return a line per column: whether it is shown, and whether rows can be sorted by it."""
    sortable = {column.title for column in listing.choosable if column.sort_by}
    return [
        [
            Cell("[x] " if title in choice.shown else "[ ] "),
            Cell(title.ljust(_NAME), "" if title in choice.shown else QUIET),
            Cell("" if title in sortable else "cannot be sorted", QUIET),
        ]
        for title in choice.titles
    ]
