"""The options of every command that recovers workflows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import click
from click.core import ParameterSource

from torc_core.config.bounds import MULTIPLIER, Bounds
from torc_core.errors import UsageError
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.units import parse_duration, parse_memory
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import Decorator, options

_NODE_HOURS = Bounds(0, 1_000_000_000, is_whole=False, is_above_low=True, unit="hours")


class _Amount(click.ParamType[int]):
    """An amount that is written as in workflow files."""

    def __init__(self, name: str, parse: Callable[[str], int]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the amount in bytes or seconds."""
        try:
            return self._parse(str(value))
        except UsageError as error:
            return self.fail(f"{error.message} {error.hint}", param, ctx)


def recovery_options(runtime_multiplier: float) -> Decorator:
    """Return a decorator that adds what a user lets a recovery do.

    Args:
        runtime_multiplier: The default.
    """
    return options(
        click.option(
            "--memory-multiplier",
            type=number(MULTIPLIER),
            default=1.5,
            help="New memory of jobs that ran out of it, as a multiple of the peak.",
        ),
        click.option(
            "--runtime-multiplier",
            type=number(MULTIPLIER),
            default=runtime_multiplier,
            help="New runtime of jobs that ran out of time, as a multiple of the longest one.",
        ),
        click.option(
            "--retry-unknown",
            is_flag=True,
            help="Also retry jobs that failed for unknown reasons; likely they fail again.",
        ),
        click.option(
            "--recovery-hook",
            "hook",
            metavar="COMMAND",
            help="A command of yours that repairs what torc cannot, before jobs run again; it gets "
            "the id of the workflow. Jobs that failed for unknown reasons are then retried.",
        ),
        click.option(
            "--trust", is_flag=True, help="Run the hook even for the workflow of another user."
        ),
        click.option(
            "--max-memory",
            "max_memory_bytes",
            type=_Amount("memory", parse_memory),
            help='Raise no memory above this, such as "64g".',
        ),
        click.option(
            "--max-runtime",
            "max_runtime_s",
            type=_Amount("duration", parse_duration),
            help='Raise no runtime above this, such as "PT12H".',
        ),
        click.option(
            "--max-node-hours",
            type=number(_NODE_HOURS),
            help="Retry no more jobs than may take this together.",
        ),
    )


def taken_options(given: dict[str, Any]) -> RecoveryOptions:
    """Take these options out of those of a command."""
    names = RecoveryOptions.__struct_fields__
    return RecoveryOptions(**{name: given.pop(name) for name in names if name in given})


def idle_options(context: click.Context, switch: str, names: Collection[str]) -> Iterator[str]:
    """Yield the options of a command line that do nothing, as what they belong to is not wanted.

    Args:
        context: That of the command.
        switch: The name of the parameter without which they do nothing.
        names: Of theirs.
    """
    if context.params[switch]:
        return
    for param in context.command.params:
        given = context.get_parameter_source(param.name or "")
        if param.name in names and given is ParameterSource.COMMANDLINE:
            yield param.opts[-1]
