import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.sampling import (
    FIRST_SAMPLE_S,
    Sample,
    Usage,
    next_sample_delay_s,
)


def test_cpu_is_the_share_of_each_interval():
    usage = Usage(last_sampled=10.0)
    usage.add(Sample(0.5, 100, 1), 11.0)
    assert usage.cpu_percent == 50.0
    usage.add(Sample(2.5, 300, 2), 12.0)
    usage.add(Sample(2.5, 200, 2), 14.0)
    assert (usage.peak_cpu_percent, usage.cpu_percent) == (200.0, 0.0)
    assert (usage.peak_memory_bytes, usage.total_memory_bytes, usage.samples) == (300, 600, 3)
    assert usage.average_memory_bytes == 200
    usage.add(Sample(3.5, 200, 2), 16.0)
    assert usage.cpu_percent == 50.0


def test_cpu_time_that_falls_is_no_negative_share():
    usage = Usage()
    usage.add(Sample(5.0, 1, 1), 1.0)
    usage.add(Sample(4.0, 1, 1), 2.0)
    assert usage.cpu_percent == 0.0
    assert usage.peak_cpu_percent == 500.0


def test_two_samples_at_one_moment_divide_by_nothing():
    usage = Usage(last_sampled=1.0)
    usage.add(Sample(5.0, 10, 1), 1.0)
    assert (usage.cpu_percent, usage.peak_cpu_percent, usage.samples) == (0.0, 0.0, 1)
    usage.add(Sample(6.0, 10, 1), 2.0)
    assert usage.cpu_percent == 100.0


def test_without_samples_there_is_no_average():
    assert Usage().average_memory_bytes is None


@pytest.mark.parametrize(
    ("age", "interval", "delay"),
    [(0.0, 5.0, FIRST_SAMPLE_S), (0.4, 5.0, 0.4), (60.0, 5.0, 5.0), (60.0, 0.05, 0.05)],
)
def test_young_jobs_are_sampled_soon_and_old_ones_at_the_interval(age, interval, delay):
    assert next_sample_delay_s(age, interval) == delay


@given(st.floats(0, 1e6), st.floats(FIRST_SAMPLE_S, 1e3))
def test_samples_grow_rarer_up_to_the_interval(age, interval):
    assert FIRST_SAMPLE_S <= next_sample_delay_s(age, interval) <= interval
