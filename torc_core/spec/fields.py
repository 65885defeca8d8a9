"""What the values of single fields may be.

Each check takes a value as a reader gave it, its path and the problems found so far. It returns
the value in its final form; a wrong value is noted and a harmless one of the right type returned,
so that the rest of the file can still be looked at.

The docstring of a check says what the value may be, also in the reference of workflow files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from torc_core import limits, sbatch
from torc_core.characters import REORDERING, code_point, composed, forbidden_in_name
from torc_core.errors import UsageError
from torc_core.spec.problems import MAX_DEPTH, Path, Problems, shown, suggestion
from torc_core.units import MAX_INTEGER, parse_duration, parse_memory
from torc_core.variables import fault_of

Check = Callable[[Any, Path, Problems], Any]
Item = TypeVar("Item")

MAX_NAME_LENGTH = limits.NAME
MAX_PATH_LENGTH = limits.PATH
MAX_TEXT_LENGTH = limits.TEXT
MAX_PATTERN_LENGTH = limits.PATTERN
MAX_COUNT = 2**31 - 1

_KINDS: dict[type, str] = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "nothing",
}

_WALLTIME = re.compile(
    r"(?:(?P<d>[0-9]{1,5})-)?(?P<a>[0-9]{1,6})(?::(?P<b>[0-9]{1,2}))?(?::(?P<c>[0-9]{1,2}))?",
    re.ASCII,
)


def wrong_kind(value: Any, expected: str) -> str:
    """Return the message for a value of a wrong type."""
    found = _KINDS.get(type(value), type(value).__name__)
    example = f' "{shown(value, 40)}"' if type(value) is str else ""
    return f"{found}{example} where {expected} belongs"


def fault_in(value: str) -> str | None:
    """Return why a text cannot be stored and passed on, None if it can."""
    if len(value) > MAX_TEXT_LENGTH:
        return f"longer than {MAX_TEXT_LENGTH:,} characters"
    if "\0" in value:
        return "contains a NUL character"
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        return "contains half a surrogate pair, which is not a character"
    return None


def _clean(value: str, path: Path, problems: Problems) -> bool:
    """Return whether a text can be stored and passed on; record a problem if not."""
    fault = fault_in(value)
    if fault is not None:
        problems.add(path, fault)
    return fault is None


def text(value: Any, path: Path, problems: Problems) -> str:
    """Text of up to 1,000,000 characters; a whole number stands for its digits."""
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        quote = "; put it in quotes" if type(value) in {float, bool} else ""
        problems.add(path, wrong_kind(value, "text") + quote)
        return ""
    return value if _clean(value, path, problems) else ""


def line_fault(content: str, limit: int) -> str | None:
    """Return why a text cannot be a name or a path, None if it can."""
    if not content.strip():
        return "must not be empty"
    if len(content) > limit:
        return f"{len(content)} characters long; at most {limit} are allowed"
    forbidden = forbidden_in_name(content)
    if forbidden is None:
        return None
    what = "reorders what is shown" if REORDERING.match(forbidden) else "is a control character"
    return f'"{shown(content)}" contains {code_point(forbidden)}, which {what}'


def line(limit: int) -> Check:
    """Text on one line, not empty and not longer than `limit`."""

    def check(value: Any, path: Path, problems: Problems) -> str:
        known = len(problems.errors)
        content = text(value, path, problems)
        if len(problems.errors) > known:
            return ""
        fault = line_fault(content, limit)
        if fault is not None:
            problems.add(path, fault)
        return content if fault is None else ""

    check.__doc__ = f"Text on one line, 1 to {limit:,} characters."
    return check


def _composed_line(limit: int) -> Check:
    """Text on one line, in the form in which names are compared."""
    check = line(limit)

    def composed_check(value: Any, path: Path, problems: Problems) -> str:
        return composed(check(value, path, problems))

    composed_check.__doc__ = check.__doc__
    return composed_check


name = _composed_line(MAX_NAME_LENGTH)
pattern = _composed_line(MAX_PATTERN_LENGTH)
pattern.__doc__ = f"A regular expression, 1 to {MAX_PATTERN_LENGTH:,} characters."
file_path = line(MAX_PATH_LENGTH)
"""A path, as it is written: files on disk are found by their bytes."""


def command(value: Any, path: Path, problems: Problems) -> str:
    """A shell command of one or more lines."""
    known = len(problems.errors)
    content = text(value, path, problems)
    if not content.strip() and len(problems.errors) == known:
        problems.add(path, "must not be empty")
    hidden = None if content.isascii() else REORDERING.search(content)
    if hidden is not None:
        problems.warn(
            path,
            f"contains {code_point(hidden[0])}, which changes the order in which a command "
            "is shown, not the one in which it runs",
        )
    return content


def boolean(value: Any, path: Path, problems: Problems) -> bool:
    """True or false."""
    if type(value) is not bool:
        problems.add(path, wrong_kind(value, "true or false"))
        return False
    return value


def integer(least: int, most: int = MAX_INTEGER) -> Check:
    """A whole number within limits."""

    def check(value: Any, path: Path, problems: Problems) -> int:
        if type(value) is not int:
            problems.add(path, wrong_kind(value, "a whole number"))
        elif value < least:
            problems.add(path, f"{shown(str(value))} is too small; the least is {least}")
        elif value > most:
            problems.add(path, f"{shown(str(value), 30)} is too large; the most is {most}")
        else:
            return value
        return max(least, 1)

    limits = [f" from {least:,}"] * (least >= 0) + [f" to {most:,}"] * (most < MAX_COUNT)
    check.__doc__ = f"A whole number{''.join(limits)}."
    return check


def one_of(spellings: Mapping[str, str]) -> Check:
    """One of a few words; the value is what the word stands for."""

    def check(value: Any, path: Path, problems: Problems) -> str:
        if type(value) is str and value in spellings:
            return spellings[value]
        words = ", ".join(dict.fromkeys(spellings.values()))
        if type(value) is str:
            near = suggestion(value, spellings)
            problems.add(path, f'"{shown(value)}" is not one of {words}{near}')
        else:
            problems.add(path, wrong_kind(value, f"one of {words}"))
        return ""

    check.__doc__ = (
        f"One of {', '.join(f'`{word}`' for word in dict.fromkeys(spellings.values()))}."
    )
    return check


def list_of(item: Check) -> Check:
    """A list of values that pass the same check."""

    def check(value: Any, path: Path, problems: Problems) -> tuple[Any, ...]:
        if type(value) is not list:
            more = '; write it as ["..."]' if type(value) is str else ""
            problems.add(path, wrong_kind(value, "a list") + more)
            return ()
        return tuple(item(entry, (*path, i), problems) for i, entry in enumerate(value))

    check.__doc__ = f"A list. Each: {item.__doc__}"
    return check


def mapping(
    table: Mapping[str, Check], required: tuple[str, ...], build: Callable[..., Item]
) -> Callable[[Any, Path, Problems], Item]:
    """Return a check for a mapping with the fields of a table; null means absent."""

    def check(value: Any, path: Path, problems: Problems) -> Item:
        kept: dict[str, Any] = {}
        if type(value) is not dict:
            problems.add(path, wrong_kind(value, "a mapping"))
            return build(path)
        for key, entry in value.items():
            field = table.get(key)
            if field is None:
                problems.add((*path, key), f'unknown field "{shown(key)}"{suggestion(key, table)}')
            elif entry is not None:
                kept[key] = field(entry, (*path, key), problems)
        for key in required:
            if value.get(key) is None:
                problems.add(path, f'the field "{key}" is missing')
        return build(path, **kept)

    check.__doc__ = "A mapping of the fields below."
    return check


def memory(value: Any, path: Path, problems: Problems) -> str:
    """A memory size such as `512m`."""
    return _parsed(parse_memory, "1m", value, path, problems)


def duration(value: Any, path: Path, problems: Problems) -> str:
    """An ISO 8601 duration such as `PT30M`."""
    return _parsed(parse_duration, "PT1H", value, path, problems)


def _parsed(
    parse: Callable[[str], int], fallback: str, value: Any, path: Path, problems: Problems
) -> str:
    known = len(problems.errors)
    content = text(value, path, problems)
    if len(problems.errors) > known:
        return fallback
    try:
        size = parse(content)
    except UsageError as error:
        problems.add(path, f"{shown(error.message)} {error.hint}")
        return fallback
    if size == 0:
        problems.add(path, f'"{shown(content)}" is nothing at all')
        return fallback
    return content


def walltime_seconds(content: str) -> int | None:
    """Return the seconds of a Slurm time, None if it is none.

    Source: sbatch(1), Slurm 23.11, --time: "minutes", "minutes:seconds",
    "hours:minutes:seconds", "days-hours", "days-hours:minutes", "days-hours:minutes:seconds".
    """
    match = _WALLTIME.fullmatch(content.strip())
    if match is None:
        return None
    days = int(match["d"] or 0)
    numbers = [int(match[group]) for group in "abc" if match[group] is not None]
    if match["d"] is not None:
        hours, minutes, seconds = [*numbers, 0, 0][:3]
    elif len(numbers) == 3:
        hours, minutes, seconds = numbers
    else:
        hours, (minutes, seconds) = 0, [*numbers, 0][:2]
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def walltime(value: Any, path: Path, problems: Problems) -> str:
    """A time in Slurm's notation, such as `04:00:00` or `1-12:00:00`."""
    known = len(problems.errors)
    content = text(value, path, problems)
    if len(problems.errors) == known and not walltime_seconds(content):
        problems.add(
            path, f'"{shown(content)}" is not a Slurm time; write "HH:MM:SS" or "D-HH:MM:SS"'
        )
        return "01:00:00"
    return content


def sbatch_value(value: Any, path: Path, problems: Problems) -> str:
    """A value of an sbatch option; it is safe to stand in a script."""
    known = len(problems.errors)
    content = text(value, path, problems)
    if len(problems.errors) == known and not sbatch.is_value(content):
        problems.add(path, f'"{shown(content)}" cannot be the value of an sbatch option')
    return content


def sbatch_size(value: Any, path: Path, problems: Problems) -> str:
    """A size in Slurm's notation, such as `180G`: a whole number and K, M, G or T."""
    known = len(problems.errors)
    content = text(value, path, problems)
    if len(problems.errors) == known and not sbatch.is_size(content):
        problems.add(
            path,
            f'"{shown(content)}" is not a size of Slurm; write a whole number and K, M, G or T, '
            'such as "180G"',
        )
    return content


def sbatch_line(value: Any, path: Path, problems: Problems) -> str:
    """Further sbatch options on one line."""
    known = len(problems.errors)
    content = text(value, path, problems)
    if len(problems.errors) == known:
        try:
            sbatch.split_options(content)
        except UsageError as error:
            problems.add(path, error.message)
    return content


def variables(value: Any, path: Path, problems: Problems) -> dict[str, str]:
    """Names of variables, each with its value."""
    if type(value) is not dict:
        problems.add(path, wrong_kind(value, "a mapping of names to values"))
        return {}
    found = {}
    for key, entry in value.items():
        known = len(problems.errors)
        content = text(entry, (*path, key), problems)
        fault = fault_of(key, content) if len(problems.errors) == known else None
        if fault is not None:
            problems.add((*path, key), fault)
        found[key] = content
    return found


def json_value(value: Any, path: Path, problems: Problems) -> Any:
    """Anything that JSON can hold."""
    stack = [(value, path)]
    while stack:
        item, place = stack.pop()
        if len(place) - len(path) > MAX_DEPTH:
            problems.add(path, f"nested deeper than {MAX_DEPTH} levels")
            return None
        if type(item) is dict:
            for key in item:
                _clean(key, place, problems)
            stack += [(entry, (*place, key)) for key, entry in item.items()]
        elif type(item) is list:
            stack += [(entry, (*place, i)) for i, entry in enumerate(item)]
        elif type(item) is str:
            _clean(item, place, problems)
        elif type(item) is float and not math.isfinite(item):
            problems.add(place, f"{item} is not a number that JSON can hold")
        elif type(item) is int and not -MAX_INTEGER - 1 <= item <= MAX_INTEGER:
            problems.add(place, f"{shown(str(item), 30)} does not fit into 64 bits")
    return value


def json_object(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
    """A mapping of JSON values."""
    if type(value) is not dict:
        problems.add(path, wrong_kind(value, "a mapping"))
        return {}
    result: dict[str, Any] = json_value(value, path, problems) or {}
    return result
