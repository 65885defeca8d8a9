"""A window on a list of any length: the rows that were shown recently, in blocks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from torc_tui.lists.listing import Row

BLOCK = 50
"""Rows that are fetched together when they have changed: about a screen."""
AHEAD = 4
"""Blocks that are fetched together when one of them is unknown: a few screens, some 40 KB of JSON,
so that few of the keys that scroll have to wait."""
KEPT_BLOCKS = 100


class Window:
    """The known rows of a list, by index."""

    def __init__(self) -> None:
        self.total: int | None = None
        """How many rows the list has; None until the first answer."""
        self._blocks: OrderedDict[int, list[Row]] = OrderedDict()
        self._stale: set[int] = set()

    def row(self, index: int) -> Row | None:
        """Return the row at `index`, or None while it is unknown."""
        block = self._blocks.get(index // BLOCK)
        at = index % BLOCK
        return block[at] if block is not None and at < len(block) else None

    def rows(self) -> Iterable[Row]:
        """Yield all known rows, in no order."""
        for block in self._blocks.values():
            yield from block

    def find(self, key: Hashable) -> int | None:
        """Return the index of the row with a key, if it is known."""
        for number, block in self._blocks.items():
            for at, row in enumerate(block):
                if row.key == key:
                    return number * BLOCK + at
        return None

    def remake(self, make: Callable[[Any], Row]) -> None:
        """Make all known rows again from their items."""
        for rows in self._blocks.values():
            rows[:] = [make(row.item) for row in rows]

    def invalidate(self) -> None:
        """Mark all rows as stale: they stay on the screen and are requested again."""
        self._stale = set(self._blocks)

    def missing_span(self, first: int, last: int) -> range | None:
        """Return the rows to request when those from `first` to `last` are in sight, or None."""
        if self.total is None:
            return range((max(last, 0) // BLOCK + 1) * BLOCK)
        last = min(last, self.total - 1)
        blocks = range(max(first, 0) // BLOCK, max(last, 0) // BLOCK + 1)
        missing = [b for b in blocks if b not in self._blocks or b in self._stale]
        if not missing:
            return None
        together = 1 if self._blocks.keys() >= set(missing) else AHEAD
        begin, end = missing[0] // together, missing[-1] // together + 1
        return range(begin * together * BLOCK, end * together * BLOCK)

    def put(self, span: range, total: int, rows: list[Row]) -> set[int]:
        """Store the answer for `span`, which begins and ends with a block.

        Returns:
            The indexes of rows that look different now.
        """
        changed: set[int] = set()
        for number in range(span.start // BLOCK, span.stop // BLOCK):
            at = number * BLOCK - span.start
            new = rows[at : at + BLOCK]
            changed |= _differences(number * BLOCK, self._blocks.get(number, []), new)
            self._blocks[number] = new
            self._blocks.move_to_end(number)
            self._stale.discard(number)
        while len(self._blocks) > KEPT_BLOCKS:
            self._forget(next(iter(self._blocks)))
        # Rows beyond the end of a list that has become shorter are gone.
        for number in [each for each in self._blocks if each * BLOCK >= max(total, 1)]:
            self._forget(number)
        self.total = total
        return changed

    def _forget(self, number: int) -> None:
        del self._blocks[number]
        self._stale.discard(number)


def _differences(first: int, old: list[Row], new: list[Row]) -> set[int]:
    changed = {
        first + i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a.cells != b.cells
    }
    shorter, longer = sorted((len(old), len(new)))
    return changed | set(range(first + shorter, first + longer))
