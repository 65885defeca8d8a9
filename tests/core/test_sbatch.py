"""What settings of allocations may say to sbatch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.characters import is_shown
from torc_core.errors import UsageError
from torc_core.sbatch import (
    RESERVED,
    default_fault,
    is_value,
    option_fault,
    split_options,
    value_fault,
)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        (
            "--exclusive --constraint=skylake",
            {"exclusive": None, "constraint": "skylake"},
        ),
        ("--signal=B:TERM@300", {"signal": "B:TERM@300"}),
        ("-C skylake -n4 -H", {"constraint": "skylake", "ntasks": "4", "hold": None}),
        (
            "--constraint 'a&b' --mail-user \"A B <a@b>\"",
            {"constraint": "a&b", "mail-user": "A B <a@b>"},
        ),
        ("--x=1 --y --x=2", {"y": None, "x": "2"}),
    ],
)
def test_extra_is_read_as_a_command_line(text, options):
    assert split_options(text) == options


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("skylake", '"skylake" is not an sbatch option'),
        ("--constraint a b", '"b" is neither'),
        ("--constraint='a", "no closing quotation"),
        ("--x\n#SBATCH --y", "U+000A"),
        ("--x=a\x1b[2J", "U+001B"),
        ("--output=x", "torc itself"),
        ("--out x", "torc itself"),
        ("-J x", "torc itself"),
        ("-Jx", "torc itself"),
        ("--array=1-9", "torc itself"),
        ("--wrap=id", "torc itself"),
        ("-HW", "several options in one"),
        ("-Z", "not an sbatch option"),
        ("--", "not an sbatch option"),
        ("-", "not an sbatch option"),
        ("--a$b=x", "not an sbatch option"),
        (f"--constraint={'x' * 1_001}", "1,001 characters"),
        ("-N1 : -N2", '":" is neither'),
    ],
)
def test_what_is_no_option_or_one_of_torcs_is_refused(text, word):
    with pytest.raises(UsageError) as refused:
        split_options(text)
    assert word in refused.value.message
    assert refused.value.details["field"] == "extra"
    assert is_shown(refused.value.message)


@given(st.text())
def test_whatever_extra_is_no_value_has_a_line_break_and_no_option_is_reserved(text):
    try:
        found = split_options(text)
    except UsageError:
        return
    for name, value in found.items():
        assert not any(reserved.startswith(name) for reserved in RESERVED)
        assert is_shown(value or "")


@pytest.mark.parametrize("name", ["partition", "part", "mem", "time", "job_name", "output", "wait"])
def test_no_default_overrides_a_scheduler(name):
    assert "torc itself" in (default_fault(name) or "")


@pytest.mark.parametrize("name", ["account", "qos", "mem-per-cpu", "mail_user", "nodelist"])
def test_other_options_may_be_defaults(name):
    assert default_fault(name) is None


def test_values_are_one_word_in_fields_and_one_line_elsewhere():
    assert is_value("gpu:a100:4(S:0-1)")
    assert not any(map(is_value, ("", "a b", "a\n", "a\nb", "$(id)", "`id`", "a;b", "x" * 257)))
    assert value_fault("END,FAIL and more") is None
    assert value_fault("a\nb")
    assert option_fault("constraint") is None
