"""Write the generated pages of `docs/reference` from the program itself.

    python docs/generate.py

A test fails when a page differs from what this would write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from torc_core.errors import ExitCode
from torc_tui.cli.root import COMMANDS, load_command, torc

REFERENCE = Path(__file__).parent / "reference"

MEANING = {
    ExitCode.OK: "Done. For `torc run`: every job completed.",
    ExitCode.JOBS_FAILED: "The workflow ended, and not every job completed.",
    ExitCode.USAGE: "Wrong usage, a wrong workflow file or a wrong configuration.",
    ExitCode.ACCESS: "Not authenticated, or not allowed.",
    ExitCode.NOT_FOUND: "No such workflow, job, file or other object.",
    ExitCode.CONFLICT: "The present state forbids it: running, archived, locked, a newer database.",
    ExitCode.UNREACHABLE: "No server answers.",
    ExitCode.SERVER: "The server reports an error of its own, or answers nonsense.",
    ExitCode.TIMED_OUT: "A wait ended without its event.",
    ExitCode.ENVIRONMENT: "This machine lacks something: disk space, a program, a permission.",
    ExitCode.INTERRUPTED: "Ended by Ctrl-C.",
    ExitCode.TERMINATED: "Ended by SIGTERM.",
}


def exit_codes() -> str:
    """Return the page of exit codes."""
    rows = "\n".join(f"| {code.value} | {MEANING[code]} |" for code in ExitCode)
    return f"# Exit codes\n\nThe same for every command.\n\n| Code | Meaning |\n| --- | --- |\n{rows}\n"


def command_line() -> str:
    """Return the page of all commands and options."""
    parts = ["# Command line\n", "What every command accepts stands under `torc` itself.\n"]
    parts += list(_describe(torc, "torc", None))
    for name in COMMANDS:
        parts += list(_describe(load_command(name), f"torc {name}", click.Context(torc)))
    return "\n".join(parts)


def _describe(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=path, parent=None)
    is_root = parent is None
    yield f"{'##' if path.count(' ') < 2 else '###'} `{path}`\n"
    yield (command.help or "").split("\f")[0].strip() + "\n"
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
            yield f"| `{names.replace('|', chr(92) + '|')}` | {help_} |"
        yield ""
    if isinstance(command, click.Group) and not is_root:
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _describe(child, f"{path} {name}", context)


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": command_line,
    "exit-codes.md": exit_codes,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
