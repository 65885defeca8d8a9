"""What tables show of partitions."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from torc_core.config.hpc import Partition
from torc_core.hpc.profiles.match import format_limit
from torc_core.units import counted
from torc_tui.lists.listing import Column


def memory_text(megabytes: int | None) -> str:
    """Return a memory size as administrators state it: 240,000 MB and 245,760 MB are 240 GB."""
    if megabytes is None:
        return "-"
    gigabytes = megabytes / (1_024 if megabytes % 1_000 else 1_000)
    return f"{gigabytes:,.1f}".removesuffix(".0") + " GB"


def gpus_text(partition: Partition) -> str:
    """Return the GPUs of a node, such as "4 (h100)"."""
    if not partition.gpus_per_node:
        return "-"
    kind = f" ({partition.gpu_type})" if partition.gpu_type else ""
    return f"{partition.gpus_per_node}{kind}"


def _notes(partition: Partition) -> Iterator[str]:
    if partition.requires_explicit_request:
        yield "to be asked for by name"
    if partition.min_nodes:
        yield f"at least {counted(partition.min_nodes, 'node')}"
    if partition.max_nodes:
        yield f"at most {counted(partition.max_nodes, 'node')}"
    if partition.gpu_nodes:
        yield f"{counted(partition.gpu_nodes, 'node')} with GPUs"
    if partition.max_nodes_per_user:
        yield f"at most {counted(partition.max_nodes_per_user, 'node')} of a user"
    if partition.gpu_memory_gb:
        yield f"{partition.gpu_memory_gb} GB per GPU"
    if partition.local_disk_gb:
        yield f"{partition.local_disk_gb:,} GB of local disk"
    if partition.default_qos:
        yield f"QOS {partition.default_qos}"


SIZES = (
    Column("Name", attrgetter("name")),
    Column("CPUs/node", attrgetter("cpus_per_node"), is_number=True),
    Column("Mem/node", lambda each: memory_text(each.memory_mb), is_number=True),
    Column("Max walltime", lambda each: format_limit(each.max_walltime_secs), is_number=True),
    Column("GPUs", gpus_text),
)
COLUMNS = (
    *SIZES,
    Column("Shared", attrgetter("shared")),
    Column("Notes", lambda each: ", ".join(filter(None, [each.description, *_notes(each)]))),
)
