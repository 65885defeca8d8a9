"""What accounting prints of steps; the texts with a version were printed by it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import ProtocolError
from torc_core.hpc.slurm.programs.argv import FIELD_END
from torc_core.hpc.slurm.programs.parse import accounting_rows
from torc_core.hpc.slurm.programs.steps import (
    STEP_COLUMNS,
    parse_cpu_time,
    parse_size,
    read_steps,
    split_json,
)

STEPS_22_05 = """\
1|FAILED|3:0|2||00:00.986|t1n[1-2]|wrap
1.batch|FAILED|3:0|2|11087872|00:00.016|t1n1|batch
1.0|OUT_OF_MEMORY|0:125|2|111030272|00:00.969|t1n[1-2]|bash
2|CANCELLED by 0|0:0|0||00:00:00|None assigned|wrap
""".replace("|", FIELD_END)


def steps_of(text):
    return read_steps(accounting_rows(text, STEP_COLUMNS))


def test_an_allocation_and_its_steps_are_told_apart():
    whole, batch, first, canceled = steps_of(STEPS_22_05)

    assert [each.step for each in (whole, batch, first, canceled)] == [None, "batch", "0", None]
    assert [each.slurm_job_id for each in (whole, batch, first, canceled)] == [1, 1, 1, 2]
    assert (whole.name, whole.exit_code, whole.elapsed_s, whole.max_rss_bytes) == (
        "wrap", 3, 2, None,
    )  # fmt: skip
    assert (first.state.name, first.exit_code, first.max_rss_bytes, first.cpu_s) == (
        "OUT_OF_MEMORY", None, 111_030_272, 0.969,
    )  # fmt: skip
    assert (canceled.state.name, canceled.nodes, canceled.cpu_s) == ("CANCELLED", None, 0.0)


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "COMPLETING", "SUSPENDED"])
def test_what_has_not_ended_has_no_exit_code(state):
    fields = ("7", state, "0:0", "3", "", "00:00:00", "n1", "w")

    assert steps_of(FIELD_END.join(fields))[0].exit_code is None


@given(st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"])))
def test_a_step_may_have_any_name(name):
    fields = ("7.3", "NEW_STATE", "", "x", "-", "Unknown", "n1", name)

    (step,) = steps_of(FIELD_END.join(fields) + "\n")

    assert (step.slurm_job_id, step.step, step.name) == (7, "3", name)
    assert (step.state.name, step.exit_code, step.max_rss_bytes) == ("NEW_STATE", None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00.986", 0.986),
        ("01:02", 62),
        ("04:30:00", 16_200),
        ("1-00:00:01", 86_401),
        ("", None),
        ("INVALID", None),
        ("1:2:3:4", None),
    ],
)
def test_a_cpu_time_is_read_in_all_its_lengths(text, seconds):
    assert parse_cpu_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("10828K", 11_087_872), ("1.50G", 1_610_612_736), ("", None), ("16?", None)],
)
def test_a_size_is_read_in_all_its_units(text, size):
    assert parse_size(text) == size


def test_json_of_several_jobs_is_that_of_each():
    jobs = [{"job_id": 7, "state": "x"}, {"job_id": 8}, {"job_id": 7, "state": "y"}]

    found = split_json(json.dumps({"meta": {"v": 1}, "jobs": jobs, "errors": []}))

    assert found == {
        7: {"meta": {"v": 1}, "jobs": [jobs[0], jobs[2]], "errors": []},
        8: {"meta": {"v": 1}, "jobs": [jobs[1]], "errors": []},
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"jobs": [1]}', '{"jobs": [{}]}', "sacct: x"])
def test_what_is_no_list_of_jobs_is_an_error(text):
    with pytest.raises(ProtocolError, match="sacct --json"):
        split_json(text)
