"""The tree of commands. Each is imported when it is called, so that `torc` starts fast."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import click
from rich_click import RichGroup

from torc_core import __version__
from torc_core.errors import ExitCode, TorcError
from torc_tui.cli.context import Settings
from torc_tui.cli.diagnostics import report

LOG_LEVELS = ("error", "warn", "info", "debug", "trace")


class Entry(NamedTuple):
    """A command that is not imported yet."""

    target: str
    """`module:attribute` below `torc_tui.cli.commands`."""
    help: str


COMMANDS: dict[str, Entry] = {
    "run": Entry("run:run", "Run a workflow here, from a file or by its id."),
    "tui": Entry("tui:tui", "Open the terminal interface."),
    "workflows": Entry("workflows:workflows", "Create, list, start and delete workflows."),
    "jobs": Entry("jobs:jobs", "List and show jobs."),
    "results": Entry("results:results", "List what became of jobs."),
    "events": Entry("events:events", "List events, or follow them."),
    "user-data": Entry("user_data:user_data", "List, read and write user data."),
    "reports": Entry("reports:reports", "Summaries of a workflow."),
    "runs": Entry("runs:runs", "Runs of this machine, also those of lost terminals."),
    "server": Entry("server:server", "The server that torc starts by itself."),
    "ping": Entry("ping:ping", "Check whether the server answers."),
}


class LazyGroup(RichGroup):
    """A group whose commands are named in `COMMANDS`; listing them imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names in the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported if it is to be called."""
        if cmd_name not in COMMANDS:
            return None
        if not ctx.meta.get(_CALLED):
            return click.Command(cmd_name, help=COMMANDS[cmd_name].help)
        return load_command(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Remember that a command is being called, and not listed."""
        ctx.meta[_CALLED] = True
        near = difflib.get_close_matches(args[0], COMMANDS, 1)
        if near and args[0] not in COMMANDS:
            ctx.fail(f"There is no command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)


_CALLED = "torc.called"


def load_command(name: str) -> click.Command:
    """Import a command of `COMMANDS`."""
    module, _, attribute = COMMANDS[name].target.partition(":")
    command = getattr(importlib.import_module(f"torc_tui.cli.commands.{module}"), attribute)
    assert isinstance(command, click.Command)
    return command


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command, in a terminal: the terminal interface.",
)
@click.option("-f", "--format", "format_", type=click.Choice(["table", "json"]), help="Output.")
@click.option("--url", envvar="TORC_API_URL", help="The server; torc starts its own without.")
@click.option("--standalone", is_flag=True, help="Use torc's own server, whatever is configured.")
@click.option("--username", help="User name for authentication.")
@click.option("--password", envvar="TORC_PASSWORD", help="Password for authentication.")
@click.option("--prompt-password", is_flag=True, help="Ask for the password.")
@click.option(
    "--log-level", type=click.Choice(LOG_LEVELS), help="What a run logs at least; info by default."
)
@click.option("--skip-version-check", is_flag=True, hidden=True)
@click.version_option(__version__, "-V", "--version", prog_name="torc")
@click.pass_context
def torc(ctx: click.Context, /, **options: Any) -> None:
    """Workflows of shell jobs: written in a file, run on this machine, watched in the terminal."""
    if options.pop("prompt_password"):
        options["password"] = click.prompt("Password", hide_input=True, err=True)
    options.pop("skip_version_check")
    ctx.obj = Settings.from_options(**options)
    if ctx.invoked_subcommand is None:
        if sys.stdin.isatty() and sys.stdout.isatty():
            command = torc.get_command(_calling(ctx), "tui")
            assert command is not None
            ctx.invoke(command)
        else:
            click.echo(ctx.get_help())


def _calling(ctx: click.Context) -> click.Context:
    ctx.meta[_CALLED] = True
    return ctx


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors become one message each."""
    try:
        code = torc.main(args=list(arguments), prog_name="torc", standalone_mode=False)
    except (TorcError, click.ClickException, click.Abort, KeyboardInterrupt) as error:
        return report(error)
    except BrokenPipeError:
        # The reader has seen enough; keep the interpreter from complaining at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    return code if isinstance(code, int) else ExitCode.OK
