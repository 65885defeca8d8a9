"""Parameters: ranges and lists of values, and the combinations of several.

A range of whole numbers or decimals includes its end: "1:10", "0:100:10", "10:1:-3",
"0.0:1.0:0.1". The third part is always the step. One sentence of the documentation reads
"0.0001:0.01:10" as ten values on a logarithmic scale, but its own table, the examples and
"0.1:1.0:0.1" need a step, and one notation cannot mean both. Values are counted before any is
made.

Values that are written out keep their spelling: 001 stays 001 until a format such as `{x:d}` asks
for a number. Those of a range are numbers, which have none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from itertools import product
from typing import Any, NamedTuple, overload

from torc_core.spec.fields import fault_in
from torc_core.spec.problems import Path, Problems, shown
from torc_core.spec.spelling import SpelledFloat, SpelledInt, is_number

Value = str | int | float
Values = Sequence[Value]
Row = Mapping[str, Value]
"""One combination: a value for each parameter."""

PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
MAX_VALUES = 2**31

_NUMBER = r"[-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*:\s*({_NUMBER})\s*(?::\s*({_NUMBER})\s*)?", re.ASCII)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_ITEM = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"\[\]]+))\s*(?:,|$)""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


_SIMPLE = r"[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?"
# What is none of the above and looks as if it were meant so, and how to write it.
_NEAR_RANGE = re.compile(
    rf"({_SIMPLE})\s*(?:\.\.+=?|-|to\b|:)\s*({_SIMPLE})\s*"
    rf"(?:(?:\.\.+|:|by\b|step\b)\s*({_SIMPLE})?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBERS_APART = re.compile(rf"{_NUMBER}(?:[ \t;]+{_NUMBER})+", re.ASCII)


def show(value: Value) -> str:
    """Return a value as text; decimals never in exponential notation."""
    if isinstance(value, float):
        digits = repr(value)
        return format(Decimal(digits), "f") if "e" in digits else digits
    return str(value)


_LONGEST_DECIMAL = 24
"""Characters of an ordinary decimal at most."""


class Decimals(Sequence[float | str]):
    """Evenly spaced decimals, computed exactly and only when asked for."""

    def __init__(self, start: Decimal, step: Decimal, count: int) -> None:
        self._start = start
        self._step = step
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decimals) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # values are compared, never looked up

    @overload
    def __getitem__(self, index: int) -> float | str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[float | str]: ...
    def __getitem__(self, index: int | slice) -> float | str | Sequence[float | str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        exact = self._start + self._step * index
        value = float(exact)
        return value if Decimal(repr(value)) == exact else format(exact, "f")


def parse_values(value: Any, path: Path, problems: Problems) -> Values:
    """Return the values of one parameter: a range, a list as text, a real list or a number.

    Those that are written out are texts, as they are written. Anything else is noted as a problem
    and gives one harmless value.
    """
    try:
        if type(value) is list:
            found: Values = [_as_written(item) for item in value]
            for item in found[:1] if len(found) == 1 else ():
                _warn_single(str(item), path, problems)
        elif type(value) is str:
            found = _from_text(value, path, problems)
        else:
            found = [_as_written(value)]
    except ValueError as error:
        problems.add(path, str(error))
        return [0]
    if not found:
        problems.add(path, "the list is empty")
        return [0]
    return found if _are_sound(found, path, problems) else [0]


def _as_written(item: Any) -> str:
    """Return an item of a list, or a single value, as its file has it."""
    if type(item) is str:
        return item
    if type(item) is bool:
        return "true" if item else "false"
    if isinstance(item, SpelledInt | SpelledFloat) and is_number(item.spelling):
        return item.spelling
    if isinstance(item, int | float) and math.isfinite(item):
        return show(item)
    raise ValueError("the values of a parameter are texts and finite numbers")


def _are_sound(found: Values, path: Path, problems: Problems) -> bool:
    """Return whether the values can be stored and passed on; note the first that cannot."""
    for i, item in enumerate(found) if isinstance(found, list) else ():
        fault = fault_in(item)
        if fault is not None:
            problems.add((*path, i), fault)
            return False
    return True


def _warn_single(item: str, path: Path, problems: Problems) -> None:
    """Note a list of one value that looks like several."""
    if _RANGE.fullmatch(item):
        problems.warn(
            path,
            f'"{shown(item)}" in brackets is one value; write "{shown(item.strip())}" without them '
            "if a range is meant",
        )
    if _NUMBERS_APART.fullmatch(item.strip()):
        commas = ", ".join(re.split(r"[ \t;]+", item.strip()))
        problems.warn(
            path, f'"{shown(item)}" is one value; write [{shown(commas)}] if several are meant'
        )


def _from_text(content: str, path: Path, problems: Problems) -> Values:
    stripped = content.strip()
    if stripped.startswith("["):
        items = _list(stripped)
        if len(items) == 1:
            _warn_single(items[0], path, problems)
        return items
    match = _RANGE.fullmatch(stripped)
    if match:
        values = _range(match)
        _warn_range(content, match, values, path, problems)
        return values
    if is_number(stripped):
        return [stripped]
    raise ValueError(
        f'"{shown(content)}" is neither a range such as "1:10" or "0.0:1.0:0.1" '
        f"nor a list such as \"['a','b']\"{_meant(stripped)}"
    )


def _meant(text: str) -> str:
    """Return "; write ..." for what is nearly a range or a list, or nothing."""
    near = _NEAR_RANGE.fullmatch(text)
    if near:
        return f'; write "{":".join(part for part in near.groups() if part)}" for a range'
    text = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    if "(" in text:
        return ""
    if "," in text or _NUMBERS_APART.fullmatch(text):
        items = (item for item in re.split(r"\s*,\s*" if "," in text else r"[ \t;]+", text) if item)
        return f'; write "[{shown(", ".join(items))}]" for a list'
    return ""


def _warn_range(
    content: str, match: re.Match[str], values: Values, path: Path, problems: Problems
) -> None:
    """Note ranges that give other values than they seem to promise."""
    if len(values) == 1 and Decimal(match[1]) != Decimal(match[2]):
        step = "the third part is the step" if match[3] else "without a third part the step is 1"
        problems.warn(
            path, f'"{shown(content)}" is one value: {step}, and it is larger than the range'
        )
    width = len(match[1])
    if isinstance(values, range) and match[1].startswith("0") and width > 1:
        # A range is counted, not written out: it has no spelling to keep, and the ends may have
        # different widths.
        problems.warn(
            path,
            f'"{shown(content)}" counts {values[0]}, {values[-1]} without the zeros; '
            f"write {{name:0{width}d}} where the value is used, or a list",
        )


def _list(content: str) -> list[str]:
    if not content.endswith("]"):
        raise ValueError(f'"{shown(content)}" lacks its closing bracket')
    inner = content[1:-1].strip()
    values: list[str] = []
    offset = 0
    while offset < len(inner):
        match = _ITEM.match(inner, offset)
        if match is None or (match[3] is not None and not match[3].strip()):
            raise ValueError(f'"{shown(content)}": item {len(values) + 1} is not a value')
        quoted = match[1] if match[1] is not None else match[2]
        values.append(_ESCAPE.sub(r"\1", quoted) if quoted is not None else match[3].strip())
        offset = match.end()
    return values


def _range(match: re.Match[str]) -> Values:
    first, last, step = match.groups()
    whole = all(_INTEGER.fullmatch(part) for part in (first, last, step or "1"))
    try:
        start, stop, by = Decimal(first), Decimal(last), Decimal(step or "1")
        if by == 0:
            raise ValueError(f'"{shown(match[0])}" has the step zero')
        is_ahead = (stop >= start) if by > 0 else (stop <= start)
        count = int((stop - start) // by) + 1 if is_ahead else 0
    except DecimalException:
        count = MAX_VALUES + 1
    if count < 1:
        hint = "" if step else '; add a step such as ":-1" to count down'
        raise ValueError(f'"{shown(match[0])}" contains no value{hint}')
    if count > MAX_VALUES:
        raise ValueError(f'"{shown(match[0])}" has more than {MAX_VALUES:,} values')
    if whole:
        return range(int(start), int(start) + count * int(by), int(by))
    return Decimals(start, by, count)


def count_rows(parameters: Mapping[str, Values], *, zipped: bool) -> int:
    """Return how many combinations there are, without making one.

    Raises:
        ValueError: Zipped parameters have different numbers of values.
    """
    if not zipped or not parameters:
        return math.prod(len(values) for values in parameters.values())
    counts = {name: len(values) for name, values in parameters.items()}
    first = next(iter(counts))
    for name, count in counts.items():
        if count != counts[first]:
            raise ValueError(
                "All parameters must have the same number of values when using 'zip' mode. "
                f"Parameter '{first}' has {counts[first]} values, "
                f"but '{name}' has {count} values."
            )
    return counts[first]


class Lengths(NamedTuple):
    """How long the values of a parameter are as text."""

    mean: float
    most: int


def value_lengths(values: Values) -> Lengths:
    """Return the lengths of values; for those of a range, bounds of them."""
    if isinstance(values, list):
        several = [len(show(value)) for value in values]
        return Lengths(sum(several) / len(several), max(several))
    longest = max(len(show(value)) for value in (values[0], values[len(values) - 1]))
    if isinstance(values, Decimals):
        longest = max(longest, _LONGEST_DECIMAL)
    return Lengths(longest, longest)


def groups(
    parameters: Mapping[str, Values], own: Collection[str], *, zipped: bool
) -> Iterator[Sequence[Row]]:
    """Yield the combinations in lists: together where the values of `own` are the same."""
    names = list(parameters)
    combinations = (dict(zip(names, row, strict=True)) for row in rows(parameters, zipped=zipped))
    if len(own) == len(names):
        yield from ((row,) for row in combinations)
        return
    together: dict[tuple[Value, ...], list[Row]] = {}
    for row in combinations:
        key = tuple(row[name] for name in names if name in own)
        together.setdefault(key, []).append(row)
    yield from together.values()


def rows(parameters: Mapping[str, Values], *, zipped: bool) -> Iterator[tuple[Value, ...]]:
    """Yield the combinations, values in the order of the parameters; the first varies slowest."""
    if zipped and parameters:
        return zip(*parameters.values(), strict=True)
    return product(*parameters.values())
