"""What jobs used beside what they state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.diagnosis.attempts import GIB, attempt, needs
from torc_core.diagnosis.observation import NOTHING
from torc_core.diagnosis.utilization import ResourceType, Use, memory_text, uses


def test_each_resource_is_written_as_in_the_reference():
    observation = attempt(
        peak=round(10.5 * GIB), cpu=950.5, minutes=165, requirements=needs("8g", "PT2H", 8)
    )

    texts = [
        (use.resource, use.specified_text, use.used_text, use.over_text)
        for use in uses(observation)
    ]

    assert texts == [
        ("Memory", "8.00 GB", "10.50 GB", "+31.2%"),
        ("CPU", "800%", "950.5%", "+18.8%"),
        ("Runtime", "2h 0m 0s", "2h 45m 0s", "+37.5%"),
    ]


def test_what_was_not_measured_is_not_compared():
    assert [use.resource for use in uses(attempt(peak=None, cpu=None))] == ["Runtime"]


@pytest.mark.parametrize(
    "requirements",
    [
        needs("1m", "P0DT1M", 1, name="default"),
        needs("lots", "PT1H"),
        needs("1g", "long"),
    ],
)
def test_requirements_that_say_nothing_cannot_be_exceeded(requirements):
    observation = attempt(peak=GIB, cpu=400.0, minutes=600, requirements=requirements)

    assert observation.stated == NOTHING
    assert list(uses(observation)) == []


def test_none_of_a_resource_is_no_statement():
    observation = attempt(peak=GIB, cpu=150.0, requirements=needs("0", "PT0S", 0))

    assert [(use.resource, use.specified) for use in uses(observation)] == [("CPU", 100.0)]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KB"), (3 * 2**20, "3.00 MB"), (2**42, "4.00 TB")],
)
def test_memory_has_powers_of_1024(size, text):
    assert memory_text(size) == text


def test_less_than_the_threshold_above_is_not_over():
    use = Use(ResourceType.CPU, 100.0, 100.9)

    assert use.is_over()
    assert not use.is_over(1.0)
    assert Use(ResourceType.CPU, 100.0, 101.0).is_over(1.0)
    assert not Use(ResourceType.CPU, 100.0, 100.0).is_over(0.0)


@given(
    st.floats(1, 1e15), st.floats(0, 1e15), st.floats(0, 100), st.sampled_from(list(ResourceType))
)
def test_whatever_is_over_was_used_beyond_what_is_stated(specified, used, least, resource):
    use = Use(resource, specified, used)

    assert use.is_over() == (used > specified)
    assert use.is_over() or not use.is_over(least)
    assert use.used_text
    assert use.over_text.endswith("%")
