"""Write the generated pages of `docs/reference` from the program itself.

    python docs/generate.py

A test fails when a page differs from what this would write.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import cli_coverage
import cli_page
import errors_page
import json_page
import reference_servers_page
import specification_page
from msgspec.structs import fields

from torc_core.config.keys import (
    NAME,
    Setting,
    dotted,
    fields_of,
    listed_tables,
    named_tables,
    settings_of,
)
from torc_core.config.schema import Configuration
from torc_core.errors import ExitCode
from torc_core.model.events.types import EVENT_RECORDS, action_of
from torc_server.app import create_app
from torc_server.controllers.service import VERSION
from torc_server.edge.openapi import describe
from torc_server.settings import ServerSettings
from torc_tui.keys.table import ACTIONS

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
    ExitCode.INTERRUPTED: "Ended by Ctrl-C, or by declining what the command asked.",
    ExitCode.TERMINATED: "Ended by SIGTERM.",
}


def exit_codes() -> str:
    """Return the page of exit codes."""
    rows = "\n".join(f"| {code.value} | {MEANING[code]} |" for code in ExitCode)
    head = "# Exit codes\n\nThe same for every command.\n\n| Code | Meaning |\n| --- | --- |\n"
    return f"{head}{rows}\n"


def keys() -> str:
    """Return the page of keys of the terminal interface."""
    parts = ["# Keys of the terminal interface\n", "`?` shows the same inside of it.\n"]
    for group, actions in groupby((a for a in ACTIONS if a.group), key=lambda a: a.group):
        parts.append(f"## {group}\n\n| Key | Action |\n| --- | --- |")
        parts += [f"| `{action.labels}` | {action.help} |" for action in actions]
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
        "`--type` of `torc events list`, select one type; `text` with `contains=text` selects",
        "those whose data hold a text. `GET /workflows/ID/events/stream` and",
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


_CONFIGURATION = """\
# Configuration

How to set things: [configure torc](../how-to/configure.md). `torc config init` makes a file with
all of this, `torc config show` shows what is in force.

Later sources override earlier ones, key by key:

1. built-in defaults
2. `DATABASE_URL`, which other programs use too
3. `/etc/torc/config.toml`
4. the user's file: `~/.config/torc/config.toml` (`$XDG_CONFIG_HOME` is respected), on macOS
   `~/Library/Application Support/torc/config.toml`, on Windows `%APPDATA%\\torc\\config.toml`
5. `torc.toml` in the current directory
6. the file that `TORC_CONFIG` names; it must exist
7. variables such as `TORC_CLIENT__RUN__NUM_CPUS`
8. [other variables](environment-variables.md), such as `TORC_API_URL`
9. options of the command line

Files are TOML. An unknown name or a wrong value is an error that names the file, the line and the
key; `torc` looks at `[client]`, `torc-server` at `[server]`, and `torc config` at everything.
Relative paths are relative to the current directory. Passwords and tokens are never read from
files.

The embedded server is private to its user and takes nothing from `[server]`, neither from files
nor from the environment: a port, a database or a file of users for a shared server must not keep
`torc` from starting its own.
"""


def configuration() -> str:
    """Return the page of all settings."""
    parts = [_CONFIGURATION]
    for place, group in groupby(settings_of(Configuration), key=lambda each: each.path[:-1]):
        settings = list(group)
        parts += _table(f"[{dotted(place)}]", _declared(place), settings)
        for each in settings:
            if kind := listed_tables(each.field.kind):
                parts += _table(f"[[{dotted(each.path)}]]", kind, settings_of(kind))
    return "\n".join(parts)


def _declared(path: tuple[str, ...]) -> type:
    """Return the struct of a table."""
    kind: Any = Configuration
    for name in path:
        kind = named_tables(kind) if name == NAME else fields_of(kind)[name].kind
    return cast("type", kind)


def _table(title: str, declared: type, settings: Iterable[Setting]) -> Iterator[str]:
    yield f"## `{title}`\n\n{cleandoc(declared.__doc__ or '')}\n"
    yield "| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |"
    for field in (each.field for each in settings if not each.field.key.is_secret):
        yield f"| `{field.name}` | {field.rule} | {field.default_text} | {field.key.text} |"
    yield ""


_VARIABLES = """\
# Environment variables

## Settings

`TORC_`, the table and the key, with two underscores between them, set any key of the
[configuration](configuration.md): `TORC_CLIENT__API_URL` sets `client.api_url`. Lists are
separated by commas or blanks. An empty variable counts as not set. An unknown key is an error; a
variable with one underscore too few, such as `TORC_CLIENT_API_URL`, sets nothing, and
`torc config validate` says so.

Some settings have a further variable, which overrides that one:
"""
_OTHER_VARIABLES = """\
`RUST_LOG` may be a level, or a filter such as `torc::server::auth=debug,info`. The level without a
target counts; if all have targets, that of the shortest one that begins with `torc`. A filter that
is only for other programs is ignored.

## Others

| Variable | Meaning |
| --- | --- |
| `TORC_CONFIG` | a further [configuration file](configuration.md), which overrides the others |
| `XDG_CONFIG_HOME` | where the user's configuration is; `~/.config` by default |
| `XDG_STATE_HOME` | where torc keeps its state; `~/.local/state` by default |
| `USER`, `USERNAME` | the user's name, unless `client.username` is set |
| `NREL_CLUSTER`, `CLUSTER` | say which [HPC system](../how-to/hpc-profiles.md) this is |
| `NO_COLOR` | no colors in the interface and in help pages |
| `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` | for servers on other machines |

What jobs find in their environment: [what a job gets](job-environment.md).
"""


def environment_variables() -> str:
    """Return the page of environment variables."""
    further: dict[str, list[str]] = {}
    for setting in settings_of(Configuration):
        for variable in setting.field.key.variables:
            sets = f"`{dotted(setting.path)}`"
            weak = ", if nothing else does" if variable.is_fallback else ""
            further.setdefault(variable.name, []).append(sets + weak)
    prefixed = {
        each.variable: [f"`{dotted(each.path)}`"]
        for each in settings_of(Configuration)
        if not (each.field.key.is_secret or each.field.default == {} or NAME in each.path)
    }
    return "\n".join(
        [
            *(_VARIABLES, *_variables(further)),
            *(_OTHER_VARIABLES, "## All settings\n", *_variables(prefixed)),
        ]
    )


def _variables(sets: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "| Variable | Sets |\n| --- | --- |"
    for name, what in sets.items():
        yield f"| `{name}` | {', '.join(what)} |"
    yield ""


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page.page,
    "cli-coverage.md": cli_coverage.page,
    "configuration.md": configuration,
    "environment-variables.md": environment_variables,
    "errors.md": errors_page.page,
    "events.md": events,
    "exit-codes.md": exit_codes,
    "keys.md": keys,
    "http-calls.md": calls,
    "json-output.md": json_page.page,
    "openapi.json": interface,
    "programs.md": cli_page.programs,
    "reference-servers.md": reference_servers_page.page,
    "specification.md": specification_page.page,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
