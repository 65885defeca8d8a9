"""The options of every command that plans allocations for a workflow file."""

from __future__ import annotations

import click

from torc_core.config.bounds import Bounds
from torc_core.hpc.planning.options import MAX_MULTIPLIER, GroupBy, WalltimeStrategy
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import options

account_option = click.option(
    "-a",
    "--account",
    metavar="ACCOUNT",
    help="The Slurm account; by default that of the file's slurm_defaults, or of the profile.",
)
grouping_options = options(
    click.option(
        "--single-allocation",
        is_flag=True,
        help="One allocation with all nodes for each scheduler, and not one for each node.",
    ),
    click.option(
        "--group-by",
        type=click.Choice([str(each) for each in GroupBy]),
        default=str(GroupBy.REQUIREMENTS),
        help="Which jobs share a scheduler.",
    ),
)
walltime_options = options(
    click.option(
        "--walltime-strategy",
        type=click.Choice([str(each) for each in WalltimeStrategy]),
        default=str(WalltimeStrategy.MAX_JOB_RUNTIME),
        help="How long allocations are: the longest runtime times the multiplier, or as long as "
        "the partition allows.",
    ),
    click.option(
        "--walltime-multiplier",
        type=number(Bounds(1, MAX_MULTIPLIER, is_whole=False)),
        default=1.5,
        help="By how much the longest runtime is exceeded.",
    ),
)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the schedulers that the workflow has."
)
