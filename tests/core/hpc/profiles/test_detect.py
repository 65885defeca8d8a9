"""By what a machine is recognized."""

from __future__ import annotations

import msgspec
import pytest

from torc_core.config.hpc import CustomProfile
from torc_core.errors import UsageError
from torc_core.hpc.profiles.builtin import BUILT_IN, DANE, KESTREL
from torc_core.hpc.profiles.detect import detect
from torc_core.hpc.profiles.profile import configured_profile


def custom(**fields):
    """Return a profile of the configuration."""
    return configured_profile("mine", CustomProfile(partitions=KESTREL.partitions, **fields))


def test_a_variable_has_to_have_the_value():
    assert detect(BUILT_IN, {"NREL_CLUSTER": "kestrel"}, "x") == (KESTREL,)
    assert detect(BUILT_IN, {"CLUSTER": "dane"}, "x") == (DANE,)
    assert detect(BUILT_IN, {"NREL_CLUSTER": "Kestrel", "CLUSTER": ""}, "x") == ()
    profile = custom(detect_env_var="OPTIONS=a=b")
    assert detect([profile], {"OPTIONS": "a=b"}, "x") == (profile,)


@pytest.mark.parametrize(
    ("pattern", "hostname", "is_found"),
    [
        (r".*\.research\.edu", "login01.research.edu", True),
        (r".*\.research\.edu", "login01.researchXedu", False),
        ("login.*", "login01", True),
        ("research", "login01.research.edu", True),
        ("^login[0-9]*$", "login7", True),
        ("^login[0-9]*$", "xlogin7", False),
    ],
)
def test_a_pattern_is_searched_in_the_host_name(pattern, hostname, is_found):
    profile = custom(detect_hostname=pattern)
    assert (detect([profile], {}, hostname) == (profile,)) is is_found


def test_profiles_of_the_configuration_count_before_built_in_ones():
    profile = custom(detect_hostname="kl1")
    environ = {"NREL_CLUSTER": "kestrel"}
    assert detect([*BUILT_IN, profile], environ, "kl1") == (profile, KESTREL)


def test_a_pattern_that_is_none_is_named_with_its_key():
    profile = msgspec.structs.replace(custom(), detect_hostname="login(")
    with pytest.raises(UsageError, match="its detect_hostname 'login\\('") as caught:
        detect([profile], {}, "x")
    assert "client.hpc.custom_profiles.mine.detect_hostname" in caught.value.hint
