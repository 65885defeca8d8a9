"""The options of every command that plans allocations for a workflow file."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from torc_core.config.bounds import MULTIPLIER
from torc_core.hpc.planning.options import GroupBy, WalltimeStrategy
from torc_core.operations.slurm.plan_file import PlanRequest
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.shared import options
from torc_tui.cli.options.types import PROFILE

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
        type=number(MULTIPLIER),
        default=1.5,
        help="By how much the longest runtime is exceeded.",
    ),
)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the schedulers that the workflow has."
)
_hpc_profile_option = click.option(
    "--hpc-profile",
    "--profile",
    "profile",
    type=PROFILE,
    help="The HPC profile, as in `torc hpc list`; by default that of this machine, else one made "
    "of what Slurm says.",
)
plan_options = options(
    account_option, _hpc_profile_option, grouping_options, walltime_options, overwrite_option
)
"""All of a command that plans a workflow and creates it so."""


def plan_request(given: dict[str, Any]) -> PlanRequest:
    """Take these options out of those of a command."""
    names = PlanRequest.__struct_fields__
    return msgspec.convert({name: given.pop(name) for name in names if name in given}, PlanRequest)
