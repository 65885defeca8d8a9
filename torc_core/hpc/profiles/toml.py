"""A profile as a part of a configuration file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torc_core.config.hpc import Partition
from torc_core.config.keys import dotted, fields_of
from torc_core.config.toml import escaped, toml_key, toml_value
from torc_core.hpc.profiles.profile import Profile

_ALWAYS = ("shared", "requires_explicit_request")
"""Written also with their defaults: users may want to change them."""
_OWN = ("display_name", "description", "detect_env_var", "detect_hostname", "default_account")


def profile_toml(
    profile: Profile,
    *,
    remarks: Mapping[str, tuple[str, ...]],
    left_out: Mapping[str, str],
) -> str:
    """Return the tables of the configuration that describe a profile.

    Args:
        profile: The profile.
        remarks: Comments on its partitions, by name.
        left_out: Why partitions are missing, by name.
    """
    return "".join(f"{line}\n" for line in _lines(profile, remarks, left_out))


def _lines(
    profile: Profile, remarks: Mapping[str, tuple[str, ...]], left_out: Mapping[str, str]
) -> Iterator[str]:
    path = dotted(("client", "hpc", "custom_profiles", toml_key(profile.name)))
    yield f"[{path}]"
    for name in _OWN:
        if value := getattr(profile, name):
            yield f"{name} = {toml_value(value)}"
    for partition in profile.partitions:
        yield ""
        yield from (_comment(text) for text in remarks.get(partition.name, ()))
        yield f"[[{path}.partitions]]"
        yield from _partition(partition)
    if left_out:
        yield ""
        yield from (_comment(f"{name} is left out: {why}") for name, why in left_out.items())


def _partition(partition: Partition) -> Iterator[str]:
    for name, field in fields_of(Partition).items():
        value = getattr(partition, name)
        if name in _ALWAYS or value != field.default:
            yield f"{name} = {toml_value(value)}"


def _comment(text: str) -> str:
    return f"# {escaped(text)}"
