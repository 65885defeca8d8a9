from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.timers import Timer, TimerKind, Timers

steps = st.lists(
    st.tuples(st.sampled_from(["set", "earlier", "clear"]), st.integers(0, 4), st.integers(0, 20)),
    max_size=60,
)


@given(steps, st.integers(0, 20))
def test_a_timer_expires_once_at_its_latest_setting_in_order(steps, now):
    timers = Timers()
    expected: dict[Timer, int] = {}
    for step, number, when in steps:
        timer = Timer(TimerKind.JOB_RUNTIME, number)
        if step == "set":
            timers.set(timer, when)
            expected[timer] = when
        elif step == "earlier":
            timers.set_earlier(timer, when)
            expected[timer] = min(when, expected.get(timer, when))
        else:
            timers.clear(timer)
            expected.pop(timer, None)
    first = min(expected.values(), default=None)
    assert timers.delay_s(now) == (None if first is None else max(first - now, 0))
    expired = timers.pop_expired(now)
    assert sorted(expired) == sorted(timer for timer, when in expected.items() if when <= now)
    assert [expected[timer] for timer in expired] == sorted(expected[timer] for timer in expired)
    assert timers.pop_expired(now) == []
    assert all((timer in timers) == (when > now) for timer, when in expected.items())


def test_timers_of_one_moment_expire_in_the_order_in_which_they_were_set():
    timers = Timers()
    order = [Timer(TimerKind.SAMPLE), Timer(TimerKind.JOB_RUNTIME, 9), Timer(TimerKind.EXCHANGE)]
    for timer in order:
        timers.set(timer, 5.0)
    assert timers.pop_expired(4.999) == []
    assert timers.pop_expired(5.0) == order


def test_a_timer_that_was_moved_to_the_same_moment_expires_once():
    timers = Timers()
    timer = Timer(TimerKind.IDLE)
    timers.set(timer, 5.0)
    timers.set(timer, 3.0)
    timers.set(timer, 5.0)
    assert timers.pop_expired(10.0) == [timer]
    assert timers.delay_s(0.0) is None


def test_an_earlier_setting_is_kept_and_a_later_one_is_not():
    timers = Timers()
    timer = Timer(TimerKind.IDLE)
    timers.set_earlier(timer, 5.0)
    timers.set_earlier(timer, 7.0)
    assert timers.delay_s(1.0) == 4.0
    timers.set_earlier(timer, 2.0)
    assert timers.delay_s(1.0) == 1.0
    assert timers.delay_s(9.0) == 0.0


def test_a_timer_of_the_runner_belongs_to_no_job():
    assert Timer(TimerKind.IDLE) == Timer(TimerKind.IDLE, 0) != Timer(TimerKind.IDLE, 1)
    assert Timer(TimerKind.IDLE) != Timer(TimerKind.ACTIONS)
