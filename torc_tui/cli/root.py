"""The tree of commands. Each is imported when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from torc_core import __version__
from torc_core.errors import ExitCode, TorcError
from torc_tui.cli.command import Entry, LazyGroup
from torc_tui.cli.global_options import format_of
from torc_tui.cli.options.appearance import ascii_option, theme_option
from torc_tui.cli.output.diagnostics import report

COMMANDS: dict[str, Entry] = {
    "run": Entry("run:run", "Run a workflow here: from a file, or an existing one."),
    "submit": Entry("submit:submit", "Submit a workflow to Slurm that says which nodes it needs."),
    "submit-slurm": Entry(
        "submit_slurm:submit_slurm", "Plan the nodes that a workflow file needs, and submit it."
    ),
    "recover": Entry(
        "recover:recover", "Run failed jobs again, with more memory or time where they lacked it."
    ),
    "watch": Entry("watch:watch_command", "Watch a workflow until it is complete."),
    "tui": Entry("tui:tui", "Open the terminal interface."),
    "workflows": Entry("workflows:workflows", "Create, list, start and delete workflows."),
    "jobs": Entry("jobs:jobs", "Create, list, change, cancel and retry jobs; read their output."),
    "files": Entry("records.files:files", "Files that jobs read and write."),
    "user-data": Entry("records.user_data:user_data", "JSON values that jobs pass to each other."),
    "results": Entry("records.results:results", "How the attempts of jobs ended."),
    "events": Entry("records.events:events", "List events, or follow them."),
    "resource-requirements": Entry(
        "records.resource_requirements:resource_requirements", "What jobs need to run."
    ),
    "failure-handlers": Entry(
        "records.failure_handlers:failure_handlers", "Rules that say when failed jobs are retried."
    ),
    "job-dependencies": Entry(
        "records.job_dependencies:job_dependencies", "What jobs wait for: jobs, files, user data."
    ),
    "compute-nodes": Entry(
        "records.compute_nodes:compute_nodes", "What the runners of a workflow offer."
    ),
    "scheduled-compute-nodes": Entry(
        "records.scheduled_compute_nodes:scheduled_compute_nodes",
        "Allocations that were requested from a scheduler.",
    ),
    "slurm": Entry("slurm:slurm", "Settings of Slurm allocations, and how these ended."),
    "hpc": Entry("hpc:hpc", "HPC systems: their partitions, and which of them suits a job."),
    "logs": Entry("logs:logs", "Bundle logs, or search them for errors."),
    "plot-resources": Entry("plot_resources:plot_resources", "Plot what jobs used over time."),
    "reports": Entry("reports:reports", "Summaries of a workflow."),
    "runs": Entry(
        "runs:runs", "Runs on this machine, which continue when their terminals are closed."
    ),
    "server": Entry(
        "server:server",
        "The servers that torc starts: the embedded one by itself, others for a database.",
    ),
    "config": Entry("config:config", "Show and check settings, and create configuration files."),
    "completions": Entry(
        "completions:completions", "Print the script that makes a shell complete torc."
    ),
    "ping": Entry("ping:ping", "Check whether the server answers."),
}

INSTEAD = {
    "help": "torc COMMAND --help",
    "start": "torc run FILE",
    "list": "torc workflows list",
    "version": "torc --version",
    **{
        name: f"torc workflows {name} {argument}"
        for argument, names in {
            "FILE": ("create", "execution-plan"),
            "WORKFLOW": ("cancel", "delete", "get", "initialize", "resume", "status"),
        }.items()
        for name in names
    },
}


@click.group(
    cls=LazyGroup,
    package="torc_tui.cli.commands",
    entries=COMMANDS,
    instead=INSTEAD,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "show_default": True,
    },
    epilog="Options may also follow the command. Without a command, in a terminal, the terminal "
    "interface opens.",
)
@theme_option
@ascii_option
@click.version_option(__version__, "-V", "--version", prog_name="torc")
@click.pass_context
def torc(ctx: click.Context) -> None:
    """Workflows of shell jobs: written in a file, run on this machine, watched in the terminal."""
    if ctx.invoked_subcommand is None:
        if sys.stdin.isatty() and sys.stdout.isatty():
            ctx.invoke(torc.load("tui"))
        else:
            click.echo(ctx.get_help())


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors become one message each."""
    if "_TORC_COMPLETE" in os.environ:
        from torc_tui.cli.shells import register_shells  # noqa: PLC0415 - only for a shell's key

        register_shells()
    try:
        code = torc.main(args=list(arguments), prog_name="torc", standalone_mode=False)
    except (TorcError, click.ClickException, click.Abort, KeyboardInterrupt, OSError) as error:
        return report(error, is_json=format_of(arguments) == "json")
    return code if isinstance(code, int) else ExitCode.OK
