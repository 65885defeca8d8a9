"""Commands and groups: global options at any place, examples in the help, imports when called."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import click
from click.core import augment_usage_errors
from rich_click import RichArgument, RichCommand, RichGroup

from torc_tui.cli.command_line import keep_words
from torc_tui.cli.global_options import global_options

F = TypeVar("F", bound=Callable[..., Any])

_NEAR = 0.75
"""How much of two names has to be the same, of 1, for one to be meant by the other."""
_FEW = 3
"""So many letters may be the beginning of a name."""


def _with_global_options(ctx: click.Context, own: list[click.Parameter]) -> list[click.Parameter]:
    """Return a command's parameters and the global options; its own have priority."""
    taken = frozenset(name for each in own for name in (*each.opts, *each.secondary_opts))
    return [*own, *global_options(taken=taken, hidden=ctx.parent is not None)]


@contextmanager
def _suggesting(ctx: click.Context, command: click.Command) -> Iterator[None]:
    """Suggest for an unknown option only one whose name is near, or begins so.

    click compares the dashes, too: short names with little in common count as near there.
    """
    try:
        yield
    except click.NoSuchOption as error:
        names = [
            spelling.removeprefix("--")
            for option in command.get_params(ctx)
            for spelling in (*option.opts, *option.secondary_opts)
            if spelling.startswith("--")
        ]
        given = error.option_name.lstrip("-")
        near = [each for each in names if each.startswith(given) and len(given) >= _FEW]
        near += difflib.get_close_matches(given, names, 1, cutoff=_NEAR)
        meant = f" Did you mean '--{near[0]}'?" if near else ""
        ctx.fail(f"No such option {error.option_name!r}.{meant}")


class HiddenArgument(click.Argument):
    """An argument that is accepted but not mentioned in the help."""

    hidden = True

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return nothing."""
        return []


class TorcCommand(RichCommand):
    """A command.

    Args:
        examples: Whole command lines, for the end of its help.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)
        if self.examples:
            self.epilog = "\n\n".join(["Examples:", *(f"    {line}" for line in self.examples)])

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return its own parameters and the global options, which are hidden."""
        return _with_global_options(ctx, super().get_params(ctx))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse a line, so that all errors, also those of the parser, name this command."""
        with augment_usage_errors(ctx), _suggesting(ctx, self):
            return super().parse_args(ctx, args)


class TorcGroup(RichGroup):
    """A group of commands."""

    command_class = TorcCommand

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return its own parameters and the global options, which are hidden."""
        return _with_global_options(ctx, super().get_params(ctx))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the name of a command."""
        if ctx.parent is None:
            keep_words(ctx, args)
        with _suggesting(ctx, self):
            return super().parse_args(ctx, args)


class Entry(NamedTuple):
    """A command that is not imported yet."""

    target: str
    """`module:attribute` below the package of the group."""
    help: str
    is_hidden: bool = False
    """An older name that the help does not list."""


class LazyGroup(TorcGroup):
    """A group that lists its commands without importing them.

    Args:
        package: Where the modules of its commands are.
        entries: Its commands by name, in the order in which they are listed.
        instead: The command to suggest for names that users may expect here.
    """

    def __init__(
        self,
        *args: Any,
        package: str,
        entries: Mapping[str, Entry],
        instead: Mapping[str, str] = MappingProxyType({}),
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.package = package
        self.entries = entries
        self.instead = instead

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in the order of the entries."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return what a list shows of a command."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        return click.Command(cmd_name, help=entry.help, hidden=entry.is_hidden)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that is called."""
        name = args[0]
        if name in self.entries:
            return name, self.load(name), args[1:]
        if name in self.instead:
            ctx.fail(f"No such command {name!r}. Use: {self.instead[name]}")
        near = difflib.get_close_matches(name, self.entries, 1)
        if near:
            ctx.fail(f"No such command {name!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> click.Command:
        """Import one of the commands."""
        module, _, attribute = self.entries[name].target.partition(":")
        command = getattr(importlib.import_module(f"{self.package}.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command


def argument(*names: str, help: str, **settings: Any) -> Callable[[F], F]:  # noqa: A002 - click's
    """Return a decorator that adds an argument with its help."""
    return click.argument(*names, cls=RichArgument, help=help, **settings)


def command(
    name: str | None = None,
    *,
    cls: type[TorcCommand] = TorcCommand,
    examples: Sequence[str] = (),
    **settings: Any,
) -> Callable[[Callable[..., Any]], TorcCommand]:
    """Return a decorator that makes a function a command of its own, to be named by an `Entry`."""
    return click.command(name, cls=cls, examples=examples, **settings)


def group(name: str | None = None, **settings: Any) -> Callable[[Callable[..., Any]], TorcGroup]:
    """Return a decorator that makes a function a group of commands."""
    return click.group(name, cls=TorcGroup, **settings)
