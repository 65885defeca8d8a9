"""Profiles as parts of configuration files."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from torc_core.config.hpc import CustomProfile, Partition
from torc_core.config.tables import Value, read_table
from torc_core.hpc.profiles.builtin import KESTREL
from torc_core.hpc.profiles.profile import Origin, Profile, configured_profile
from torc_core.hpc.profiles.toml import profile_toml

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
counts = st.none() | st.integers(1, 1_000)
partitions = st.builds(
    Partition,
    name=texts,
    cpus_per_node=st.integers(1, 1_000),
    memory_mb=st.none() | st.integers(1, 2**30),
    max_walltime_secs=st.integers(1, 365 * 86_400),
    gpus_per_node=counts,
    gpu_type=st.none() | texts,
    gpu_memory_gb=counts,
    local_disk_gb=counts,
    shared=st.booleans(),
    min_nodes=counts,
    max_nodes=counts,
    max_nodes_per_user=counts,
    default_qos=st.none() | texts,
    requires_explicit_request=st.booleans(),
    description=st.none() | texts,
)
profiles = st.builds(
    Profile,
    name=texts,
    display_name=texts,
    description=texts,
    detect_env_var=st.none() | st.builds("CLUSTER={}".format, texts),
    detect_hostname=st.none() | texts,
    default_account=st.none() | texts,
    partitions=st.lists(partitions, min_size=1, max_size=3).map(tuple),
    origin=st.just(Origin.CONFIGURED),
)


def loaded(text: str, name: str) -> Profile:
    """Return the profile that a configuration with this text has."""
    found = list(read_table(tomllib.loads(text)))
    assert all(isinstance(each, Value) for each in found), found
    values = {each.path[-1]: each.value for each in found}
    assert {each.path[:-1] for each in found} == {("client", "hpc", "custom_profiles", name)}
    return configured_profile(name, CustomProfile(**values))


@given(profiles, texts, texts)
def test_every_profile_is_read_back_as_it_was_whatever_its_texts(profile, remark, name):
    text = profile_toml(
        profile,
        remarks={each.name: (remark,) for each in profile.partitions},
        left_out={name: remark},
    )
    assert loaded(text, profile.name) == profile


def test_it_has_what_users_may_want_to_change_and_no_other_default():
    text = profile_toml(KESTREL, remarks={}, left_out={})
    lines = text.splitlines()
    assert lines[0] == "[client.hpc.custom_profiles.kestrel]"
    begin = lines.index('name = "short"')
    assert lines[begin - 1] == "[[client.hpc.custom_profiles.kestrel.partitions]]"
    assert lines[begin : lines.index("", begin)] == [
        'name = "short"',
        "cpus_per_node = 104",
        "memory_mb = 240000",
        "max_walltime_secs = 14400",
        "shared = false",
        "max_nodes = 2240",
        "requires_explicit_request = false",
        'description = "Short jobs"',
    ]
