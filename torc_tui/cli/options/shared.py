"""Arguments and options that several commands share: workflows, jobs, ids, paging."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from torc_core.config.bounds import POSITIVE, WHOLE
from torc_core.model.status import JobStatus
from torc_tui.cli.command import argument
from torc_tui.cli.global_options import given_options
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.types import ID, WORKFLOW

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]


def options(*decorators: Decorator) -> Decorator:
    """Return one decorator that adds options in this order."""

    def decorate(command: Command) -> Command:
        for each in reversed(decorators):
            command = each(command)
        return command

    return decorate


workflow_argument = argument(
    "workflow",
    type=WORKFLOW,
    required=False,
    help="Its id, its name or `latest`; if left out, choose from a menu.",
)
"""The workflow of a command, for `Settings.choose_workflow`."""

owner_option = click.option(
    "-u",
    "--user",
    "owner",
    expose_value=False,
    callback=lambda ctx, _, value: value and given_options(ctx).update(owner=value),
    help="Look for the workflow among those of this user; by default yours.",
)
"""The owner of the workflow, for `Settings.choose_workflow`."""

workflows_argument = argument(
    "workflows",
    type=WORKFLOW,
    nargs=-1,
    help="Their ids, names or `latest`; if left out, choose from a menu.",
)
"""The workflows of a command; without any, for `Settings.choose_workflow`."""


job_argument = argument("job_id", metavar="ID", type=ID, help="Its id, as in `torc jobs list`.")
"""The job of a command."""

jobs_argument = argument(
    "job_ids",
    metavar="ID...",
    type=ID,
    nargs=-1,
    required=True,
    help="Their ids, as in `torc jobs list`.",
)
"""The jobs of a command."""

accept_misfits_option = click.option(
    "--skip-checks",
    is_flag=True,
    help="Accept jobs that need more nodes or time than their scheduler has.",
)
"""For commands that read a workflow file and run nothing here."""

output_dir_option = click.option(
    "-o",
    "--output-dir",
    type=click.Path(path_type=Path),
    help="The output directory of its runners; found by default.",
)
"""Where to look for logs."""


status_filter = click.option(
    "-s",
    "--status",
    type=click.Choice([str(status) for status in JobStatus]),
    metavar="STATUS",
    help=f"Only those with this status: {', '.join(JobStatus)}.",
)
"""The option of lists that can be filtered by job status."""


limits = options(
    click.option("-l", "--limit", type=number(POSITIVE), help="At most N; by default all."),
    click.option("-o", "--offset", type=number(WHOLE), default=0, help="Skip the first N."),
)
"""The options of lists that the server cannot sort."""

paging = options(
    limits,
    click.option("--sort-by", metavar="FIELD", help="Sort by this field."),
    click.option("--reverse-sort", is_flag=True, help="Reverse the order."),
)
"""The options of every other list."""

short_paging = options(
    limits,
    click.option("-s", "--sort-by", metavar="FIELD", help="Sort by this field."),
    click.option("-r", "--reverse-sort", is_flag=True, help="Reverse the order."),
)
"""The same, with short options that some lists use for filters."""
