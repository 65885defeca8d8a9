from hypothesis import given
from hypothesis import strategies as st

from torc_core.hpc.slurm.programs.budget import Budget


@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.floats(0, 90), st.integers(1, 3), st.booleans()), max_size=60),
)
def test_no_minute_has_more_calls_than_the_budget(limit, looks):
    budget = Budget(limit)
    now, calls = 0.0, []
    for wait, calls_at_once, fails in looks:
        count = min(calls_at_once, limit)
        now = max(now + wait, budget.next_call(now + wait, count))
        for _ in range(count):
            budget.record(now)
            calls.append(now)
        assert budget.used(now) == sum(then + 60 > now for then in calls) <= limit
        if fails:
            budget.failed(now)
        else:
            budget.answered()


def test_more_calls_at_a_time_than_a_minute_has_wait_for_a_quiet_minute():
    budget = Budget(2)
    assert budget.next_call(5.0, 4) == 5.0
    budget.record(5.0)
    assert budget.next_call(6.0, 4) == 65.0


def test_pauses_after_failures_grow_and_end_with_an_answer():
    budget = Budget()
    pauses = []
    for _ in range(5):
        budget.failed(100.0)
        pauses.append(budget.next_call(100.0) - 100.0)
    assert pauses == [20.0, 40.0, 60.0, 60.0, 60.0]
    budget.answered()
    assert budget.next_call(100.0) == 100.0


def test_looks_are_spread_over_the_minute():
    assert Budget(12).interval_s(2) == 10.0
