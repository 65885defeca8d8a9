"""The options that every command takes, before its name or behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from torc_core.config.bounds import FORMATS, LOG_LEVELS
from torc_core.errors import TorcError

_WRITTEN_TOGETHER = frozenset(
    f"{option}{word}" for option in ("-f", "--format=") for word in FORMATS.words
)
_OPTIONS: tuple[Callable[..., click.Option], ...] = (
    lambda **more: click.Option(
        ["-f", "--format", "format_"],
        type=click.Choice(FORMATS.words),
        help="Output format; `table` by default.",
        **more,
    ),
    lambda **more: click.Option(
        ["--url"], help="The server, also TORC_API_URL; by default torc starts its own.", **more
    ),
    lambda **more: click.Option(
        ["--context"],
        metavar="NAME",
        help="The server, by its name in the configuration; `own` is torc's own.",
        **more,
    ),
    lambda **more: click.Option(
        ["--standalone"],
        is_flag=True,
        help="Use the embedded server, even if another is configured.",
        **more,
    ),
    lambda **more: click.Option(
        ["--username"], help="User name for authentication; $USER by default.", **more
    ),
    lambda **more: click.Option(
        ["--password"], help="Password for authentication, also TORC_PASSWORD.", **more
    ),
    lambda **more: click.Option(
        ["--prompt-password"], is_flag=True, help="Ask for the password.", **more
    ),
    lambda **more: click.Option(
        ["--log-level"],
        type=click.Choice(LOG_LEVELS.words),
        help="Lowest level that a run logs; `info` by default.",
        **more,
    ),
    lambda **more: click.Option(["--skip-version-check"], is_flag=True, **{**more, "hidden": True}),
)


def global_options(*, taken: frozenset[str] = frozenset(), hidden: bool) -> Iterator[click.Option]:
    """Yield the options, without the spellings that a command uses for its own.

    Args:
        taken: Spellings such as `-f`.
        hidden: Leave them out of the help.
    """
    for make in _OPTIONS:
        option = make(hidden=hidden, expose_value=False, callback=keep)
        option.opts = [spelling for spelling in option.opts if spelling not in taken]
        if option.opts:
            yield option


def given_options(ctx: click.Context) -> dict[str, Any]:
    """Return the options that were given, by their names; the last place of the line wins."""
    given: dict[str, Any] = ctx.meta.setdefault(__name__, {})
    return given


def format_of(arguments: Sequence[str]) -> str:
    """Return the format in which the command of a line prints, even of a line that is wrong."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    words = [
        value if word in {"-f", "--format"} else word.removeprefix("--format=").removeprefix("-f")
        for word, value in pairs
        if word in {"-f", "--format", *_WRITTEN_TOGETHER}
    ]
    if words:
        return words[-1]
    from torc_core.config.sources import Loaded  # noqa: PLC0415 - only to say what went wrong

    try:
        return Loaded("client").check().client.format
    except TorcError:
        return "table"


def keep(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep the value of an option that overrides a setting; a callback of click's."""
    if value is not None and value is not False:
        assert option.name is not None
        given_options(ctx)[option.name] = value
