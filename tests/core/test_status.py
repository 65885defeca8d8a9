from __future__ import annotations

import pytest
from server.rules.plain_model import WAYS

from torc_core.model.status import (
    ACTIVE,
    ENDED,
    INITIALIZE,
    INITIALIZE_NEW,
    REPORTABLE,
    REPORTABLE_FROM,
    RESET_CHANGED,
    RESET_FAILED,
    RETRIABLE,
    SETTLED,
    TRANSITIONS,
    UNSUCCESSFUL,
    JobStatus,
    may_complete,
    may_follow,
)


def test_the_numbers_are_those_of_the_reference():
    assert [status.number for status in JobStatus] == list(range(11))
    assert all(JobStatus.from_number(status.number) is status for status in JobStatus)
    assert JobStatus.PENDING_FAILED.number == 10


def test_the_ways_are_those_of_the_specification_and_no_others():
    assert {status: set(ways) for status, ways in TRANSITIONS.items()} == WAYS


def test_the_groups_of_statuses_are_what_their_names_say():
    s = JobStatus
    assert {s.COMPLETED, s.FAILED, s.CANCELED, s.TERMINATED} == ENDED
    assert {s.COMPLETED, s.FAILED, s.CANCELED, s.TERMINATED, s.DISABLED} == SETTLED
    assert {s.FAILED, s.CANCELED, s.TERMINATED} == UNSUCCESSFUL
    assert {s.PENDING, s.RUNNING} == ACTIVE
    assert {s.UNINITIALIZED, s.BLOCKED, s.READY, s.PENDING} == REPORTABLE_FROM


def test_every_status_can_reach_an_end_and_be_left():
    reached = set(SETTLED)
    while more := {s for s in JobStatus if TRANSITIONS[s] & reached} - reached:
        reached |= more
    assert reached == set(JobStatus)
    assert all(TRANSITIONS.values())


def test_a_blocked_job_cannot_run():
    assert not may_follow(JobStatus.BLOCKED, JobStatus.RUNNING)
    assert may_follow(JobStatus.BLOCKED, JobStatus.CANCELED)


def test_what_never_ran_may_end_from_afar_and_what_ended_may_not_again():
    for present in JobStatus:
        ends = {end for end in JobStatus if may_complete(present, end)}
        if present in REPORTABLE_FROM | {JobStatus.RUNNING}:
            assert ends == REPORTABLE
        else:
            assert ends == ({JobStatus.FAILED} if present is JobStatus.PENDING_FAILED else set())


def test_a_retry_goes_a_way_that_there_is():
    assert all(may_follow(status, JobStatus.READY) for status in RETRIABLE)
    assert not RETRIABLE & {JobStatus.COMPLETED, JobStatus.CANCELED}


@pytest.mark.parametrize("reset", [RESET_CHANGED, INITIALIZE, INITIALIZE_NEW, RESET_FAILED])
def test_only_a_reset_of_the_whole_workflow_enables_what_is_disabled(reset):
    assert JobStatus.DISABLED not in reset.jobs | reset.after


def test_a_start_leaves_what_runs_and_by_itself_what_ended_well_or_failed():
    assert not ACTIVE & (INITIALIZE.jobs | INITIALIZE_NEW.jobs | INITIALIZE_NEW.after)
    assert INITIALIZE.jobs & ENDED == {JobStatus.TERMINATED}
    assert not INITIALIZE.after
