"""Failed jobs in groups: one for each signature, however many there are and whatever is read."""

from __future__ import annotations

import pytest

from torc_core.diagnosis.failures import Cause
from torc_core.operations.recovery.plan import WhyNot
from torc_core.operations.recovery.verdicts import JobVerdict
from torc_core.operations.repair.failures import (
    NOT_WRITTEN,
    FailedJob,
    Grouping,
    Need,
    need_of,
    needs_of,
    total,
)
from torc_core.operations.repair.survey import Survey
from torc_core.runner.policy.outputs.written import Written, fault_of


def failed(job_id, kind="exit code 1", *, need=Need.LOOK, needs_log=True, node_id=1):
    return FailedJob(
        job_id=job_id,
        name=f"job_{job_id}",
        kind=kind,
        need=need,
        needs_log=needs_log,
        run_id=1,
        attempt_id=1,
        return_code=1,
        seconds=1.0,
        peak_memory_bytes=None,
        memory_bytes=None,
        node_id=node_id,
    )


def test_one_cause_is_one_group_and_the_largest_comes_first():
    grouping = Grouping()
    for number in range(1, 10):
        grouping.add(failed(number, node_id=number % 2))
        grouping.add_line(failed(number), f"KeyError: 'lat' in row {number} of job_{number}")
    grouping.add(failed(20, "out of memory", need=Need.RECOVER, needs_log=False))
    grouping.add(failed(21))
    grouping.add_line(failed(21), "")

    keyed, *others = grouping.groups()

    assert keyed.signature == ("exit code 1", "KeyError: 'lat' in row <n> of <job>")
    assert keyed.line == keyed.signature.line
    assert keyed.example == "KeyError: 'lat' in row 1 of job_1"
    assert (len(keyed.jobs), keyed.num_nodes) == (9, 2)
    assert [(each.signature.kind, each.signature.line) for each in others] == [
        ("exit code 1", ""),
        ("out of memory", ""),
    ]
    assert needs_of(grouping.groups()) == {Need.RECOVER: "1 job", Need.LOOK: "10 jobs"}


def test_a_line_that_all_wrote_is_shown_as_it_is():
    grouping = Grouping()
    for number, line in ((1, "no row 7"), (2, "\x1b[31mno  row 7\x1b[0m"), (3, "no column 3")):
        grouping.add(failed(number))
        grouping.add_line(failed(number), line)

    assert [(each.job_ids, each.line) for each in grouping.groups()] == [
        ([1, 2], "no row 7"),
        ([3], "no column 3"),
    ]


def test_jobs_that_did_not_write_an_output_file_have_that_as_their_cause():
    grouping = Grouping()
    for number in (1, 2):
        grouping.add(failed(number))
        fault = fault_of(f"out/{number}.txt", Written.MISSING)
        grouping.add_line(failed(number), f"torc: {fault}")

    (group,) = grouping.groups()

    assert (group.signature.kind, group.job_ids) == (NOT_WRITTEN, [1, 2])


def test_until_its_log_is_read_a_job_waits_in_the_group_of_its_exit_code():
    grouping = Grouping()
    for number in range(1, 6):
        grouping.add(failed(number))
    grouping.add_line(failed(2), "no")
    grouping.add_line(failed(2), "twice")

    unread, read = grouping.groups()

    assert (unread.is_read, unread.job_ids) == (False, [1, 3, 4, 5])
    assert (read.is_read, read.job_ids, read.signature.line) == (True, [2], "no")
    assert grouping.num_unread == 4


def test_logs_are_read_of_every_kind_in_turn():
    grouping = Grouping()
    for number in range(1, 100):
        grouping.add(failed(number))
    grouping.add(failed(100, "exit code 2"))
    grouping.add(failed(101, "exit code 3"))

    assert [job.job_id for job in grouping.next_to_read(5)] == [1, 100, 101, 2, 3]
    assert grouping.next_to_read(0) == []
    assert len(grouping.next_to_read(1000)) == 101
    assert Grouping().next_to_read(10) == []


@pytest.mark.parametrize(
    ("verdict", "need"),
    [
        (JobVerdict(Cause.OUT_OF_MEMORY), Need.RECOVER),
        (JobVerdict(Cause.OUT_OF_TIME), Need.RECOVER),
        (JobVerdict(Cause.OUT_OF_MEMORY, WhyNot.UNSTATED, "x"), Need.LOOK),
        (JobVerdict(Cause.LOST), Need.RERUN),
        (JobVerdict(Cause.STOPPED), Need.RERUN),
        (JobVerdict(Cause.UNKNOWN, WhyNot.UNKNOWN, "x"), Need.LOOK),
    ],
)
def test_what_a_group_needs_is_what_a_recovery_would_do(verdict, need):
    assert need_of(verdict) is need


def test_the_sentence_counts_and_says_what_was_not_read():
    grouping = Grouping()
    grouping.add(failed(1))
    groups = grouping.groups()
    assert total(groups) == 1
    assert Survey().sentence == "Looking for failed jobs …"
    assert Survey(is_whole=True).sentence == "No job failed."
    assert Survey(groups=groups).sentence == "1 failed job in 1 group so far …"
    assert (
        Survey(groups=groups, is_whole=True, num_unread=1).sentence
        == "1 failed job in 1 group; 1 log not read."
    )
