"""The table of how torc works with Slurm."""

from __future__ import annotations

from typing import Annotated

import msgspec

from torc_core.config.bounds import Bounds, HostName
from torc_core.config.keys import Key

_CALLS = Bounds(1, 6_000)


class SlurmSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How allocations reach the server, and how often Slurm is asked."""

    server_host: Annotated[
        str | None,
        Key(
            "The name or address of this machine at which compute nodes reach the embedded server.",
            HostName(),
            example="login1.cluster.example.org",
            unset="the address from which Slurm's nodes are reached",
        ),
    ] = None
    calls_per_minute: Annotated[
        int,
        Key("How often programs of Slurm are called at most, per minute.", _CALLS),
    ] = 12
