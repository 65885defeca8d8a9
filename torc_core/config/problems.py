"""What is wrong with a configuration, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple

from torc_core.config.keys import Path, dotted
from torc_core.errors import UsageError
from torc_core.masking import mask

_SHOWN = 80
"""Characters of a wrong value."""


class Problem(NamedTuple):
    """One fault of a file, a variable or an option."""

    place: str
    """The file with the line if it is known, the variable or the option."""
    text: str
    hint: str = ""
    is_of_option: bool = False
    """The text goes on from the option, which stands for the name of the setting."""

    @property
    def sentence(self) -> str:
        """Where it is, and what it is."""
        return f"{self.place}{' ' if self.is_of_option else ': '}{self.text}"

    @property
    def line(self) -> str:
        """All of it on one line, without secrets; bytes that are not UTF-8 are escaped."""
        line = mask(f"{self.sentence} {self.hint}".rstrip())
        return line.encode("utf-8", "backslashreplace").decode()


def unknown(path: Path, siblings: Iterable[str], others: Iterable[Path]) -> tuple[str, str]:
    """Return what is said of a name that is not a setting, and the right one if one is near.

    Args:
        path: The name as given.
        siblings: What the table has.
        others: All settings; one in another table may have the name.
    """
    *table, name = path
    near = [dotted((*table, each)) for each in difflib.get_close_matches(name, siblings, 1)]
    near += [dotted(other) for other in others if other[-1] == name]
    hint = f"Did you mean {near[0]}?" if near else ""
    return f"there is no setting {dotted(path)}.", hint


def wrong(path: Path, value: object, rule: str) -> str:
    """Return what is said of a value that is not allowed."""
    if isinstance(value, str):
        shown = repr(value[:_SHOWN])
    elif isinstance(value, bool):
        shown = str(value).lower()
    else:
        shown = str(value)[:_SHOWN]
    return f"{dotted(path)} is {shown}; it must be {rule}."


def error_of(problems: list[Problem]) -> UsageError:
    """Return the error that reports them."""
    stored = [each for each in problems if not each.is_of_option]
    if len(problems) == 1:
        (problem,) = problems
        how = "Correct it, then check: torc config validate" if stored else ""
        return UsageError(problem.sentence, hint=problem.hint or how)
    how = "Correct them, then check: torc config validate" if stored else ""
    return UsageError("\n".join(problem.line for problem in problems), hint=how)
