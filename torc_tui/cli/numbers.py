"""Numbers on the command line, with the bounds that they have in configuration files."""

from __future__ import annotations

from typing import Any, NoReturn

import click

from torc_core.config.bounds import RUN, Bounds
from torc_core.units import MAX_INTEGER


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
        try:
            found = int(value)
        except ValueError:
            _refuse(self, self._bounds, value, param, ctx)
        if not self._bounds.allow(found):
            _refuse(self, self._bounds, value, param, ctx)
        return found


class _Fraction(click.FloatRange):
    """A number; what is wrong is said in torc's words."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(min=bounds.low, max=bounds.high, min_open=bounds.is_above_low)
        self._bounds = bounds

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        try:
            found = float(value)
        except ValueError:
            _refuse(self, self._bounds, value, param, ctx)
        if not self._bounds.allow(found):
            _refuse(self, self._bounds, value, param, ctx)
        return found


def _refuse(
    kind: click.ParamType[Any],
    bounds: Bounds,
    value: object,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> NoReturn:
    kind.fail(f"{str(value)[:80]!r} is not {bounds.rule}.", param, ctx)
