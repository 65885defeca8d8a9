"""Pages that deleted rows have left are given back to the disk, some at a time.

Only a file that was made so can do it: an older one leaves it to `torc-server vacuum`, which makes
it such a file.
"""

from __future__ import annotations

import sqlite3

INCREMENTAL = "auto_vacuum=INCREMENTAL"
"""Before the first table is made, or the file is compacted; later it means nothing."""
_IS_INCREMENTAL = 2
KEPT = 4_096
"""Pages that stay for what comes next: 16 MiB."""
_AT_ONCE = 1_000
"""Pages: others have to be moved to their places, in some 20 ms."""


def give_back(driver: sqlite3.Connection) -> bool:
    """Give some free pages back, in the transaction; return whether there are more.

    The file becomes smaller with the next checkpoint.
    """
    if _pragma(driver, "auto_vacuum") != _IS_INCREMENTAL:
        return False
    spare = _pragma(driver, "freelist_count") - KEPT
    if spare <= 0:
        return False
    for _ in range(min(spare, _AT_ONCE)):  # the driver takes one step, which is one page
        driver.execute("PRAGMA incremental_vacuum(1)")
    return spare > _AT_ONCE


def _pragma(driver: sqlite3.Connection, name: str) -> int:
    [(value,)] = driver.execute(f"PRAGMA {name}")
    return int(value)
