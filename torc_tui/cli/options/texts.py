"""Names, paths and commands on the command line, with the rules of workflow files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from torc_core import limits
from torc_core.config.bounds import HostName


class _Checked(click.ParamType[str]):
    """A text.

    Args:
        fault: Returns why a text is wrong, None if it is not.
    """

    name = "text"

    def __init__(self, fault: Callable[[str], str | None]) -> None:
        self._fault = fault

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        text = str(value)
        fault = self._fault(text)
        if fault is not None:
            self.fail(f"{fault}.", param, ctx)
        return text


def _line(limit: int) -> _Checked:
    def fault(text: str) -> str | None:
        from torc_core.spec.fields import line_fault  # noqa: PLC0415 - few commands take one

        return line_fault(text, limit)

    return _Checked(fault)


def scheduler_value(field: str, *, may_be_empty: bool = False) -> click.ParamType[str]:
    """Return the type of a field of Slurm schedulers."""

    def fault(text: str) -> str | None:
        from torc_core.spec.problems import Problems  # noqa: PLC0415 - few commands take one
        from torc_core.spec.schema import SLURM_SCHEDULER  # noqa: PLC0415

        if may_be_empty and not text:
            return None
        problems = Problems()
        SLURM_SCHEDULER[field](text, (field,), problems)
        return problems.errors[0][1] if problems.errors else None

    return _Checked(fault)


def _host_fault(text: str) -> str | None:
    rule = HostName()
    return None if rule.allow(text) else f"{text[:80]!r} is not {rule.rule}"


HOST = _Checked(_host_fault)
"""A machine, by name or address."""
NAME = _line(limits.NAME)
PATH = _line(limits.PATH)
COMMAND = _Checked(lambda text: None if text.strip() else "must not be empty")
