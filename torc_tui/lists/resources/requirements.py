"""The list of the resource requirements of a workflow."""

from __future__ import annotations

from operator import attrgetter

from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.filters import text_of, whole_number
from torc_tui.lists.listing import Column, ListFilter, Listing, text_filter

REQUIREMENTS = Listing(
    name="Resource requirements",
    columns=(
        ID,
        Column("Name", attrgetter("name"), sort_by="name", max_width=32),
        Column("CPUs", attrgetter("num_cpus"), sort_by="num_cpus", is_number=True),
        Column("GPUs", attrgetter("num_gpus"), sort_by="num_gpus", is_number=True),
        Column("Nodes", attrgetter("num_nodes"), sort_by="num_nodes", is_number=True),
        Column("Memory", attrgetter("memory"), sort_by="memory", is_number=True),
        Column("Runtime", attrgetter("runtime"), sort_by="runtime", is_number=True),
    ),
    page=lambda client, workflow_id, **query: client.list_resource_requirements(
        workflow_id, **query
    ),
    key=item_id,
    filters=(
        text_filter("name", "Name", text_of("name")),
        ListFilter("num_cpus", "CPUs", text_of("num_cpus"), whole_number),
        text_filter("memory", "Memory", text_of("memory")),
    ),
)
