"""What the server makes of a report: every combination of job, attempt and report that matters."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from torc_core.errors import UsageError
from torc_core.model.exchange import ReportOutcome
from torc_core.model.status import ACTIVE, REPORTABLE, JobStatus
from torc_server.rules.attempts.outcome import AttemptOutcome
from torc_server.rules.attempts.report_check import (
    MAX_ATTEMPT,
    check_attempt,
    check_status,
    classify_report,
    is_held,
)

OK, DUPLICATE, FENCED, UNKNOWN, ILLEGAL = ReportOutcome
TOKEN = 2
SETTLED_JOBS = [status for status in JobStatus if status not in ACTIVE]


class JobFacts(NamedTuple):
    status: int
    token: int = TOKEN
    attempt_id: int = 1
    last_recorded: int = 0


class AttemptFacts(NamedTuple):
    outcome: str | None
    ended_at: int | None = None


def job(status, **fields):
    return JobFacts(JobStatus(status).number, **fields)


def ended(outcome):
    return AttemptFacts(outcome, ended_at=1)


def test_a_job_that_does_not_exist_is_unknown():
    assert classify_report(None, TOKEN, None, JobStatus.COMPLETED) is UNKNOWN


@pytest.mark.parametrize("status", sorted(ACTIVE))
@pytest.mark.parametrize("reported", [*sorted(REPORTABLE), None])
def test_the_report_of_the_holder_is_accepted(status, reported):
    assert classify_report(job(status), TOKEN, None, reported) is OK


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_an_older_attempt_of_a_job_that_is_held_again_is_fenced(status):
    for attempt in (AttemptFacts(None), ended("lost"), ended("released")):
        assert classify_report(job(status), TOKEN - 1, attempt, JobStatus.COMPLETED) is FENCED


@pytest.mark.parametrize("status", JobStatus)
def test_an_attempt_that_never_was_is_illegal(status):
    for token in (TOKEN - 1, TOKEN + 1):
        assert classify_report(job(status), token, None, JobStatus.COMPLETED) is ILLEGAL


@pytest.mark.parametrize("status", SETTLED_JOBS)
def test_an_attempt_without_token_of_a_job_that_nothing_holds_is_illegal(status):
    assert classify_report(job(status), TOKEN, None, JobStatus.COMPLETED) is ILLEGAL


@pytest.mark.parametrize("reported", [*sorted(REPORTABLE), None])
def test_what_ended_so_before_is_a_duplicate(reported):
    before = "released" if reported is None else reported.value
    for token in (TOKEN, TOKEN - 1):
        outcome = classify_report(job("ready"), token, ended(before), reported)
        assert outcome is DUPLICATE


def test_what_ended_otherwise_is_refused():
    failed = ended("failed")
    assert classify_report(job("failed"), TOKEN, failed, JobStatus.COMPLETED) is ILLEGAL
    assert classify_report(job("failed"), TOKEN - 1, failed, JobStatus.COMPLETED) is FENCED
    assert classify_report(job("failed"), TOKEN, failed, None) is ILLEGAL


def test_the_process_of_a_canceled_job_may_report_its_end_once():
    open_attempt = AttemptFacts(AttemptOutcome.CANCELING)
    canceled = job("canceled")
    assert classify_report(canceled, TOKEN, open_attempt, JobStatus.FAILED) is OK
    assert classify_report(canceled, TOKEN, open_attempt, None) is OK
    assert classify_report(canceled, TOKEN - 1, open_attempt, JobStatus.FAILED) is FENCED
    has_result = job("canceled", attempt_id=3, last_recorded=3)
    assert classify_report(has_result, TOKEN, open_attempt, JobStatus.FAILED) is ILLEGAL
    older_result = job("canceled", attempt_id=3, last_recorded=2)
    assert classify_report(older_result, TOKEN, open_attempt, JobStatus.FAILED) is OK


@pytest.mark.parametrize("status", [s for s in SETTLED_JOBS if s is not JobStatus.CANCELED])
def test_an_open_attempt_of_a_job_that_moved_on_is_refused(status):
    open_attempt = AttemptFacts(AttemptOutcome.CANCELING)
    assert classify_report(job(status), TOKEN, open_attempt, JobStatus.COMPLETED) is ILLEGAL
    assert classify_report(job(status), TOKEN - 1, open_attempt, JobStatus.COMPLETED) is FENCED


def test_a_runner_that_was_lost_too_early_may_report_until_the_job_is_claimed_again():
    lost = ended("lost")
    assert classify_report(job("ready"), TOKEN, lost, JobStatus.COMPLETED) is OK
    assert classify_report(job("ready"), TOKEN, lost, None) is OK
    assert classify_report(job("ready"), TOKEN - 1, lost, JobStatus.COMPLETED) is FENCED
    assert classify_report(job("completed"), TOKEN, lost, JobStatus.COMPLETED) is ILLEGAL
    assert classify_report(job("ready"), TOKEN, ended("released"), JobStatus.FAILED) is ILLEGAL


def test_a_job_is_held_under_its_latest_token_only():
    assert is_held(job("pending"), TOKEN)
    assert is_held(job("running"), TOKEN)
    assert not is_held(job("running"), TOKEN - 1)
    assert not is_held(job("running"), TOKEN + 1)
    assert not is_held(None, TOKEN)
    for status in SETTLED_JOBS:
        assert not is_held(job(status), TOKEN)


@pytest.mark.parametrize("status", JobStatus)
def test_jobs_complete_only_with_an_outcome(status):
    if status in REPORTABLE:
        check_status(status)
        return
    with pytest.raises(UsageError, match=f"completed as {status.value}") as refused:
        check_status(status)
    assert refused.value.details == {"field": "status", "value": status.value}


def test_attempts_count_from_one_to_a_million():
    check_attempt(1)
    check_attempt(MAX_ATTEMPT)
    for number in (0, -1, MAX_ATTEMPT + 1):
        with pytest.raises(UsageError, match=f"no attempt {number}"):
            check_attempt(number)
