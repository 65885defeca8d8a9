"""`torc hpc partitions`."""

from __future__ import annotations

import click

from torc_core.operations.hpc.profiles import find_profile
from torc_tui.cli.command import command
from torc_tui.cli.commands.hpc.columns import COLUMNS
from torc_tui.cli.options.profile import profile_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=["torc hpc partitions kestrel", "torc hpc partitions kestrel --gpu"])
@profile_argument
@click.option("--gpu", is_flag=True, help="Only those with GPUs.")
@click.option("--cpu", is_flag=True, help="Only those without GPUs.")
@click.option("--shared", is_flag=True, help="Only those whose nodes several jobs may share.")
@pass_settings
def partitions(settings: Settings, name: str | None, *, gpu: bool, cpu: bool, shared: bool) -> None:
    """List the partitions of an HPC system."""
    profile = find_profile(settings.configured.hpc, name)
    if name is None:
        settings.output.text(f"Partitions of {profile.name}, {profile.display_name}:\n")
    chosen = [
        each
        for each in profile.partitions
        if (each.gpus_per_node or not gpu)
        and (not each.gpus_per_node or not cpu)
        and (each.shared or not shared)
    ]
    settings.output.array("partitions", chosen, COLUMNS)
