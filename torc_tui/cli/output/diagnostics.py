"""All that goes to stderr, and the exit code that goes with it."""

from __future__ import annotations

import click
import msgspec

from torc_core.errors import ExitCode, NotFoundError, UsageError
from torc_core.host import program
from torc_tui.cli.output.wrapping import fitted
from torc_tui.terminal import clean


def say(text: str) -> None:
    """Print what is not the result: to stderr, so that pipes stay clean."""
    program.say(fitted(clean_lines(text)))


def say_whole(text: str) -> None:
    """Print the same, on one line however long it is."""
    program.say(clean(text))


def report(error: BaseException, *, is_json: bool = False) -> ExitCode:
    """Print an error and return its exit code.

    What happened comes first, then, after a blank line, what to do next. For programs it is one
    line of JSON, in the shape that a server's errors have.
    """
    return program.report(_translated(error), as_json if is_json else _for_people)


def _for_people(ending: program.Ending) -> str:
    return fitted(program.for_people(ending))


def as_json(ending: program.Ending) -> str:
    """Return an ending as one line of JSON."""
    members = {
        **ending.details,
        "code": ending.code,
        "message": ending.sentence,
        "exit_code": int(ending.exit_code),
    }
    if ending.hint:
        members["hint"] = ending.hint
    return msgspec.json.encode({"error": members}, enc_hook=str).decode()


_LISTS = {
    "workflow": "workflows list",
    "job": "jobs list WORKFLOW",
    "file": "files list WORKFLOW",
    "user data": "user-data list WORKFLOW",
    "result": "results list WORKFLOW",
    "event": "events list WORKFLOW",
    "resource requirements": "resource-requirements list WORKFLOW",
    "failure handler": "failure-handlers list WORKFLOW",
    "Slurm scheduler": "slurm list WORKFLOW",
    "compute node": "compute-nodes list WORKFLOW",
    "scheduled compute node": "scheduled-compute-nodes list WORKFLOW",
}
"""The command that lists the ids of things, by their kind in `NotFoundError.of`."""


def _translated(error: BaseException) -> BaseException:
    """Return the error of torc for one of click, and a hint for ids that do not exist."""
    if isinstance(error, NotFoundError):
        listing = _LISTS.get(error.details.get("kind", ""))
        error.hint = error.hint or (f"torc {listing}" if listing else "")
    if isinstance(error, click.ClickException):
        sentence = " ".join(error.format_message().split())  # choices are on lines of their own
        hint = _usage_hint(error) if isinstance(error, click.UsageError) else ""
        return UsageError(sentence, hint=hint)
    if isinstance(error, click.Abort):
        return KeyboardInterrupt()
    return error


def _usage_hint(error: click.UsageError) -> str:
    context = error.ctx
    return f"{context.command_path} --help" if context is not None else "torc --help"


def clean_lines(text: str) -> str:
    """Return text of several lines with control characters made visible."""
    return "\n".join(map(clean, text.split("\n")))
