"""The profiles there are, and the one that is meant."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence

import msgspec

from torc_core.config.hpc import HpcSettings
from torc_core.errors import NotFoundError, UsageError
from torc_core.hpc.profiles.builtin import BUILT_IN
from torc_core.hpc.profiles.detect import detect
from torc_core.hpc.profiles.profile import Profile, configured_profile


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
    """Return the profile that is meant: the one named, or the one that recognizes this machine.

    Args:
        settings: What the configuration says of HPC systems.
        name: Its name; None for that of this machine.

    Raises:
        NotFoundError: There is none of this name, or none for this machine.
        UsageError: The configuration is wrong.
    """
    profiles = all_profiles(settings)
    if name is None:
        found = detected_profiles(profiles)
        if found:
            return found[0]
        raise NotFoundError(
            "No HPC profile recognizes this machine.",
            hint="Name one that `torc hpc list` shows, or make one on the login node of a Slurm "
            "cluster: torc hpc generate",
        )
    for each in profiles:
        if each.name == name:
            return each
    raise NotFoundError.of(
        "HPC profile", repr(name), hint=_near(name, [each.name for each in profiles])
    )


def _near(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
