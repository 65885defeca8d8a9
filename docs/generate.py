"""Write the generated pages of `docs/reference` from the program itself.

    python docs/generate.py

A test fails when a page differs from what this would write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from inspect import cleandoc
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import click
from msgspec.structs import fields

from torc_core.errors import ExitCode
from torc_core.model.events.types import EVENT_RECORDS, action_of
from torc_server.app import create_app
from torc_server.controllers.service import VERSION
from torc_server.edge.openapi import describe
from torc_server.settings import ServerSettings
from torc_tui.actions import ACTIONS
from torc_tui.cli.command import LazyGroup
from torc_tui.cli.root import torc

REFERENCE = Path(__file__).parent / "reference"

MEANING = {
    ExitCode.OK: "Done. For `torc run`: every job completed.",
    ExitCode.JOBS_FAILED: "The workflow ended, and not every job completed.",
    ExitCode.USAGE: "Wrong usage, a wrong workflow file or a wrong configuration.",
    ExitCode.ACCESS: "Not authenticated, or not allowed.",
    ExitCode.NOT_FOUND: "No such workflow, job, file or other object.",
    ExitCode.CONFLICT: "The present state forbids it: running, archived, locked, a newer database.",
    ExitCode.UNREACHABLE: "No server answers, or the connection broke before the reply.",
    ExitCode.SERVER: "The server reports an error of its own, or its reply cannot be read.",
    ExitCode.TIMED_OUT: "A wait ended without its event, or a reply did not come in time.",
    ExitCode.ENVIRONMENT: "This machine lacks something: disk space, a program, a permission.",
    ExitCode.FAULT: "A fault of torc; `errors.log` in the state directory holds its traceback.",
    ExitCode.INTERRUPTED: "Ended by Ctrl-C.",
    ExitCode.TERMINATED: "Ended by SIGTERM.",
}


def exit_codes() -> str:
    """Return the page of exit codes."""
    rows = "\n".join(f"| {code.value} | {MEANING[code]} |" for code in ExitCode)
    head = "# Exit codes\n\nThe same for every command.\n\n| Code | Meaning |\n| --- | --- |\n"
    return f"{head}{rows}\n"


_OUTPUT = """\
Lists are printed whole, in the order of their ids, while they are read. Records that appear or
vanish meanwhile do not make others be missed or come twice; with `--sort-by` they may.

JSON is one document. Controls, bidirectional marks and other hidden characters in it are written as
escapes such as `\\u009b`, in a terminal and elsewhere; tables show them as `␛` or `\ufffd`.
"""


def command_line() -> str:
    """Return the page of all commands and options."""
    parts = ["# Command line\n", "Options of every command are listed under `torc`.\n", _OUTPUT]
    parts += list(_describe(torc, "torc", None))
    for name in torc.entries:
        parts += list(_describe(torc.load(name), f"torc {name}", click.Context(torc)))
    return "\n".join(parts)


def _describe(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=path, **torc.context_settings)
    is_root = parent is None
    yield f"{'##' if path.count(' ') < 2 else '###'} `{path}`\n"
    yield cleandoc(command.help or "") + "\n"
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    yield f"```\n{usage}\n```\n"
    options = [
        row
        for parameter in command.get_params(context)
        if (row := parameter.get_help_record(context)) is not None
    ]
    if options:
        yield "| Option | Meaning |\n| --- | --- |"
        for names, help_ in options:
            shown = names.replace("|", "\\|")
            yield f"| `{shown}` | {help_} |"
        yield ""
    if isinstance(command, click.Group) and not is_root:
        for name in command.list_commands(context):
            child = (
                command.load(name)
                if isinstance(command, LazyGroup)
                else command.get_command(context, name)
            )
            assert child is not None
            yield from _describe(child, f"{path} {name}", context)


def keys() -> str:
    """Return the page of keys of the terminal interface."""
    parts = ["# Keys of the terminal interface\n", "`?` shows the same inside of it.\n"]
    for group, actions in groupby((a for a in ACTIONS if a.group), key=lambda a: a.group):
        parts.append(f"## {group}\n\n| Key | Action |\n| --- | --- |")
        parts += [f"| `{action.label}` | {action.help} |" for action in actions]
        parts.append("")
    return "\n".join(parts)


def interface() -> str:
    """Return the OpenAPI document of the server."""
    app = create_app(ServerSettings(database=Path("unused")))
    return describe(app, VERSION.api_version).decode()


def calls() -> str:
    """Return the page that lists all calls."""
    document = json.loads(interface())
    found = [
        (operation["tags"][0], path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts = [
        "# Calls of the HTTP interface\n",
        f"Paths begin with `{document['servers'][0]['url']}`.\n",
        "What all calls have in common is in [HTTP interface](http-api.md), their parameters",
        "and bodies in [openapi.json](openapi.json).\n",
    ]
    for tag, group in groupby(sorted(found, key=itemgetter(0)), key=itemgetter(0)):
        parts.append(f"## {tag.capitalize()}\n\n| Call | Operation | What it does |")
        parts.append("| --- | --- | --- |")
        parts += [
            f"| `{method} {path}` | `{operation['operationId']}` | {operation['summary']} |"
            for _, path, method, operation in group
        ]
        parts.append("")
    return "\n".join(parts)


def events() -> str:
    """Return the page of the events that the server records."""
    parts = [
        "# Events\n",
        "What the server records, in the transaction in which it happened. `GET /events` lists",
        "events, with `event_type` and `severity` in their `data`; its parameter `category`, and",
        "`--type` of `torc events list`, select one type. `GET /workflows/ID/events/stream` and",
        "`torc events monitor` follow them. Clients may record events under any other type.\n",
        "| Type | Severity | What happened | Data |",
        "| --- | --- | --- | --- |",
    ]
    for record in EVENT_RECORDS:
        action, meaning = action_of(record), cleandoc(record.__doc__ or "")
        optional = {field.name for field in fields(record) if field.default is None}
        names = [
            f"`{name}`{'?' if name in optional else ''}"
            for name in record.__struct_fields__
            if name != "category"
        ]
        kind = f"`{record.event_type}`" + (f", `{action}`" if action else "")
        sentence = " ".join(meaning.split())
        parts.append(f"| {kind} | {record.severity} | {sentence} | {', '.join(names)} |")
    parts.append("\nA type with several rows differs by `action`. Data marked ? may be left out.\n")
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": command_line,
    "events.md": events,
    "exit-codes.md": exit_codes,
    "keys.md": keys,
    "http-calls.md": calls,
    "openapi.json": interface,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
