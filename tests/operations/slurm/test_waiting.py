"""What is said of allocations that wait for Slurm."""

from __future__ import annotations

import pytest

from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.operations.slurm.waiting import (
    MOST_LINES,
    state_words,
    waiting_lines,
)

NOON = 1_772_362_800.0  # 2026-03-01 12:00 in Paris
HOUR = 3_600


def pending(number, **fields):
    return AllocationView(id=number, state="PENDING", phase=Phase.PENDING, **fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "pending"),
        ({"reason": "Priority"}, "pending: Priority"),
        ({"expected_start": NOON + HOUR}, "pending: start ~13:00"),
        (
            {"reason": "Priority", "expected_start": NOON + 24 * HOUR},
            "pending: Priority, start ~03-02 12:00",
        ),
        (
            {"state": "RUNNING", "phase": Phase.RUNNING, "time_left_s": 7_500},
            "running: 2h 05m left",
        ),
        ({"state": None, "phase": Phase.GONE}, "unknown"),
    ],
)
def test_state_reason_and_time_are_one_line(in_paris, fields, words):
    stated = {"id": 1, "state": "PENDING", "phase": Phase.PENDING} | fields
    assert state_words(AllocationView(**stated), NOON) == words


def test_only_allocations_that_wait_are_named_and_the_next_is_first(in_paris):
    views = [
        pending(1, reason="Resources"),
        pending(2, reason="Priority", expected_start=NOON + 2 * HOUR),
        AllocationView(id=3, state="RUNNING", phase=Phase.RUNNING),
        pending(4, reason="Priority", expected_start=NOON + HOUR),
        AllocationView(id=5),
    ]
    assert waiting_lines(views, NOON) == (
        "allocation 4 pending: Priority, start ~13:00",
        "allocation 2 pending: Priority, start ~14:00",
        "allocation 1 pending: Resources",
    )


def test_of_many_allocations_the_first_few_are_named():
    lines = waiting_lines([pending(number) for number in range(1_500)], NOON)
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "and 1,497 more"
    assert waiting_lines([], NOON) == ()
