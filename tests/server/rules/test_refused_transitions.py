"""What is said when a job cannot change its status as requested."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.errors import TransitionError
from torc_core.model.status import JobStatus
from torc_server.errors import OutcomeError
from torc_server.rules.transitions import illegal


class JobFacts(NamedTuple):
    id: int = 7
    name: str = "fit"
    status: int = JobStatus.READY.number


def test_both_statuses_are_named_and_the_transitions_that_are_allowed():
    error = illegal(JobFacts(), JobStatus.RUNNING)
    assert type(error) is TransitionError
    assert error.message == "Job 7 (fit) is ready, so it cannot become running."
    assert error.hint == "From ready a job becomes canceled or pending."
    assert error.details == {"status": "ready", "wanted": "running"}


def test_a_caller_may_say_it_in_other_words():
    error = illegal(
        JobFacts(), JobStatus.READY, verb="be retried", hint="Wait.", error=OutcomeError
    )
    assert type(error) is OutcomeError
    assert error.message == "Job 7 (fit) is ready, so it cannot be retried."
    assert error.hint == "Wait."
