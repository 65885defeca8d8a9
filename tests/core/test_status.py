from __future__ import annotations

from torc_core.model.status import ENDED, SETTLED, TRANSITIONS, JobStatus, may_follow


def test_the_numbers_are_those_of_the_reference():
    assert [status.number for status in JobStatus] == list(range(11))
    assert all(JobStatus.from_number(status.number) is status for status in JobStatus)
    assert JobStatus.PENDING_FAILED.number == 10


def test_every_status_has_its_ways_out_and_they_lead_to_other_statuses():
    assert set(TRANSITIONS) == set(JobStatus)
    assert all(status not in ways for status, ways in TRANSITIONS.items())


def test_an_end_is_left_only_by_a_reset_or_a_retry():
    for status in ENDED:
        assert TRANSITIONS[status] <= {JobStatus.UNINITIALIZED, JobStatus.READY}


def test_every_status_can_reach_an_end():
    reached = set(SETTLED)
    while more := {s for s in JobStatus if TRANSITIONS[s] & reached} - reached:
        reached |= more
    assert reached == set(JobStatus)


def test_a_blocked_job_cannot_run():
    assert not may_follow(JobStatus.BLOCKED, JobStatus.RUNNING)
    assert may_follow(JobStatus.BLOCKED, JobStatus.CANCELED)
