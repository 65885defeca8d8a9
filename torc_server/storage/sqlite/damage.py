"""What is wrong with a file: pages that were damaged, and rows that refer to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from torc_core.units import counted

_MOST_PROBLEMS = 20


def find_damage(connection: Connection, *, is_quick: bool = False) -> Iterator[str]:
    """Yield what is wrong with the file itself; quick: without comparing indexes with tables."""
    check = "quick_check" if is_quick else "integrity_check"
    for (line,) in connection.exec_driver_sql(f"PRAGMA {check}({_MOST_PROBLEMS})"):
        if line != "ok":
            yield line
    if is_quick:
        return
    dangling: dict[tuple[str, str], int] = {}
    for table, _, target, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        dangling[table, target] = dangling.get((table, target), 0) + 1
    for (table, target), number in dangling.items():
        references = counted(number, "reference")
        yield f"Table {table} has {references} to rows of {target} that do not exist."
