"""A profile made of what Slurm says of the cluster at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from torc_core.errors import ConflictError, MachineError
from torc_core.hpc.profiles.cluster import ClusterTexts, Reading, read_cluster
from torc_core.hpc.profiles.profile import Profile
from torc_core.hpc.profiles.toml import profile_toml
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.operations.definition.transfer.files import document_to_write
from torc_core.units import counted


class GeneratedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, and the same as a part of a configuration file."""

    profile: Profile
    toml: str
    left_out: Mapping[str, str]
    """Why partitions are missing, by name."""
    output_file: str | None = None

    @property
    def sentence(self) -> str:
        """What was written, and what to do with it."""
        number = counted(len(self.profile.partitions), "partition")
        return (
            f"Wrote the profile {self.profile.name!r} with {number} to {self.output_file}; "
            "add it to a configuration file that `torc config paths` shows."
        )


def look_at_cluster(
    slurm: Slurm,
    *,
    name: str | None = None,
    display_name: str | None = None,
    skips_standby: bool = False,
) -> Reading:
    """Return what Slurm says of the cluster at hand.

    Args:
        slurm: Its programs.
        name: What to call the profile; by default as the cluster.
        display_name: Its name for people.
        skips_standby: Leave out partitions whose jobs give way to others.

    Raises:
        UnreachableError: Slurm's controller does not answer.
        MachineError: There is no Slurm here, or the cluster has no partition to use.
    """
    reading = read_cluster(
        ClusterTexts(slurm.sinfo(), slurm.partitions(), slurm.config(), slurm.nodes()),
        hostname=os.uname().nodename,
        name=name,
        display_name=display_name,
        skips_standby=skips_standby,
    )
    if not reading.profile.partitions:
        why = "".join(f"\n{each}: {reason}" for each, reason in reading.left_out.items())
        raise MachineError(
            f"The cluster {reading.profile.name!r} has no partition to use.{why}",
            hint="`sinfo` shows those that you may use.",
        )
    return reading


def generate_profile(
    slurm: Slurm,
    *,
    name: str | None,
    display_name: str | None,
    skips_standby: bool,
    output: str | None,
    force: bool,
) -> GeneratedProfile:
    """Make a profile of the cluster at hand, and write it to a file if one is named.

    Args:
        slurm: Its programs.
        name: What to call the profile; by default as the cluster.
        display_name: Its name for people.
        skips_standby: Leave out partitions whose jobs give way to others.
        output: The file.
        force: Replace the file if it exists.

    Raises:
        ConflictError: The file exists.
        UnreachableError: Slurm's controller does not answer.
        MachineError: There is no Slurm here, the cluster has no partition to use, or the file
            cannot be written.
    """
    if output is not None and not force and Path(output).exists():
        raise ConflictError(f"{output} exists.", hint="Add --force to replace it.")
    reading = look_at_cluster(
        slurm, name=name, display_name=display_name, skips_standby=skips_standby
    )
    generated = GeneratedProfile(
        profile=reading.profile,
        toml=profile_toml(reading.profile, remarks=reading.remarks, left_out=reading.left_out),
        left_out=reading.left_out,
        output_file=output,
    )
    if output is not None:
        with document_to_write(output) as file:
            file.write(generated.toml.encode())
    return generated
