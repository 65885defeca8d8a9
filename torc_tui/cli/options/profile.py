"""The HPC profile that a command is about."""

from __future__ import annotations

from torc_tui.cli.command import argument
from torc_tui.cli.options.types import PROFILE

profile_argument = argument(
    "name",
    metavar="PROFILE",
    type=PROFILE,
    required=False,
    help="Its name, as in `torc hpc list`; by default that of this machine.",
)
"""For `find_profile`."""
