"""The lists of the schedulers of a workflow: what grants allocations, and with which settings."""

from __future__ import annotations

from operator import attrgetter

from torc_tui.lists.cells import ID, item_id
from torc_tui.lists.filters import text_of
from torc_tui.lists.listing import Column, Listing, text_filter

SLURM_SCHEDULERS = Listing(
    name="Slurm schedulers",
    columns=(
        ID,
        Column("Name", attrgetter("name"), sort_by="name", max_width=32),
        Column("Account", attrgetter("account"), sort_by="account"),
        Column("Partition", attrgetter("partition"), sort_by="partition"),
        Column("Nodes", attrgetter("nodes"), sort_by="nodes", is_number=True),
        Column("Walltime", attrgetter("walltime"), sort_by="walltime", is_number=True),
        Column("QOS", attrgetter("qos"), sort_by="qos", rank=1),
        Column("Memory", attrgetter("mem"), sort_by="mem", is_number=True, rank=2),
        Column("GRES", attrgetter("gres"), sort_by="gres", rank=2),
        Column("Tmp", attrgetter("tmp"), sort_by="tmp", is_number=True, rank=3),
        Column("Tasks", attrgetter("ntasks_per_node"), is_number=True, rank=3),
        Column("Extra", attrgetter("extra"), rank=4),
    ),
    page=lambda client, workflow_id, **query: client.list_slurm_schedulers(workflow_id, **query),
    key=item_id,
    filters=(
        text_filter("name", "Name", text_of("name")),
        text_filter("account", "Account", text_of("account")),
        text_filter("partition", "Partition", text_of("partition")),
    ),
)

LOCAL_SCHEDULERS = Listing(
    name="Local schedulers",
    columns=(
        ID,
        Column("Name", attrgetter("name"), max_width=32),
        Column("CPUs", attrgetter("num_cpus"), sort_by="num_cpus", is_number=True),
        Column("Memory", attrgetter("memory"), sort_by="memory", is_number=True),
    ),
    page=lambda client, workflow_id, **query: client.list_local_schedulers(workflow_id, **query),
    key=item_id,
)
