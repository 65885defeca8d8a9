"""Moments as people and programs are told them, and as they are read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.moments import (
    exact_time,
    iso_moment,
    listed_moment,
    read_moment,
    said_moment,
    zone_name,
    zoned_moment,
)
from torc_core.units import format_duration

NOON = 1_772_362_800.0  # 2026-03-01 12:00 in Paris
DAY = 86_400


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize(
    ("moment", "listed", "said", "zoned"),
    [
        (NOON + 61, "03-01 12:01:01", "12:01", "12:01 CET"),
        (NOON + DAY, "03-02 12:00:00", "03-02 12:00", "03-02 12:00 CET"),
        (NOON + 180 * DAY, "08-28 13:00:00", "08-28 13:00", "08-28 13:00 CEST"),
        (NOON - 100 * DAY, "2025-11-21 12:00", "2025-11-21 12:00", "2025-11-21 12:00 CET"),
    ],
)
def test_people_are_told_the_time_of_their_zone(moment, listed, said, zoned):
    assert listed_moment(moment, NOON) == listed
    assert said_moment(moment, NOON) == said
    assert zoned_moment(moment, NOON) == zoned
    assert exact_time(moment) == f"{said[-5:]}:{'01' if moment == NOON + 61 else '00'}"


@pytest.mark.usefixtures("in_paris")
def test_programs_get_the_zone_with_the_time():
    assert iso_moment(NOON + 0.25) == "2026-03-01T12:00:00.250+01:00"
    assert read_moment(iso_moment(NOON + 0.25)) == NOON + 0.25


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("UTC", "UTC"),
        ("America/Sao_Paulo", "UTC-03"),
        ("Asia/Kolkata", "IST"),
        ("Asia/Kathmandu", "UTC+0545"),
    ],
)
def test_a_zone_has_a_short_name(monkeypatch, zone, name):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    assert zone_name(NOON) == name


@given(st.floats(), st.floats())
def test_no_moment_is_an_error(moment, now):
    for said in (
        listed_moment(moment, now),
        said_moment(moment, now),
        zoned_moment(moment, now),
        iso_moment(moment),
    ):
        assert said


@given(st.text())
def test_what_is_no_moment_is_passed_over(text):
    moment = read_moment(text)
    assert moment is None or isinstance(moment, float)


def test_moments_of_any_client_are_read():
    assert read_moment("2026-01-01T00:00:00.500Z") == read_moment("2026-01-01T01:00:00.500+01:00")
    assert read_moment("2026-01-01T00:00:00.500") == read_moment("2026-01-01T00:00:00.500Z")
    assert read_moment("yesterday") is read_moment("") is read_moment(None) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [("PT30M", "30m 00s"), ("PT4H", "4h 00m"), ("P1DT12H", "1d 12h"), ("PT5S", "5.0s"), ("x", "x")],
)
def test_a_stated_duration_is_shown_like_a_measured_one(text, shown):
    assert format_duration(text) == shown
