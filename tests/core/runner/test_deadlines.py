from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.timers import Timer, TimerKind, Timers

steps = st.lists(
    st.tuples(st.sampled_from(["set", "earlier", "clear"]), st.integers(0, 4), st.integers(0, 20)),
    max_size=60,
)


@given(steps, st.integers(0, 20))
def test_a_deadline_falls_due_once_at_its_latest_moment_in_order(steps, now):
    deadlines = Timers()
    expected: dict[Timer, int] = {}
    for step, number, when in steps:
        key = Timer(TimerKind.KILL, number)
        if step == "set":
            deadlines.set(key, when)
            expected[key] = when
        elif step == "earlier":
            deadlines.set_earlier(key, when)
            expected[key] = min(when, expected.get(key, when))
        else:
            deadlines.clear(key)
            expected.pop(key, None)
    first = min(expected.values(), default=None)
    assert deadlines.wait(now) == (None if first is None else max(first - now, 0))
    due = deadlines.pop_due(now)
    assert sorted(due) == sorted(key for key, when in expected.items() if when <= now)
    assert [expected[key] for key in due] == sorted(expected[key] for key in due)
    assert deadlines.pop_due(now) == []
    assert all((key in deadlines) == (when > now) for key, when in expected.items())
