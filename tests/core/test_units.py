from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import UsageError
from torc_core.units import (
    MAX_INTEGER,
    format_bytes,
    format_memory,
    format_seconds,
    format_seconds_fully,
    parse_duration,
    parse_memory,
    say_duration,
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


@pytest.mark.parametrize("size", [MAX_INTEGER, MAX_INTEGER + 1])
def test_the_largest_integer_is_the_largest_value(size):
    """A duration is added up in floating point, so its bound is only near this one."""
    if size > MAX_INTEGER:
        with pytest.raises(UsageError):
            parse_memory(str(size))
    else:
        assert parse_memory(str(size)) == size


def test_a_refusal_names_the_field_and_the_value():
    with pytest.raises(UsageError) as memory:
        parse_memory("lots")
    with pytest.raises(UsageError) as runtime:
        parse_duration("long")
    with pytest.raises(UsageError) as walltime:
        parse_duration("longer", field="walltime")

    assert memory.value.details == {"field": "memory", "value": "lots"}
    assert runtime.value.details == {"field": "runtime", "value": "long"}
    assert walltime.value.details == {"field": "walltime", "value": "longer"}


@pytest.mark.parametrize(
    ("text", "seconds"), [("P1,5D", 129_600), ("P0,5DT0.5H", 45_000), (" PT1M ", 60)]
)
def test_a_fraction_may_have_a_comma(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (512, "512 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (-1024, "-1.0 KiB"),
        (1536 * 1024, "1.5 MiB"),
        (2**20 - 1024, "1023.0 KiB"),
        (3 * 2**30, "3.0 GiB"),
        (2**40, "1.0 TiB"),
        (5 * 2**50, "5120.0 TiB"),
    ],
)
def test_a_size_has_the_unit_that_keeps_it_short(size, text):
    assert format_bytes(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4s"),
        (9.9, "9.9s"),
        (10, "10s"),
        (59.4, "59s"),
        (60, "1m 00s"),
        (185, "3m 05s"),
        (3599, "59m 59s"),
        (3600, "1h 00m"),
        (7800, "2h 10m"),
        (86_399, "23h 59m"),
        (86_400, "1d 00h"),
        (273_600, "3d 04h"),
    ],
)
def test_a_span_has_the_two_units_that_matter(seconds, text):
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4s"),
        (9.96, "10.0s"),
        (10, "10s"),
        (60, "1m 0s"),
        (2730, "45m 30s"),
        (3599.6, "1h 0m 0s"),
        (9015, "2h 30m 15s"),
        (93_605, "26h 0m 5s"),
    ],
)
def test_a_span_in_full_is_exact_to_the_second(seconds, text):
    assert format_seconds_fully(seconds) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("512m", "512 MiB"),
        ("16G", "16 GiB"),
        ("1024", "1024 B"),
        ("2 t", "2 TiB"),
        ("much", "much"),
    ],
)
def test_memory_as_written_has_its_unit_in_full(text, said):
    assert format_memory(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PT1M", "1 minute"),
        ("PT90M", "1 hour 30 minutes"),
        ("P1DT2H", "1 day 2 hours"),
        ("PT0S", "0 seconds"),
        ("PT61S", "1 minute 1 second"),
        ("soon", "soon"),
    ],
)
def test_durations_are_said_in_words(text, said):
    assert say_duration(text) == said
