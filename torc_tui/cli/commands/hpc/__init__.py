"""The commands of `torc hpc`, each imported when it is called."""

from __future__ import annotations

import click

from torc_tui.cli.command import Entry, LazyGroup

COMMANDS = {
    "list": Entry("profiles:list_", "List the HPC systems that torc knows."),
    "detect": Entry("profiles:detect", "Show which HPC system this machine belongs to."),
    "show": Entry("profiles:show", "Show what torc knows of an HPC system."),
    "partitions": Entry("partitions:partitions", "List the partitions of an HPC system."),
    "match": Entry("match:match", "Show which partition suits a job, and why the others do not."),
    "generate": Entry("generate:generate", "Describe the Slurm cluster at hand as a profile."),
}


@click.group(cls=LazyGroup, package=__name__, entries=COMMANDS)
def hpc() -> None:
    """HPC systems: their partitions, how they are recognized, which partition suits a job."""
