"""All that goes to stderr, and the exit code that goes with it."""

from __future__ import annotations

import click

from torc_core.errors import ExitCode, TorcError
from torc_tui.terminal import clean


def say(text: str) -> None:
    """Print what is not the result: to stderr, so that pipes stay clean."""
    click.echo(clean_lines(text), err=True)


def report(error: BaseException) -> ExitCode:
    """Print an error and return its exit code.

    What happened comes first, then, after a blank line, what to do next.
    """
    if isinstance(error, TorcError):
        say(f"error: {error.message}" + (f"\n\nhint: {error.hint}" if error.hint else ""))
        return error.exit_code
    if isinstance(error, click.UsageError):
        say(f"error: {error.format_message()}\n\nhint: {_usage_hint(error)}")
        return ExitCode.USAGE
    if isinstance(error, click.ClickException):
        say(f"error: {error.format_message()}")
        return ExitCode.USAGE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        say("interrupted")
        return ExitCode.INTERRUPTED
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        say(f"error: {error.filename}: {reason}" if error.filename else f"error: {reason}")
        return ExitCode.ENVIRONMENT
    raise error


def _usage_hint(error: click.UsageError) -> str:
    context = error.ctx
    if context is None:
        return "torc --help"
    root = context.find_root()
    if isinstance(error, click.NoSuchOption) and context is not root:
        known = {name for option in root.command.params for name in option.opts}
        if error.option_name in known:
            return f"{error.option_name} goes before the command: torc {error.option_name} ..."
    return f"{context.command_path} --help"


def clean_lines(text: str) -> str:
    """Return text of several lines with control characters made visible."""
    return "\n".join(map(clean, text.split("\n")))
