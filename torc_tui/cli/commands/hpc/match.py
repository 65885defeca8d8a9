"""`torc hpc match`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import click

from torc_core.config.bounds import COUNT, POSITIVE_COUNT
from torc_core.config.hpc import Partition
from torc_core.errors import UsageError
from torc_core.hpc.profiles.needs import Needs, parse_walltime
from torc_core.hpc.profiles.profile import Profile
from torc_core.operations.hpc.matching import PartitionMatch, match_partitions
from torc_core.operations.hpc.profiles import find_profile
from torc_core.units import parse_node_memory
from torc_tui.cli.command import command
from torc_tui.cli.commands.hpc.columns import SIZES
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.profile import profile_argument
from torc_tui.cli.options.types import PROFILE
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column


class _Row(NamedTuple):
    """A partition, and what is said of it."""

    partition: Partition
    fits: str
    reasons: str


def _of_row(column: Column) -> Column:
    """Return a column of partitions as one of rows."""
    return replace(column, value=lambda row: column.value(row.partition))


_COLUMNS = (
    *map(_of_row, SIZES),
    Column("Fits", lambda row: row.fits),
    Column("Why", lambda row: row.reasons),
)


@command(
    examples=[
        "torc hpc match kestrel --cpus 32 --memory 64g --walltime 2h",
        "torc hpc match --gpus 2 --walltime 1-00:00:00 --profile kestrel",
    ]
)
@profile_argument
@click.option("--profile", type=PROFILE, help="The same, as an option.")
@click.option("--cpus", "num_cpus", type=number(POSITIVE_COUNT), default=1, help="CPUs on a node.")
@click.option(
    "--memory",
    metavar="SIZE",
    default="1g",
    help="Memory on a node, such as 64g or 512m; a number alone is in MB.",
)
@click.option(
    "--walltime",
    metavar="TIME",
    default="1:00:00",
    help="Time: HH:MM:SS, D-HH:MM:SS, or a number and d, h, m or s, such as 2h.",
)
@click.option("--gpus", "num_gpus", type=number(COUNT), default=0, help="GPUs on a node.")
@click.option("--nodes", "num_nodes", type=number(POSITIVE_COUNT), default=1, help="Nodes at once.")
@pass_settings
def match(
    settings: Settings,
    /,
    name: str | None,
    *,
    profile: str | None,
    memory: str,
    walltime: str,
    **numbers: int,
) -> None:
    """Show which partition suits a job, and why the others do not.

    Generated schedulers choose partitions in the same way.
    """
    if name and profile and name != profile:
        raise UsageError(
            f"Two profiles are named: {name} and {profile}.", hint="Leave one of them out."
        )
    needs = Needs(
        memory_bytes=parse_node_memory(memory), runtime_s=parse_walltime(walltime), **numbers
    )
    chosen = find_profile(settings.configured.hpc, name or profile)
    found = match_partitions(chosen, needs)
    if settings.output.is_json:
        settings.output.record(found)
        return
    settings.output.listing("partitions", _rows(chosen, found), _COLUMNS)
    settings.output.text(f"\n{found.reason}")


def _rows(profile: Profile, found: PartitionMatch) -> Iterator[_Row]:
    """Yield the partitions of a profile, the best one first, those that do not fit last."""
    judged = {each.name: each for each in found.other_partitions}
    if found.best_partition is not None:
        yield _Row(found.best_partition, "best", "")
    for each in found.matching_partitions[1:]:
        yield _Row(each, "yes", "; ".join(judged[each.name].reasons))
    for each in profile.partitions:
        if each.name in judged and not judged[each.name].fits:
            yield _Row(each, "no", "; ".join(judged[each.name].reasons))
