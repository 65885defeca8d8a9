"""Which HPC system this machine belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torc_core.errors import UsageError
from torc_core.hpc.profiles.profile import Origin, Profile
from torc_core.spec.patterns.engine import compile_pattern, matching


def detect(
    profiles: Iterable[Profile], environ: Mapping[str, str], hostname: str
) -> tuple[Profile, ...]:
    """Return the profiles that recognize a machine, those of the configuration first.

    Args:
        profiles: The profiles to choose from.
        environ: The environment.
        hostname: The name of the machine.

    Raises:
        UsageError: The pattern of a profile is not a regular expression.
    """
    found = [each for each in profiles if is_detected(each, environ, hostname)]
    return tuple(sorted(found, key=lambda each: each.origin is Origin.BUILT_IN))


def is_detected(profile: Profile, environ: Mapping[str, str], hostname: str) -> bool:
    """Return whether a profile recognizes a machine, by its variable or by its host name.

    Raises:
        UsageError: The pattern is not a regular expression.
    """
    name, _, value = (profile.detect_env_var or "").partition("=")
    if name and environ.get(name) == value:
        return True
    return profile.detect_hostname is not None and _is_found(profile, hostname)


def _is_found(profile: Profile, hostname: str) -> bool:
    pattern = profile.detect_hostname or ""
    try:
        return bool(matching(compile_pattern(pattern), (hostname,)))
    except ValueError as error:
        raise UsageError(
            f"The HPC profile {profile.name!r} cannot be looked for: its detect_hostname "
            f"{pattern!r} {error}.",
            hint=f"Correct client.hpc.custom_profiles.{profile.name}.detect_hostname, such as "
            "'login.*'.",
        ) from error
