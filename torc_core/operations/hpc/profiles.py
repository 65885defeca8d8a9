"""The known profiles, and finding the one that a user means."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Sequence

import msgspec

from torc_core.clock import SystemClock
from torc_core.config.hpc import HpcSettings
from torc_core.errors import MachineError, NotFoundError, UsageError
from torc_core.hpc.profiles.builtin import BUILT_IN
from torc_core.hpc.profiles.detect import detect
from torc_core.hpc.profiles.profile import Profile, configured_profile
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.operations.hpc.generate import look_at_cluster


def all_profiles(settings: HpcSettings) -> tuple[Profile, ...]:
    """Return the built-in profiles with their overrides, and those of the configuration.

    A profile of the configuration replaces the built-in one of its name.

    Raises:
        UsageError: Something is to be overridden in a profile that does not exist.
    """
    found = {each.name: each for each in BUILT_IN}
    found |= {
        name: configured_profile(name, custom) for name, custom in settings.custom_profiles.items()
    }
    for name, override in settings.profile_overrides.items():
        if name not in found:
            raise UsageError(
                f"client.hpc.profile_overrides.{name} overrides a profile that does not exist.",
                hint=_near(name, list(found)),
            )
        if override.default_account is not None:
            found[name] = msgspec.structs.replace(
                found[name], default_account=override.default_account
            )
    return tuple(found.values())


def detected_profiles(profiles: Sequence[Profile]) -> tuple[Profile, ...]:
    """Return those that recognize this machine, the one that counts first.

    Raises:
        UsageError: A pattern of the configuration is not a regular expression.
    """
    return detect(profiles, os.environ, os.uname().nodename)


def find_profile(settings: HpcSettings, name: str | None) -> Profile:
    """Return the profile that is meant.

    That is the one named, else the one that recognizes this machine, else one that is made of what
    Slurm says of the cluster at hand; which may also be named, as the cluster.

    Args:
        settings: What the configuration says of HPC systems.
        name: Its name; None for that of this machine.

    Raises:
        NotFoundError: There is none of this name, or none for this machine and no Slurm.
        UsageError: The configuration is wrong.
        UnreachableError: Slurm's controller does not answer.
        MachineError: Slurm does not work here, or the cluster has no partition to use.
    """
    profiles = all_profiles(settings)
    if name is not None:
        return _named_profile(profiles, name)
    detected = detected_profiles(profiles)
    if detected:
        return detected[0]
    unknown = "No HPC profile recognizes this machine"
    try:
        cluster = cluster_profile()
    except MachineError as error:
        raise MachineError(
            f"{unknown}, and none can be made of what Slurm says. {error.message}",
            hint=f"{error.hint} Or name a profile that `torc hpc list` shows.".strip(),
        ) from error
    if cluster is None:
        raise NotFoundError(
            f"{unknown}, and there is no Slurm here to make one from.",
            hint="Name one that `torc hpc list` shows, or begin on a login node of the cluster.",
        )
    return cluster


def _named_profile(profiles: Sequence[Profile], name: str) -> Profile:
    for each in profiles:
        if each.name == name:
            return each
    with contextlib.suppress(MachineError):
        cluster = cluster_profile()
        if cluster is not None and cluster.name == name:
            return cluster
    raise NotFoundError.of(
        "HPC profile", repr(name), hint=_near(name, [each.name for each in profiles])
    )


def cluster_profile() -> Profile | None:
    """Return the profile of the cluster at hand, None if there is no Slurm on this machine.

    Raises:
        UnreachableError: Slurm's controller does not answer.
        MachineError: Slurm does not work here, or the cluster has no partition to use.
    """
    slurm = Slurm(SystemClock(), Budget())
    return look_at_cluster(slurm).profile if slurm.is_here() else None


def _near(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
