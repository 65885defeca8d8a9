"""`torc scheduled-compute-nodes`."""

from __future__ import annotations

import click
import msgspec

from torc_core.config.bounds import WHOLE
from torc_core.model.compute import AllocationStatus
from torc_core.model.ids import AllocationId
from torc_core.operations.allocation_jobs import find_allocation_jobs
from torc_tui.cli.command import argument
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.types import ID
from torc_tui.cli.resource import Resource, resource_group, show_chosen
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.resources.allocations import ALLOCATIONS

RESOURCE = Resource(
    name="scheduled-compute-nodes",
    one="scheduled compute node",
    many="scheduled compute nodes",
    key="scheduled_compute_nodes",
    summary="Scheduled compute nodes: allocations that were requested from a scheduler.",
    listing=ALLOCATIONS,
    get=lambda client, scheduled_id: client.get_scheduled_compute_node(scheduled_id),
    filters=(
        click.option(
            "--scheduler-id", type=number(WHOLE), help="Only the one with this Slurm job id."
        ),
        click.option("--scheduler-config-id", type=ID, help="Only those of this scheduler."),
        click.option(
            "--status", help=f"Only those with this status: {', '.join(AllocationStatus)}."
        ),
    ),
)

scheduled_compute_nodes = resource_group(RESOURCE)


@scheduled_compute_nodes.command("list-jobs", examples=["torc scheduled-compute-nodes list-jobs 1"])
@argument(
    "scheduled_id", metavar="ID", type=ID, help="Its id, as in `torc scheduled-compute-nodes list`."
)
@pass_settings
def list_jobs(settings: Settings, scheduled_id: AllocationId) -> None:
    """List the jobs that ran, or run, under a scheduled compute node; as JSON their ids."""
    found = find_allocation_jobs(settings.client, scheduled_id)
    if settings.output.is_json:
        settings.output.record(msgspec.to_builtins(found))
    else:
        show_chosen(settings, JOBS, "jobs", found.workflow_id, found.job_ids)
