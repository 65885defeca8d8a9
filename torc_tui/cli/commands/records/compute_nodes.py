"""`torc compute-nodes`."""

from __future__ import annotations

import click

from torc_tui.cli.options.types import ID
from torc_tui.cli.resource import Resource, resource_group
from torc_tui.lists.resources.nodes import NODES

RESOURCE = Resource(
    name="compute-nodes",
    one="compute node",
    many="compute nodes",
    key="compute_nodes",
    summary="Compute nodes: what the runners of a workflow offer.",
    listing=NODES,
    get=lambda client, node_id: client.get_compute_node(node_id),
    filters=(
        click.option(
            "--scheduled-compute-node",
            "scheduled_compute_node_id",
            type=ID,
            help="Only nodes of this scheduled compute node.",
        ),
    ),
)

compute_nodes = resource_group(RESOURCE)
