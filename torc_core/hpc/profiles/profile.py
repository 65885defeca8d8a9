"""One HPC system as torc knows it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from torc_core.config.hpc import CustomProfile, Partition


class Origin(StrEnum):
    """Where a profile comes from."""

    BUILT_IN = "built-in"
    CONFIGURED = "configuration"
    CLUSTER = "cluster"
    """Made of what Slurm says of the cluster at hand."""

    @property
    def words(self) -> str:
        """The same in a sentence."""
        return _ORIGINS[self]


_ORIGINS = {
    Origin.BUILT_IN: "built in",
    Origin.CONFIGURED: "the configuration",
    Origin.CLUSTER: "made of what Slurm says of this cluster",
}


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An HPC system."""

    name: str
    """What commands call it."""
    display_name: str
    description: str = ""
    detect_env_var: str | None = None
    """The variable by which it is recognized: NAME=value."""
    detect_hostname: str | None = None
    """A pattern that is searched in the host name."""
    default_account: str | None = None
    partitions: tuple[Partition, ...]
    """In the order in which equally good ones are chosen."""
    origin: Origin


def configured_profile(name: str, custom: CustomProfile) -> Profile:
    """Return the profile that a table of the configuration describes."""
    return Profile(
        name=name,
        display_name=custom.display_name or name,
        description=custom.description or "",
        detect_env_var=custom.detect_env_var,
        detect_hostname=custom.detect_hostname,
        default_account=custom.default_account,
        partitions=custom.partitions,
        origin=Origin.CONFIGURED,
    )
