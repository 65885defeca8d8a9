"""The page on the JSON of commands; its shapes are in `json_output.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

JSON_OUTPUT: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "json_output.toml").read_text("utf-8")
)

_HEAD = """\
# JSON of commands

What commands print with `--format json`: one document, indented by two. In lists and records,
members without a value are left out. Hidden characters, such as controls and marks that reorder a
line, are written as escapes (`\\u009b`), which mean the same to every reader.

In the tables `{...}` is an object with these members, and `[...]` a list; a member with `?` may be
missing. A name with a capital, such as `Workflow`, is a record of [openapi.json](openapi.json),
which describes its members. Where the server stores JSON as a text, such as `metadata`, commands
print an object. New versions may add members.

An error is one line of JSON, the last one of stderr, and nothing is on stdout: see
[errors](errors.md). `torc recover`, `torc jobs delete` and `torc ping` print a document besides, as
the reference does: `{error, workflow_id, dry_run}`, `{error, missing_ids}` and `{status, message}`.
"""


def page() -> str:
    """Return the page."""
    lines = [_HEAD]
    for group, commands in JSON_OUTPUT.items():
        prefix = "torc" if group == "torc" else f"torc {group}"
        lines.append(f"## `{prefix}`\n\n| Command | JSON |\n| --- | --- |")
        lines += [f"| `{prefix} {name}` | `{shape}` |" for name, shape in commands.items()]
        lines.append("")
    return "\n".join(lines)
