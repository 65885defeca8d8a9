from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import UsageError
from torc_core.units import (
    MAX_INTEGER,
    format_bytes,
    format_seconds,
    parse_duration,
    parse_memory,
)

FACTORS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


@given(st.integers(0, 2**20), st.sampled_from(list(FACTORS)))
def test_memory_is_an_integer_and_a_power_of_1024_in_either_case(number, letter):
    expected = number * FACTORS[letter]

    assert parse_memory(f"{number}{letter}") == expected
    assert parse_memory(f" {number}{letter.upper()} ") == expected


@pytest.mark.parametrize(
    "text", ["", "g", "8 gigs", "-1g", "1.5g", "1e9g", "1gb", "9" * 20, "9000000t", "٣g"]
)
def test_what_is_not_a_memory_size_is_refused_with_an_example(text):
    with pytest.raises(UsageError) as caught:
        parse_memory(text)

    assert repr(text) in caught.value.message
    assert "2g" in caught.value.hint


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(days, hours, minutes, seconds):
    text = f"P{days}DT{hours}H{minutes}M{seconds}S"

    assert parse_duration(text) == ((days * 24 + hours) * 60 + minutes) * 60 + seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT30M", 1800),
        ("P0DT1M", 60),
        ("P2W", 1_209_600),
        ("P1Y", 31_557_600),
        ("P1M", 2_629_800),
        ("pt5m", 300),
        ("PT1.5H", 5400),
        ("PT0.9S", 0),
    ],
)
def test_durations_mean_what_the_reference_takes_them_for(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "10:00:00", "-PT1M", "PT1H1H", "1h", "PT1M1H", f"P{MAX_INTEGER}Y"],
)
def test_what_is_not_a_duration_is_refused_with_an_example(text):
    with pytest.raises(UsageError) as caught:
        parse_duration(text)

    assert "PT30M" in caught.value.hint


@given(st.text(max_size=20))
def test_parsers_raise_nothing_but_usage_errors(text):
    for parse in (parse_memory, parse_duration):
        with contextlib.suppress(UsageError):
            assert 0 <= parse(text) <= MAX_INTEGER


def test_sizes_and_spans_read_well():
    assert format_bytes(512) == "512 B"
    assert format_bytes(3 * 2**30) == "3.0 GiB"
    assert [format_seconds(value) for value in (0.42, 12, 185, 7800, 273_600)] == [
        "0.4s",
        "12s",
        "3m 05s",
        "2h 10m",
        "3d 04h",
    ]
