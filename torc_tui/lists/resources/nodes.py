"""The list of the nodes of a workflow: what its runners offer."""

from __future__ import annotations

import time
from operator import attrgetter
from typing import Any

from torc_core.client import TorcClient
from torc_core.errors import UsageError
from torc_core.model.compute import ComputeNode
from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_core.moments import read_moment
from torc_core.units import format_seconds, parse_duration
from torc_tui.lists.cells import ID, item_id, moment_cell
from torc_tui.lists.filters import text_of, yes_or_no
from torc_tui.lists.listing import Column, ListFilter, Listing, text_filter
from torc_tui.lists.resources.node_usage import RecentUsage, usage_columns
from torc_tui.theme import QUIET, Cell


def _active_cell(node: ComputeNode) -> Cell:
    if not node.is_active:
        return Cell("- ended", QUIET)
    if node.suspect_at_ms is not None:
        return Cell("? suspect", "red")
    return Cell("▶ caretaker" if node.is_caretaker else "▶ active", "yellow")


def _memory_cell(node: ComputeNode) -> Cell:
    return Cell(f"{node.memory_gb:.1f} GiB")


def seconds_left(node: ComputeNode, now: float) -> float | None:
    """Return how long the runner of a node stays at most; None if that is not limited.

    Args:
        node: The node; its limit and its start are whatever its client has written.
        now: Seconds since 1970.
    """
    if not (node.is_active and node.time_limit):
        return None
    try:
        limit_s = parse_duration(node.time_limit)
    except UsageError:
        return None
    started = read_moment(node.start_time)
    return None if started is None else max(0.0, started + limit_s - now)


def _left_cell(node: ComputeNode) -> Cell:
    left_s = seconds_left(node, time.time())
    return Cell("" if left_s is None else format_seconds(left_s))


_PRINTED = (
    ID,
    Column("Host", attrgetter("hostname"), sort_by="hostname", shrink_to=12, max_width=30),
    Column(
        "State",
        attrgetter("is_active"),
        _active_cell,
        heading="ACTIVE",
        sort_by="is_active",
        min_width=8,
    ),
    Column("PID", attrgetter("pid"), sort_by="pid", is_number=True, rank=3),
    Column("CPUs", attrgetter("num_cpus"), sort_by="num_cpus", is_number=True),
    Column("Memory", attrgetter("memory_gb"), _memory_cell, sort_by="memory_gb", is_number=True),
    Column("GPUs", attrgetter("num_gpus"), sort_by="num_gpus", is_number=True),
    Column("Type", attrgetter("compute_node_type"), sort_by="compute_node_type", rank=5),
    Column(
        "Started",
        attrgetter("start_time"),
        moment_cell("start_time"),
        sort_by="start_time",
        rank=4,
    ),
)


def nodes_listing(usage: RecentUsage | None = None, *, has_usage: bool = False) -> Listing:
    """Return the list.

    Args:
        usage: What was read of the samples of nodes; more is read with each page.
        has_usage: Show it.
    """

    def page(client: TorcClient, workflow_id: WorkflowId, **query: Any) -> Page[ComputeNode]:
        if usage is not None:
            usage.learn(client, workflow_id)
        return client.list_compute_nodes(workflow_id, **query)

    return Listing(
        name="Nodes",
        columns=(
            *_PRINTED,
            *(usage_columns(usage) if usage is not None and has_usage else ()),
            Column("Slurm job", attrgetter("slurm_job_id"), is_number=True, rank=1),
            Column("Left", lambda node: seconds_left(node, time.time()), _left_cell, min_width=7),
        ),
        printed=_PRINTED,
        page=page,
        key=item_id,
        filters=(
            text_filter("hostname", "Host", text_of("hostname")),
            ListFilter(
                "is_active",
                "Active (yes, no)",
                lambda node: "yes" if node.is_active else "no",
                yes_or_no,
            ),
        ),
    )


NODES = nodes_listing()
