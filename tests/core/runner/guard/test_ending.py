"""What is done next to a process that is being ended."""

import signal

from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.guard.ending import GIVE_UP_S, next_step

KILL_AT = 100.0


def step(now, *, has_exited=False, was_asked=True, left=1, **how):
    return next_step(now, KILL_AT, has_exited=has_exited, was_asked=was_asked, left=left, **how)


def test_sigterm_is_sent_once_and_then_it_has_its_grace():
    assert step(90, was_asked=False).signum is signal.SIGTERM
    assert step(90).signum is None
    assert step(99.9).look_at == KILL_AT


def test_it_may_be_asked_by_another_signal():
    assert step(90, was_asked=False, asks_by=signal.SIGINT).signum is signal.SIGINT
    assert step(KILL_AT, was_asked=False, asks_by=signal.SIGINT).signum is signal.SIGKILL


def test_it_is_over_when_nothing_is_left_and_not_earlier():
    assert step(90, has_exited=True, left=0).is_over
    assert not step(90, has_exited=True, left=3).is_over
    assert not step(90, has_exited=False, left=0).is_over


def test_what_is_left_after_the_grace_is_killed_again_and_again():
    first = step(KILL_AT)
    assert first.signum is signal.SIGKILL
    assert step(first.look_at, has_exited=True, left=200).signum is signal.SIGKILL


def test_without_a_grace_it_is_killed_at_once():
    assert step(KILL_AT, was_asked=False).signum is signal.SIGKILL


def test_what_even_sigkill_does_not_end_is_given_up():
    assert not step(KILL_AT + GIVE_UP_S - 0.1).is_over
    assert step(KILL_AT + GIVE_UP_S).is_over
    assert step(KILL_AT + GIVE_UP_S, left=None).is_over


def test_what_cannot_be_seen_at_present_is_signaled_later_and_is_not_over():
    waiting = step(90, was_asked=False, has_exited=True, left=None)
    assert (waiting.signum, waiting.is_over) == (None, False)
    assert waiting.look_at < 91


@given(st.floats(0, 200), st.booleans(), st.booleans(), st.none() | st.integers(0, 9))
def test_there_is_always_a_next_look_and_an_end(now, has_exited, was_asked, left):
    taken = step(now, has_exited=has_exited, was_asked=was_asked, left=left)
    assert taken.is_over or taken.look_at > now
    assert taken.is_over or now < KILL_AT + GIVE_UP_S
