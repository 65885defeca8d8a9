"""The pages of all commands and their options, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import NamedTuple

import click

from torc_server.cli import cli as torc_server
from torc_server.htpasswd import cli as torc_htpasswd
from torc_tui.cli.command import LazyGroup
from torc_tui.cli.root import torc
from torc_tui.web.command import dash

_HEAD = """\
# Command line

How results are printed, as tables and as JSON: [output](output.md). What the exit codes mean:
[exit codes](exit-codes.md). Defaults of many options can be set in a
[configuration file](configuration.md). Every command has `--help`.

A workflow is named by its id, its name or `latest`, the newest one of yours. Where it is left out,
torc takes the only one you have, or asks in a menu; without a terminal it does not ask, and exits
with 2. Commands for several workflows, such as `torc workflows delete`, never take the only one
without a terminal.
"""
_PROGRAMS = """\
# Other programs

Options of `torc-server` can also be set in `[server]` of a [configuration file](configuration.md),
those of `torc-dash` in `[dash]`, and all as [variables](environment-variables.md). The
[exit codes](exit-codes.md) are those of `torc`.
"""
_RUNNER = """\
## `torc-slurm-job-runner`

The runner inside an allocation: `torc-slurm-job-runner URL WORKFLOW OUTDIR`. CPUs, memory, GPUs and
the end of its time come from Slurm; `--help` lists its options.
"""


class Described(NamedTuple):
    """A command of the tree."""

    path: str
    """As it is called, with `torc`."""
    command: click.Command
    context: click.Context
    aliases: tuple[str, ...] = ()
    """Other names that are accepted in its place, and not listed."""

    @property
    def is_group(self) -> bool:
        """Whether it has commands of its own."""
        return isinstance(self.command, click.Group)

    @property
    def summary(self) -> str:
        """The first sentence of its help."""
        return " ".join(cleandoc(self.command.help or "").partition("\n\n")[0].split())


def page() -> str:
    """Return the page."""
    found = described()
    lines = [_HEAD, *_contents(found)]
    for each in found:
        lines += _of(each)
    return "\n".join(lines)


def programs() -> str:
    """Return the page of the other programs."""
    found = [
        *described(torc_server, "torc-server"),
        *described(torc_htpasswd, "torc-htpasswd"),
        Described("torc-dash", dash, click.Context(dash, info_name="torc-dash")),
    ]
    lines = [_PROGRAMS]
    for each in found:
        lines += _of(each)
    return "\n".join([*lines, _RUNNER])


def described(root: click.Group = torc, name: str = "torc") -> list[Described]:
    """Return all commands, each group before its own; hidden ones are left out."""
    own = Described(name, root, click.Context(root, info_name=name, **root.context_settings))
    return [own, *_below(own)]


def _below(parent: Described) -> Iterator[Described]:
    """Yield the commands of a group."""
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent.context):
        listed = group.get_command(parent.context, name)
        assert listed is not None
        if listed.hidden:
            continue
        command = group.load(name) if isinstance(group, LazyGroup) else listed
        context = click.Context(command, info_name=name, parent=parent.context)
        own = Described(f"{parent.path} {name}", command, context, tuple(_aliases(group, name)))
        yield own
        if own.is_group:
            yield from _below(own)


def _aliases(group: click.Group, name: str) -> Iterator[str]:
    if isinstance(group, LazyGroup):
        target = group.entries[name].target
        for other, entry in group.entries.items():
            if entry.is_hidden and entry.target == target:
                yield other


def _contents(found: list[Described]) -> Iterator[str]:
    yield "| Command | What it does |\n| --- | --- |"
    for each in found:
        if not each.is_group:
            anchor = each.path.replace(" ", "-")
            yield f"| [`{each.path}`](#{anchor}) | {each.summary} |"
    yield ""


def _of(described: Described) -> Iterator[str]:
    path, command, context, aliases = described
    yield f"{'##' if path.count(' ') < 2 else '###'} `{path}`\n"
    yield cleandoc(command.help or "").replace("<", "&lt;") + "\n"
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    yield f"```\n{usage}\n```\n"
    options = [
        row
        for parameter in command.get_params(context)
        if not getattr(parameter, "hidden", False)
        and (row := parameter.get_help_record(context)) is not None
        and "--help" not in row[0]
        and row[1]
    ]
    if options:
        yield "| Option | Meaning |\n| --- | --- |"
        for names, meaning in options:
            shown, told = names.replace("|", "\\|"), " ".join(meaning.split())
            yield f"| `{shown}` | {told} |"
        yield ""
    if aliases:
        yield f"Also called {', '.join(f'`{name}`' for name in aliases)}.\n"
    if examples := getattr(command, "examples", ()):
        yield "\n".join(["Examples:\n", "```", *examples, "```\n"])
    if command is torc:
        yield "These options are accepted by every command, before its name or after it.\n"
