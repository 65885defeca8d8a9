from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.backoff import LAST_DELAY_S, retry_delay_s


def test_the_longest_delay_doubles_up_to_the_last():
    delays = [retry_delay_s(failures, 1.0) for failures in range(1, 8)]
    assert delays == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_jitter_spreads_delays_evenly_from_nothing_to_the_longest():
    assert [retry_delay_s(3, jitter) for jitter in (0.0, 0.5, 1.0)] == [0.0, 0.1, 0.2]


@given(st.integers(1, 100_000), st.floats(0, 1))
def test_a_delay_is_bounded_however_long_the_server_is_away(failures, jitter):
    assert 0.0 <= retry_delay_s(failures, jitter) <= LAST_DELAY_S
