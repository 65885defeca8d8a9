"""Numbers on the command line, with the bounds that they have in configuration files."""

from __future__ import annotations

from typing import Any

import click

from torc_core.config.bounds import Bounds
from torc_core.config.keys import fields_of
from torc_core.config.schema import RunSettings


def number(bounds: Bounds) -> click.ParamType[Any]:
    """Return the type of an option or an argument."""
    return _Number(bounds)


def setting(name: str) -> click.ParamType[Any]:
    """Return the type of an option that is also a setting of `[client.run]`."""
    rule = fields_of(RunSettings)[name].key.rule
    assert isinstance(rule, Bounds)
    return number(rule)


class _Number(click.ParamType[int | float]):
    """A number; help shows only its unit, and an error says what it has to be."""

    def __init__(self, bounds: Bounds) -> None:
        self.name = bounds.unit
        self.is_whole = bounds.is_whole
        self._bounds = bounds

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | float:
        """Return the number."""
        try:
            found = int(value) if self.is_whole else float(value)
        except ValueError:
            found = None
        if found is None or not self._bounds.allow(found):
            self.fail(f"{str(value)[:80]!r} is not {self._bounds.rule}.", param, ctx)
        return found
