"""Larger requirements, and how they are written."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.diagnosis.attempts import GIB, diagnosed, needs
from torc_core.diagnosis.amounts import memory_like, runtime_like
from torc_core.diagnosis.corrections import Multipliers, correct
from torc_core.diagnosis.failures import diagnose
from torc_core.errors import UsageError
from torc_core.units import MAX_INTEGER, parse_duration, parse_memory

ROOM = Multipliers(1.2, 1.2)


@pytest.mark.parametrize(
    ("original", "size", "text"),
    [
        ("8g", 12 * GIB, "12g"),
        ("8G", 12 * GIB + 1, "13g"),
        ("2g", 2.52 * GIB, "3g"),
        ("1g", 1.21 * GIB, "1240m"),
        ("1t", 1.26 * 1024 * GIB, "1291g"),
        ("70g", 70 * GIB * 1.1, "77g"),
        ("512m", 700.5 * 2**20, "701m"),
        ("101", 120.5, "121"),
        (" 2g ", 4 * GIB, "4g"),
    ],
)
def test_memory_keeps_its_unit_where_rounding_adds_little(original, size, text):
    assert memory_like(original, size) == text


@pytest.mark.parametrize(
    ("original", "seconds", "text"),
    [
        ("PT30M", 36 * 60, "PT36M"),
        ("PT1H", 78 * 60, "PT1H18M"),
        ("PT2H", 2.75 * 3600 + 1, "PT2H46M"),
        ("P0DT1M", 72, "PT1M12S"),
        ("PT30S", 36, "PT36S"),
        ("PT40S", 50, "PT1M"),
        ("PT1M", 0, "PT0S"),
        ("PT1H", 86_399, "PT24H"),
        ("P1D", 86_400 * 6 + 5, "P6DT1H"),
        ("PT40H", 48 * 3600, "PT48H"),
        ("P1DT12H", 43.2 * 3600, "P1DT20H"),
        ("P1D", 48 * 3600, "P2D"),
        ("PT1H", 86_400 + 1, "PT25H"),
    ],
)
def test_a_runtime_is_rounded_to_what_people_write(original, seconds, text):
    assert runtime_like(original, seconds) == text


@given(st.sampled_from(["1", "5k", "300m", "2g", "1t"]), st.floats(1, MAX_INTEGER / 2))
def test_memory_is_rounded_upward_and_not_by_much(original, size):
    written = parse_memory(memory_like(original, size))

    assert size * (1 - 1e-8) <= written <= max(1.2 * size, size + 1) * (1 + 1e-8)


@given(st.sampled_from(["PT1M", "P1DT1M"]), st.floats(0.1, 1e12))
def test_a_runtime_is_rounded_upward_and_not_by_much(original, seconds):
    written = parse_duration(runtime_like(original, seconds))

    assert seconds * (1 - 1e-8) <= written <= max(1.2 * seconds, seconds + 1)


def test_more_than_can_be_stored_is_refused():
    with pytest.raises(UsageError, match="too much"):
        memory_like("1t", MAX_INTEGER * 2.0)


def test_one_correction_covers_all_jobs_that_share_requirements():
    shared = needs("8g", "PT1H", id_=4)

    (correction,) = correct(
        [
            diagnosed(peak=9 * GIB, requirements=shared, job_id=3),
            diagnosed(peak=10 * GIB, requirements=shared, job_id=2),
            diagnosed(peak=1 * GIB, requirements=shared, job_id=1),
        ],
        ROOM,
    )

    assert (correction.memory, correction.runtime) == ("12g", None)
    assert correction.max_peak_memory_bytes == 10 * GIB
    assert correction.max_runtime_s is None
    assert [job.id for job in correction.jobs] == [2, 3]


def test_what_was_stopped_at_its_limit_gets_more_than_the_limit():
    (correction,) = correct(
        [diagnosed("failed", 137, peak=1 * GIB), diagnosed("terminated", 152, minutes=59.5)], ROOM
    )

    assert (correction.memory, correction.runtime) == ("10g", "PT1H12M")
    assert correction.max_peak_memory_bytes == GIB
    assert correction.max_runtime_s == 59.5 * 60


@pytest.mark.parametrize(
    "attempted",
    [
        {"status": "failed", "code": 137, "peak": GIB},
        {"status": "failed", "code": 1, "peak": 9 * GIB},
        {"status": "terminated", "code": 152, "minutes": 60},
        {"status": "completed", "code": 0, "minutes": 70},
    ],
)
def test_one_attempt_justifies_one_raise(attempted):
    (first,) = correct([diagnosed(**attempted)], ROOM)
    raised = needs(first.memory or "8g", first.runtime or "PT1H")

    again = diagnosed(**attempted, requirements=raised, is_before_change=True)

    assert correct([again], ROOM) == []


def test_an_attempt_after_the_change_justifies_the_next_raise():
    old = diagnosed("failed", 137, requirements=needs("12g"), job_id=1, is_before_change=True)
    new = diagnosed("failed", 137, requirements=needs("12g"), job_id=2)

    (correction,) = correct([old, new], ROOM)

    assert correction.memory == "15g"


def test_a_correction_names_the_jobs_that_need_it():
    (both,) = correct([diagnosed(peak=9 * GIB, job_id=2), diagnosed(minutes=90, job_id=1)], ROOM)
    unlimited = needs("8g", "PT0S")
    (memory,) = correct(
        [
            diagnosed(peak=9 * GIB, requirements=unlimited, job_id=2),
            diagnosed("terminated", 152, requirements=unlimited, job_id=1),
        ],
        ROOM,
    )

    assert [job.id for job in both.jobs] == [1, 2]
    assert [job.id for job in memory.jobs] == [2]
    assert (memory.runtime, memory.max_runtime_s) == (None, None)


def test_without_a_limit_of_memory_the_runtime_alone_is_corrected():
    unlimited = needs("0", "PT1H")
    (runtime,) = correct(
        [
            diagnosed("failed", 137, peak=9 * GIB, requirements=unlimited, job_id=2),
            diagnosed(minutes=90, requirements=unlimited, job_id=1),
        ],
        ROOM,
    )

    assert [job.id for job in runtime.jobs] == [1]
    assert (runtime.memory, runtime.max_peak_memory_bytes) == (None, None)


def test_an_attempt_that_was_not_measured_says_nothing_of_its_peak():
    (correction,) = correct([diagnosed("failed", 137)], ROOM)

    assert (correction.memory, correction.max_peak_memory_bytes) == ("10g", None)


def test_each_set_of_requirements_has_its_own_correction():
    corrections = correct(
        [
            diagnosed(minutes=90, requirements=needs(id_=7)),
            diagnosed(peak=9 * GIB, requirements=needs(id_=5)),
            diagnosed(requirements=needs(id_=6)),
        ],
        Multipliers(2.0, 1.5),
    )

    assert [(each.requirements.id, each.memory, each.runtime) for each in corrections] == [
        (5, "18g", None),
        (7, None, "PT2H15M"),
    ]


def test_requirements_that_no_user_stated_stay():
    default = needs("1m", "P0DT1M", 1, name="default")

    assert correct([diagnosed("failed", 137, peak=GIB, requirements=default)], ROOM) == []


def test_requirements_that_are_not_known_cannot_be_corrected():
    diagnosis = diagnosed("failed", 137, peak=9 * GIB)
    unknown = msgspec.structs.replace(diagnosis.observation, requirements=None)

    assert correct([diagnose(unknown)], ROOM) == []


def test_without_room_to_leave_a_limit_that_was_not_passed_stays():
    tight = Multipliers(1.0, 1.0)
    killed, late = diagnosed("failed", 137, peak=GIB), diagnosed("terminated", 152, minutes=59)
    over_memory, over_time = diagnosed(peak=9 * GIB), diagnosed(minutes=90)

    (memory,) = correct([killed, late, over_memory], tight)
    (runtime,) = correct([killed, late, over_time], tight)

    assert correct([killed, late], tight) == []
    assert (memory.memory, memory.runtime, memory.max_runtime_s) == ("9g", None, None)
    assert (runtime.memory, runtime.runtime) == (None, "PT1H30M")
    assert runtime.max_peak_memory_bytes is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from([("completed", 0), ("failed", 137), ("terminated", 152)]),
            st.integers(0, 20 * GIB),
            st.floats(0, 200),
            st.integers(1, 2),
        ),
        max_size=5,
    ),
    st.floats(1, 5),
)
def test_corrections_only_raise_and_cover_what_was_used(attempts, factor):
    diagnoses = [
        diagnosed(*how, peak=peak, minutes=minutes, requirements=needs(id_=key))
        for how, peak, minutes, key in attempts
    ]

    for each in correct(diagnoses, Multipliers(factor, factor)):
        assert each.memory or each.runtime
        sharing = [d for d in diagnoses if d.observation.requirements.id == each.requirements.id]
        if each.memory:
            most = max(d.observation.result.peak_memory_bytes for d in sharing)
            assert parse_memory(each.memory) > 8 * GIB
            assert parse_memory(each.memory) >= most
        if each.runtime:
            longest = max(d.observation.runtime_s for d in sharing)
            assert parse_duration(each.runtime) > 3600
            assert parse_duration(each.runtime) >= longest * (1 - 1e-8)
