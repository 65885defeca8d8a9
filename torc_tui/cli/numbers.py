"""Numbers on the command line, with the bounds that they have in configuration files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from torc_core.config.bounds import RUN, Bounds
from torc_core.units import MAX_INTEGER

Number = TypeVar("Number", int, float)


def number(bounds: Bounds) -> click.ParamType[Any]:
    """Return the type of an option or an argument."""
    return _Whole(bounds) if bounds.is_whole else _Fraction(bounds)


def setting(name: str) -> click.ParamType[Any]:
    """Return the type of an option that is also a setting of `[client.run]`."""
    return number(RUN[name])


class _Whole(click.IntRange):
    """A whole number; what is wrong is said in torc's words."""

    def __init__(self, bounds: Bounds) -> None:
        high = None if bounds.high == MAX_INTEGER else int(bounds.high)
        super().__init__(min=int(bounds.low), max=high)
        self._bounds = bounds

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        return _convert(self, int, self._bounds, value, param, ctx)


class _Fraction(click.FloatRange):
    """A number; what is wrong is said in torc's words."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(min=bounds.low, max=bounds.high, min_open=bounds.is_above_low)
        self._bounds = bounds

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        return _convert(self, float, self._bounds, value, param, ctx)


def _convert(
    kind: click.ParamType[Any],
    read: Callable[[Any], Number | None],
    bounds: Bounds,
    value: Any,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> Number:
    try:
        found = read(value)
    except ValueError:
        found = None
    if found is None or not bounds.allow(found):
        kind.fail(f"{str(value)[:80]!r} is not {bounds.rule}.", param, ctx)
    return found
