"""Options that take several ids."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from torc_tui.cli.command import TorcCommand
from torc_tui.cli.options.types import ID

_IDS = re.compile(r"[0-9]+(?:,[0-9]+)*")


class IdList(click.ParamType[list[int]]):
    """Ids, separated by commas."""

    name = "ids"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[int]:
        """Return the ids."""
        return [ID.convert(each.strip(), param, ctx) for each in str(value).split(",")]


def id_list(*declarations: str, help: str) -> Callable[[Any], Any]:  # noqa: A002 - click's name
    """Return an option whose value is a list of ids, None if it is not given."""
    return click.option(
        *declarations,
        type=IdList(),
        metavar="ID...",
        multiple=True,
        callback=lambda _ctx, _option, lists: [each for ids in lists for each in ids] or None,
        help=help,
    )


class IdListCommand(TorcCommand):
    """A command with one argument and with lists of ids.

    Behind its argument the ids may also follow an option one by one, as in `create 7 -i 1 2`;
    before it, the last of them might be the argument.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat an option for each of its ids."""
        return super().parse_args(ctx, self._repeated(ctx, args))

    def _repeated(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {
            spelling: option
            for option in self.get_params(ctx)
            if isinstance(option, click.Option) and not option.is_flag
            for spelling in option.opts
        }
        result: list[str] = []
        rest = list(args)
        has_argument = False
        while rest:
            token = rest.pop(0)
            result.append(token)
            if token == "--":  # noqa: S105 - no password
                return result + rest
            option = options.get(token)
            if option is None:
                has_argument |= not token.startswith("-")
                continue
            result += rest[:1]
            del rest[:1]
            while has_argument and isinstance(option.type, IdList) and rest and _is_ids(rest[0]):
                result += [token, rest.pop(0)]
        return result


def _is_ids(text: str) -> bool:
    return _IDS.fullmatch(text) is not None
