"""Groups whose commands are imported when they are called, so that `torc` starts fast."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click
from rich_click import RichGroup


class Entry(NamedTuple):
    """A command that is not imported yet."""

    target: str
    """`module:attribute` below `torc_tui.cli.commands`."""
    help: str


class LazyGroup(RichGroup):
    """A group that lists its commands without importing them.

    Args:
        entries: Its commands by name, in the order in which they are listed.
    """

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in the order of the entries."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return what a list shows of a command."""
        entry = self.entries.get(cmd_name)
        return None if entry is None else click.Command(cmd_name, help=entry.help)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that is called."""
        name = args[0]
        if name in self.entries:
            return name, self.load(name), args[1:]
        near = difflib.get_close_matches(name, self.entries, 1)
        if near:
            ctx.fail(f"There is no command {name!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> click.Command:
        """Import one of the commands."""
        module, _, attribute = self.entries[name].target.partition(":")
        command = getattr(importlib.import_module(f"torc_tui.cli.commands.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command
