"""What a job needs from a partition, and how users write it. Pure."""

from __future__ import annotations

import re

import msgspec

from torc_core.errors import UsageError
from torc_core.spec.fields import walltime_seconds
from torc_core.units import parse_duration

MEGABYTE = 2**20
"""Bytes of what Slurm calls a megabyte."""
_SHORT = re.compile(r"([0-9]{1,12})([dhms])", re.IGNORECASE | re.ASCII)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a job needs of each of its nodes, how many nodes, and for how long."""

    num_cpus: int = 1
    memory_bytes: int = 0
    runtime_s: int = 0
    num_gpus: int = 0
    num_nodes: int = 1

    @property
    def memory_mb(self) -> int:
        """The memory in Slurm's megabytes, rounded up."""
        return -(-self.memory_bytes // MEGABYTE)


def parse_walltime(text: str) -> int:
    """Return the seconds of a time such as "4:00:00", "2-00:00:00", "2h", "30m" or "PT2H".

    A number alone is in minutes, and two numbers are minutes and seconds, as for Slurm.

    Raises:
        UsageError: It is none of these, or no time at all.
    """
    short = _SHORT.fullmatch(text.strip())
    if short is not None:
        seconds = int(short[1]) * _SECONDS[short[2].lower()]
    else:
        seconds = walltime_seconds(text) or _duration(text)
    if seconds == 0:
        raise UsageError(
            f"{text[:80]!r} is not a wall time.",
            hint='Write "HH:MM:SS", "D-HH:MM:SS", or a number and d, h, m or s, such as "2h".',
            field="walltime",
        )
    return seconds


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except UsageError:
        return 0
