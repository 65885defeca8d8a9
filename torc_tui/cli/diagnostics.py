"""All that goes to stderr, and the exit code that goes with it."""

from __future__ import annotations

import click

from torc_core.errors import ExitCode, TorcError
from torc_tui.terminal import clean


def say(text: str) -> None:
    """Tell the user something that is not the result: to stderr, so that pipes stay clean."""
    click.echo(clean_lines(text), err=True)


def report(error: BaseException) -> ExitCode:
    """Print an error and return its exit code.

    What happened comes first, then, after a blank line, what to do next.
    """
    if isinstance(error, TorcError):
        say(f"error: {error.message}" + (f"\n\nhint: {error.hint}" if error.hint else ""))
        return error.exit_code
    if isinstance(error, click.UsageError):
        context = error.ctx
        hint = f"\n\nhint: {context.command_path} --help" if context is not None else ""
        say(f"error: {error.format_message()}{hint}")
        return ExitCode.USAGE
    if isinstance(error, click.ClickException):
        say(f"error: {error.format_message()}")
        return ExitCode.USAGE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        say("interrupted")
        return ExitCode.INTERRUPTED
    raise error


def clean_lines(text: str) -> str:
    """Return text of several lines with everything that could command a terminal made visible."""
    return "\n".join(map(clean, text.split("\n")))
