"""`torc slurm schedule-nodes`."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from torc_core.config.bounds import POSITIVE
from torc_core.operations.slurm.submission.schedule_nodes import (
    ScheduleRequest,
    propose_schedule_nodes,
)
from torc_core.operations.slurm.submission.site import POLL_INTERVAL_S
from torc_core.operations.slurm.submission.submit import title_record
from torc_tui.cli.command import command
from torc_tui.cli.commands.submit import SubmitChoices, show_and_submit, site_options
from torc_tui.cli.options.numbers import number, setting
from torc_tui.cli.options.server_host import server_host_option
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.submit_options import question_options
from torc_tui.cli.options.types import ID
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc slurm schedule-nodes 12 -n 5",
        "torc slurm schedule-nodes 12 --scheduler-config-id 3 --start-one-worker-per-node",
    ]
)
@workflow_argument
@click.option(
    "-n",
    "--num-hpc-jobs",
    "num_allocations",
    type=number(POSITIVE),
    default=1,
    show_default=True,
    help="How many allocations to request.",
)
@click.option(
    "--scheduler-config-id",
    "scheduler_id",
    type=ID,
    help="The scheduler, as in `torc slurm list`; by default the only one of the workflow.",
)
@click.option(
    "--start-one-worker-per-node",
    is_flag=True,
    help="Start a worker on each node, and not one for all nodes of an allocation.",
)
@click.option(
    "-m",
    "--max-parallel-jobs",
    type=setting("max_parallel_jobs"),
    help="Let each worker run at most N jobs at once.",
)
@click.option(
    "-j",
    "--job-prefix",
    default="worker",
    show_default=True,
    help="How the names of the Slurm jobs begin.",
)
@click.option(
    "--keep-submission-scripts",
    "keep_scripts",
    is_flag=True,
    help="Leave the scripts where the logs are.",
)
@click.option(
    "-o",
    "--output",
    "--output-dir",
    "output_dir",
    default="output",
    show_default=True,
    help="Directory of logs; compute nodes share it.",
)
@click.option(
    "-p",
    "--poll-interval",
    "poll_interval_s",
    type=setting("poll_interval"),
    default=POLL_INTERVAL_S,
    show_default=True,
    help="Longest wait of workers for news, in seconds.",
)
@server_host_option
@question_options
@pass_settings
def schedule_nodes(
    settings: Settings,
    workflow: str | None,
    *,
    no_prompts: bool,
    dry_run: bool,
    output_dir: str,
    **chosen: Any,
) -> None:
    """Request further nodes of Slurm for a workflow that is initialized."""
    workflow_id = settings.choose_workflow(workflow)
    of_site = {name: chosen.pop(name) for name in ("poll_interval_s", "job_prefix", "keep_scripts")}
    options = msgspec.structs.replace(site_options(settings, output_dir), **of_site)
    request = ScheduleRequest(workflow_id=workflow_id, **chosen)
    show_and_submit(
        settings,
        propose_schedule_nodes(settings.connection, settings.slurm, request, options),
        title_record(settings.client.get_workflow(workflow_id)),
        SubmitChoices(no_prompts=no_prompts, dry_run=dry_run),
    )
