"""The page that compares the commands of torc with those of the reference."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from torc_tui.cli.command import LazyGroup
from torc_tui.cli.root import torc

DOCUMENTED = tomllib.loads((Path(__file__).parent / "documented_commands.toml").read_text("utf-8"))


class Row(NamedTuple):
    """One command of the reference, and what torc has of it."""

    path: str
    """Without `torc`."""
    facts: dict[str, Any]
    command: click.Command | None

    @property
    def is_later(self) -> bool:
        """Whether it belongs to a part that is still to come."""
        return any(f"{self.path} ".startswith(f"{each} ") for each in DOCUMENTED["later"])

    @property
    def missing(self) -> list[str]:
        """Spellings of options that the reference has, and torc has not."""
        known = set() if self.command is None else spellings(self.command)
        wanted = [name for option in self.facts["options"] for name in option.split()]
        later = set(DOCUMENTED["later"])
        return [n for n in wanted if n not in known and f"{self.path} {n}" not in later]


def rows() -> list[Row]:
    """Return all commands of the reference."""
    return [Row(path, facts, find(path.split())) for path, facts in DOCUMENTED["commands"].items()]


def find(names: list[str]) -> click.Command | None:
    """Return a command of torc."""
    command: click.Command = torc
    for name in names:
        if not isinstance(command, click.Group):
            return None
        child = (
            command.load(name)
            if isinstance(command, LazyGroup) and name in command.entries
            else command.commands.get(name)
        )
        if child is None:
            return None
        command = child
    return command


def spellings(command: click.Command, *, hidden: bool = True) -> set[str]:
    """Return the options of a command, in all their spellings; the global ones at the root only."""
    context = click.Context(command, parent=None if command is torc else click.Context(torc))
    return {
        name
        for option in command.get_params(context)
        if isinstance(option, click.Option) and (hidden or not option.hidden)
        for name in (*option.opts, *option.secondary_opts)
    }


_HEAD = """\
# Commands of the reference

Every command and option of torc 0.12.0, the [reference](clients.md), as its documentation and its
command line have them, beside ours. ¹ An option that its documentation has and its command line
refuses; ours takes it. ² A command that its documentation does not describe.

| Command | Options of the reference | Ours besides |
| --- | --- | --- |"""


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_present(), "", *_absent()])


def _present() -> Iterator[str]:
    for row in rows():
        if row.command is None or row.is_later:
            continue
        only = set(row.facts.get("only_documented", ()))
        theirs = [
            f"`{option}`{'¹' if only & set(option.split()) else ''}"
            for option in row.facts["options"]
        ]
        named = {name for option in row.facts["options"] for name in option.split()}
        ours = sorted(spellings(row.command, hidden=False) - named - {"-h", "--help"})
        mark = "" if row.facts["documented"] else "²"
        shown = ", ".join(f"`{name}`" for name in ours if name.startswith("--"))
        yield f"| `{f'torc {row.path}'.strip()}`{mark} | {', '.join(theirs)} | {shown} |"


def _absent() -> Iterator[str]:
    if DOCUMENTED["later"]:
        names = ", ".join(f"`torc {each}`" for each in DOCUMENTED["later"])
        yield f"Still to come: {names}.\n"


def problems() -> list[str]:
    """Return what torc lacks of the reference, and what is no longer to come."""
    found = []
    for row in rows():
        if row.is_later:
            continue
        if row.command is None:
            found.append(f"torc {row.path}: no such command")
        elif row.missing:
            found.append(f"torc {row.path}: no {', '.join(row.missing)}")
    return found + [
        f"torc {each}: here, and still listed as to come"
        for each in DOCUMENTED["later"]
        if _is_here(each.split())
    ]


def _is_here(names: list[str]) -> bool:
    if names[-1].startswith("--"):
        command = find(names[:-1])
        return command is not None and names[-1] in spellings(command)
    return find(names) is not None
