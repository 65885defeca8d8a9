"""`torc hpc list`, `detect` and `show`."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import msgspec

from torc_core.errors import TorcError
from torc_core.hpc.profiles.profile import Profile
from torc_core.operations.hpc.profiles import (
    all_profiles,
    cluster_profile,
    detected_profiles,
    find_profile,
)
from torc_core.units import counted
from torc_tui.cli.command import command
from torc_tui.cli.options.profile import profile_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.listing import Column

_COLUMNS = (
    Column("Name", itemgetter("name")),
    Column("Display name", itemgetter("display_name")),
    Column("Partitions", itemgetter("partition_count"), is_number=True),
    Column("Detected", itemgetter("detected")),
)


@command("list", examples=["torc hpc list", "torc -f json hpc list"])
@pass_settings
def list_(settings: Settings) -> None:
    """List the HPC systems that torc knows, and which of them this machine belongs to.

    Those of the configuration are among them.
    """
    profiles = all_profiles(settings.configured.hpc)
    detected = detected_profiles(profiles)
    settings.output.array(
        "profiles", (_summary(each, detected=each in detected) for each in profiles), _COLUMNS
    )


@command(examples=["torc hpc detect"])
@pass_settings
def detect(settings: Settings) -> None:
    """Show which HPC system this machine belongs to.

    It is recognized by a variable of the environment or by the name of the machine. Where no
    profile does that, commands that need one make it of what Slurm says of the cluster.
    """
    found = detected_profiles(all_profiles(settings.configured.hpc))
    if found:
        profile = found[0]
        record = _summary(profile, detected=True)
        del record["partition_count"]
        settings.output.message(
            f"{profile.name}: {profile.display_name}, recognized by {_recognition(profile)}.",
            record,
        )
        return
    message = _without_profile()
    settings.output.message(message, {"detected": False, "message": message})


@command(examples=["torc hpc show", "torc hpc show kestrel"])
@profile_argument
@pass_settings
def show(settings: Settings, name: str | None) -> None:
    """Show what torc knows of an HPC system."""
    profile = find_profile(settings.configured.hpc, name)
    settings.output.record(
        msgspec.to_builtins(profile),
        {
            "name": profile.name,
            "display name": profile.display_name,
            "description": profile.description,
            "recognized by": _recognition(profile),
            "default account": profile.default_account or "none",
            "partitions": len(profile.partitions),
            "origin": profile.origin.words,
        },
    )


def _without_profile() -> str:
    """Return what happens on a machine that no profile recognizes."""
    unknown = "No profile recognizes this machine"
    try:
        cluster = cluster_profile()
    except TorcError as error:
        return f"{unknown}, and Slurm says nothing of its cluster. {error.message}"
    if cluster is None:
        return f"{unknown}, and there is no Slurm here to make one from."
    number = counted(len(cluster.partitions), "partition")
    return (
        f"{unknown}. Commands that need one make it of what Slurm says of the cluster "
        f"{cluster.name!r}, which has {number}; to keep it: torc hpc generate"
    )


def _summary(profile: Profile, *, detected: bool) -> dict[str, Any]:
    return {
        "name": profile.name,
        "display_name": profile.display_name,
        "description": profile.description,
        "partition_count": len(profile.partitions),
        "detected": detected,
    }


def _recognition(profile: Profile) -> str:
    """Return by what a machine is recognized."""
    variable, pattern = profile.detect_env_var, profile.detect_hostname
    ways = [f"the variable {variable}"] if variable else []
    ways += [f"the host name {pattern}"] if pattern else []
    return " or ".join(ways) or "nothing"
