"""Parameters: ranges and lists of values, and the combinations of several.

A range of whole numbers or decimals includes its end: "1:10", "0:100:10", "10:1:-3",
"0.0:1.0:0.1". The third part is always the step. One sentence of the documentation reads
"0.0001:0.01:10" as ten values on a logarithmic scale, but its own table, the examples and
"0.1:1.0:0.1" need a step, and one notation cannot mean both. Values are counted before any is
made.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from itertools import product
from typing import Any, overload

from torc_core.spec.problems import Path, Problems, shown

Value = str | int | float
Values = Sequence[Value]
Row = Mapping[str, Value]
"""One combination: a value for each parameter."""

PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
MAX_VALUES = 2**31

_NUMBER = r"[-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*:\s*({_NUMBER})\s*(?::\s*({_NUMBER})\s*)?", re.ASCII)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(_NUMBER, re.ASCII)
_ITEM = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"\[\]]+))\s*(?:,|$)""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Decimals(Sequence[float]):
    """Evenly spaced decimals, computed exactly and only when asked for."""

    def __init__(self, start: Decimal, step: Decimal, count: int) -> None:
        self._start = start
        self._step = step
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[float]: ...
    def __getitem__(self, index: int | slice) -> float | Sequence[float]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        return float(self._start + self._step * index)


def parse_values(value: Any, path: Path, problems: Problems) -> Values:
    """Return the values of one parameter: a range, a list as text, a real list or a number.

    Anything else is noted as a problem and gives one harmless value.
    """
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return [value]
    try:
        if type(value) is list:
            found: Values = [_plain_item(item) for item in value]
        else:
            found = _from_text(value, path, problems)
    except ValueError as error:
        problems.add(path, str(error))
        return [0]
    if not found:
        problems.add(path, "the list is empty")
        return [0]
    return found


def _plain_item(item: Any) -> Value:
    if type(item) is bool:
        return "true" if item else "false"
    if type(item) is str or type(item) is int or (type(item) is float and math.isfinite(item)):
        return item
    raise ValueError("the values of a parameter are texts and finite numbers")


def _from_text(content: Any, path: Path, problems: Problems) -> Values:
    if type(content) is not str:
        raise ValueError("must be a range or a list")
    stripped = content.strip()
    if stripped.startswith("["):
        return _list(stripped)
    match = _RANGE.fullmatch(stripped)
    if match:
        values = _range(match)
        if len(values) == 1 and match[3] and Decimal(match[1]) != Decimal(match[2]):
            problems.warn(
                path,
                f'"{shown(content)}" is one value: the third part is the step, and it is '
                "larger than the range",
            )
        return values
    if _FLOAT.fullmatch(stripped):
        return [_typed(stripped)]
    raise ValueError(
        f'"{shown(content)}" is neither a range such as "1:10" or "0.0:1.0:0.1" '
        "nor a list such as \"['a','b']\""
    )


def _typed(item: str) -> Value:
    if _INTEGER.fullmatch(item):
        return int(item)
    if _FLOAT.fullmatch(item) and math.isfinite(float(item)):
        return float(item)
    return item


def _list(content: str) -> list[Value]:
    if not content.endswith("]"):
        raise ValueError(f'"{shown(content)}" lacks its closing bracket')
    inner = content[1:-1].strip()
    values: list[Value] = []
    offset = 0
    while offset < len(inner):
        match = _ITEM.match(inner, offset)
        if match is None or (match[3] is not None and not match[3].strip()):
            raise ValueError(f'"{shown(content)}": item {len(values) + 1} is not a value')
        quoted = match[1] if match[1] is not None else match[2]
        values.append(
            _ESCAPE.sub(r"\1", quoted) if quoted is not None else _typed(match[3].strip())
        )
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
