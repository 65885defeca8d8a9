import pytest

from torc_core.model.status import JobStatus
from torc_core.runner.policy.exit_outcome import (
    LIMITS,
    ExitOutcome,
    StopReason,
    classify_exit,
    combine_reasons,
    effective_reason,
    is_before_signal,
    wait_before_belief_s,
)

COMPLETED, FAILED = JobStatus.COMPLETED, JobStatus.FAILED
TERMINATED, CANCELED = JobStatus.TERMINATED, JobStatus.CANCELED


def interrupted(exit_code, **fields):
    return ExitOutcome(TERMINATED, exit_code, interrupted=True, **fields)


@pytest.mark.parametrize(
    ("exit_code", "stop", "missing", "expected"),
    [
        (0, None, [], ExitOutcome(COMPLETED, 0)),
        (0, None, ["out.txt"], ExitOutcome(FAILED, 1, follows_rules=True)),
        (3, None, [], ExitOutcome(FAILED, 3, follows_rules=True)),
        (3, None, ["out.txt"], ExitOutcome(FAILED, 3, follows_rules=True)),
        (143, None, [], ExitOutcome(FAILED, 143, follows_rules=True)),
        (
            143,
            StopReason.INTERRUPTED,
            [],
            interrupted(143, retries=True),
        ),
        (0, StopReason.INTERRUPTED, [], interrupted(0, retries=True)),
        (143, StopReason.RUNNER_STOPS, [], interrupted(143)),
        (0, StopReason.RUNNER_STOPS, [], interrupted(0)),
        (137, StopReason.CANCELED, [], ExitOutcome(CANCELED, 137)),
        (0, StopReason.CANCELED, ["out.txt"], ExitOutcome(CANCELED, 0)),
        (143, StopReason.OUT_OF_TIME, [], ExitOutcome(TERMINATED, 152, follows_rules=True)),
        (0, StopReason.OUT_OF_TIME, [], ExitOutcome(TERMINATED, 152, follows_rules=True)),
        (143, StopReason.OUT_OF_MEMORY, [], ExitOutcome(TERMINATED, 137, follows_rules=True)),
    ],
)
def test_an_exit_means(exit_code, stop, missing, expected):
    assert classify_exit(exit_code, stop, missing) == expected


def test_every_reason_to_stop_a_job_has_an_outcome():
    for reason in StopReason:
        outcome = classify_exit(0, reason, [])
        assert outcome.status in {TERMINATED, CANCELED}
        assert not (outcome.follows_rules and outcome.retries)


def test_only_limits_lie_with_the_job():
    assert {StopReason.OUT_OF_TIME, StopReason.OUT_OF_MEMORY} == LIMITS
    for reason in StopReason:
        assert classify_exit(1, reason, []).follows_rules is (reason in LIMITS)


@pytest.mark.parametrize("new", list(StopReason))
def test_the_first_reason_counts(new):
    assert combine_reasons(None, new) is new
    for current in set(StopReason) - LIMITS:
        assert combine_reasons(current, new) is current


@pytest.mark.parametrize("current", sorted(LIMITS, key=str))
def test_a_job_past_its_limit_that_is_stopped_for_good_is_not_retried(current):
    for new in set(StopReason) - LIMITS:
        combined = combine_reasons(current, new)
        assert combined is StopReason.RUNNER_STOPS
        outcome = classify_exit(143, combined, [])
        assert not outcome.follows_rules
        assert not outcome.retries
    for new in LIMITS:
        assert combine_reasons(current, new) is current


def test_reasons_are_words_for_people():
    assert [reason.value for reason in StopReason] == [
        "canceled",
        "this runner does not hold it any more",
        "the runner was interrupted",
        "the runner is shutting down",
        "out of time",
        "out of memory",
    ]


@pytest.mark.parametrize(
    ("stop", "exit_code", "by_itself", "reason"),
    [
        (StopReason.INTERRUPTED, 0, True, None),
        (StopReason.RUNNER_STOPS, 3, True, None),
        (StopReason.OUT_OF_TIME, 0, True, None),
        (StopReason.INTERRUPTED, 0, False, StopReason.INTERRUPTED),
        (StopReason.INTERRUPTED, 143, True, StopReason.INTERRUPTED),
        (StopReason.RUNNER_STOPS, 152, True, StopReason.RUNNER_STOPS),
        (StopReason.CANCELED, 0, True, StopReason.CANCELED),
        (StopReason.REVOKED, 0, True, StopReason.REVOKED),
        (None, 0, True, None),
        (None, 143, False, None),
    ],
)
def test_a_job_that_was_over_before_it_could_be_stopped_was_not_stopped(
    stop, exit_code, by_itself, reason
):
    assert effective_reason(stop, exit_code, by_itself=by_itself) is reason


@pytest.mark.parametrize("reason", StopReason)
def test_a_reason_is_found_again_by_its_name(reason):
    assert StopReason.named(reason.name) is reason


def test_a_reason_of_another_version_counts_as_the_end_of_its_runner():
    assert StopReason.named("ECLIPSE") is StopReason.RUNNER_STOPS


@pytest.mark.parametrize(
    ("exited_at", "signaled_at", "is_before"),
    [(10.0, None, True), (9.8, 10.0, True), (9.95, 10.0, False), (10.2, 10.0, False)],
)
def test_what_exits_when_the_runner_is_signaled_may_have_been_too(
    exited_at, signaled_at, is_before
):
    assert is_before_signal(exited_at, signaled_at) is is_before


@pytest.mark.parametrize(
    ("exit_code", "is_taken_away", "saves_state", "wait_s"),
    [
        (143, False, False, 1.0),
        (143, True, True, 1.0),
        (3, False, True, 0.0),
        (3, True, False, 0.1),
        (0, True, True, 0.1),
        (0, True, False, 0.0),
        (0, False, True, 0.0),
    ],
)
def test_in_an_allocation_an_exit_is_believed_when_no_signal_has_followed(
    exit_code, is_taken_away, saves_state, wait_s
):
    waited = wait_before_belief_s(exit_code, is_taken_away=is_taken_away, saves_state=saves_state)
    assert waited == wait_s
