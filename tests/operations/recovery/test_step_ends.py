"""What rows of accounting say of the attempts of a workflow."""

from __future__ import annotations

import pytest

from torc_core.diagnosis.observation import StepEnd
from torc_core.operations.recovery.step_ends import read_step_ends


def row(name="wf3_j5_r2_a1", state="OUT_OF_MEMORY", number="9.0"):
    return {"JobIDRaw": number, "State": state, "JobName": name}


@pytest.mark.parametrize(
    ("state", "end"),
    [
        ("OUT_OF_MEMORY", StepEnd.MEMORY),
        ("TIMEOUT", StepEnd.TIME),
        ("NODE_FAIL", StepEnd.NODE),
        ("PREEMPTED", StepEnd.PREEMPTED),
        ("CANCELLED by 1000", StepEnd.CANCELED),
        ("CANCELLED+", StepEnd.CANCELED),
    ],
)
def test_the_state_of_a_step_is_the_end_of_its_attempt(state, end):
    assert read_step_ends([row(state=state)], 3) == {(5, 2, 1): end}


@pytest.mark.parametrize(
    "other",
    [
        row(state="COMPLETED"),
        row(state="FAILED"),
        row(state="RUNNING"),
        row(state="SOMETHING_NEW"),
        row("wf4_j5_r2_a1"),
        row("batch", number="9.batch"),
        row(number="9"),  # the allocation, whatever it is called
    ],
)
def test_nothing_else_says_anything(other):
    assert read_step_ends([other], 3) == {}
