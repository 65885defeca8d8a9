"""The tree of commands. Each is imported when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from torc_core import __version__
from torc_core.config.bounds import CLIENT
from torc_core.errors import ExitCode, TorcError
from torc_tui.cli.context import Settings
from torc_tui.cli.diagnostics import report
from torc_tui.cli.lazy import Entry, LazyGroup

COMMANDS: dict[str, Entry] = {
    "run": Entry("run:run", "Run a workflow here, from a file or by its id."),
    "tui": Entry("tui:tui", "Open the terminal interface."),
    "workflows": Entry("workflows:workflows", "Create, list, start and delete workflows."),
    "jobs": Entry("jobs:jobs", "List, show, cancel, terminate and retry jobs."),
    "results": Entry("results:results", "List job results."),
    "events": Entry("events:events", "List events, or follow them."),
    "user-data": Entry("user_data:user_data", "List, read and write user data."),
    "reports": Entry("reports:reports", "Summaries of a workflow."),
    "runs": Entry("runs:runs", "Runs on this machine, which outlive their terminals."),
    "server": Entry("server:server", "The embedded server, which torc starts by itself."),
    "ping": Entry("ping:ping", "Check whether the server answers."),
}


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command, in a terminal: the terminal interface.",
)
@click.option(
    "-f", "--format", "format_", type=click.Choice(CLIENT["format"].words), help="Output format."
)
@click.option("--url", envvar="TORC_API_URL", help="The server; by default torc starts its own.")
@click.option(
    "--standalone", is_flag=True, help="Use the embedded server, even if another is configured."
)
@click.option("--username", help="User name for authentication.")
@click.option("--password", envvar="TORC_PASSWORD", help="Password for authentication.")
@click.option("--prompt-password", is_flag=True, help="Ask for the password.")
@click.option(
    "--log-level",
    type=click.Choice(CLIENT["log_level"].words),
    help="Lowest level that a run logs; default info.",
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
            ctx.invoke(torc.load("tui"))
        else:
            click.echo(ctx.get_help())


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors become one message each."""
    try:
        code = torc.main(args=list(arguments), prog_name="torc", standalone_mode=False)
    except (TorcError, click.ClickException, click.Abort, KeyboardInterrupt, OSError) as error:
        return report(error)
    return code if isinstance(code, int) else ExitCode.OK
