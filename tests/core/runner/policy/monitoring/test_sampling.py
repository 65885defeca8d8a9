import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.monitoring.sampling import (
    CHECK_S,
    FIRST_SAMPLE_S,
    Sample,
    Usage,
    check_delay_s,
    is_due,
    job_totals,
    next_sample_delay_s,
)

GIB = 2**30


def test_cpu_is_the_share_of_each_window():
    usage = Usage(last_sampled=10.0)
    usage.add(Sample(0.5, 100, 1), 11.0)
    assert usage.cpu_percent == 50.0
    usage.add(Sample(2.5, 300, 2), 12.0)
    usage.add(Sample(2.5, 200, 2), 14.0)
    assert (usage.peak_cpu_percent, usage.cpu_percent) == (200.0, 0.0)
    assert (usage.peak_memory_bytes, usage.samples) == (300, 3)
    usage.add(Sample(3.5, 200, 2), 16.0)
    assert usage.cpu_percent == 50.0


def test_a_window_of_a_tenth_of_a_second_is_too_short_for_a_peak():
    """Times are counted in hundredths: 0.02 s in 0.1 s may be anything between 10 and 30 %."""
    usage = Usage()
    for step in range(1, 5):
        usage.add(Sample(0.1 * step, 1, 1), 0.1 * step)
        assert (usage.cpu_percent, usage.peak_cpu_percent) == (0.0, 0.0)
    usage.add(Sample(0.5, 1, 1), 0.5)
    assert usage.peak_cpu_percent == pytest.approx(100.0)


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
    assert (usage.average_memory_bytes, usage.growth(Sample(0.0, 20, 1), 1.0)) == (0, 0.0)
    usage.add(Sample(6.0, 10, 1), 2.0)
    assert usage.cpu_percent == 600.0


def test_each_sample_counts_for_its_time():
    """Samples are closer in the beginning: their plain mean would be that of the beginning."""
    usage = Usage(last_sampled=10.0)
    for memory, now in ((100, 10.1), (100, 10.2), (100, 10.4), (300, 12.0)):
        usage.add(Sample(0.0, memory, 1), now)
    assert usage.average_memory_bytes == 260


def test_without_samples_there_is_no_average():
    assert Usage().average_memory_bytes is None


@given(
    st.lists(
        st.tuples(st.integers(0, 10**12), st.floats(0.001, 100), st.floats(0, 1e6)), min_size=1
    )
)
def test_means_and_peaks_are_within_what_was_seen(steps):
    usage, now = Usage(last_sampled=5.0), 5.0
    for memory, elapsed_s, cpu_s in steps:
        now += elapsed_s
        usage.add(Sample(cpu_s, memory, 1), now)
        assert usage.cpu_percent <= usage.peak_cpu_percent
    memories = [memory for memory, _, _ in steps]
    assert usage.peak_memory_bytes == max(memories)
    assert min(memories) - 1 <= usage.average_memory_bytes <= max(memories) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("age", "interval", "delay"),
    [(0.0, 5.0, FIRST_SAMPLE_S), (0.4, 5.0, 0.4), (60.0, 5.0, 5.0), (60.0, 0.05, 0.05)],
)
def test_young_jobs_are_sampled_soon_and_old_ones_at_the_interval(age, interval, delay):
    assert next_sample_delay_s(age, interval) == delay


@given(st.floats(0, 1e6), st.floats(FIRST_SAMPLE_S, 1e3))
def test_samples_grow_rarer_up_to_the_interval(age, interval):
    assert FIRST_SAMPLE_S <= next_sample_delay_s(age, interval) <= interval


@pytest.mark.parametrize(
    ("memory", "limit", "growth", "delay"),
    [
        (0, GIB // 4, 0.0, CHECK_S + 1 / 16),
        (0, 400 * GIB, 0.0, CHECK_S + 100),
        (GIB, GIB, 0.0, CHECK_S),
        (2 * GIB, GIB, 0.0, CHECK_S),
        (GIB, 2 * GIB, GIB, 0.5),
        (GIB, 2 * GIB, GIB / 1000, CHECK_S + 0.25),
        (GIB, GIB + 1, GIB, FIRST_SAMPLE_S),
        (2 * GIB, GIB, GIB, FIRST_SAMPLE_S),
    ],
)
def test_a_job_is_looked_at_when_it_may_be_near_its_limit(memory, limit, growth, delay):
    assert check_delay_s(memory, limit, growth) == pytest.approx(delay)


@given(st.integers(2**20, 64 * GIB), st.floats(2**20, 4 * GIB), st.floats(0, 20))
def test_a_job_that_grows_steadily_is_seen_soon_after_its_limit(limit, rate, begins_s):
    """It takes nothing for a while, then so much per second: from the limit to the next look."""

    def memory(moment):
        return int(max(moment - begins_s, 0) * rate)

    usage, now = Usage(), FIRST_SAMPLE_S
    reached_s = begins_s + limit / rate
    while memory(now) <= limit:
        sample = Sample(0.0, memory(now), 1)
        delay_s = check_delay_s(sample.memory_bytes, limit, usage.growth(sample, now))
        usage.add(sample, now)
        now += delay_s
    assert now - reached_s <= CHECK_S + FIRST_SAMPLE_S + 0.01


def test_growth_is_what_a_second_adds_to_the_memory_of_before():
    usage = Usage(last_sampled=1.0)
    usage.add(Sample(0.0, 100, 1), 2.0)
    assert usage.growth(Sample(0.0, 150, 1), 4.0) == 25.0
    assert usage.growth(Sample(0.0, 110, 1), 2.5) == 20.0
    assert usage.growth(Sample(0.0, 90, 1), 4.0) == 0.0


def test_a_sample_is_due_a_little_early():
    assert is_due(None, 0.0, 5.0)
    assert not is_due(1.0, 5.0, 5.0)
    assert is_due(1.0, 5.6, 5.0)


@pytest.mark.parametrize(
    ("samples", "cpu_s", "largest", "expected"),
    [
        ([], 5.0, 4096, (4096, 4096, 50.0, 50.0)),
        ([], 0.0, None, (None, None, 0.0, 0.0)),
        ([(1.0, 100), (1.5, 300)], 2.0, None, (300, 200, 100.0, 20.0)),
        ([(1.0, 100), (1.5, 300)], 2.0, 200, (300, 200, 100.0, 20.0)),
        ([(1.0, 100), (1.5, 300)], 2.0, 900, (900, 200, 100.0, 20.0)),
        ([(4.0, 100)], 1.0, None, (100, 100, 400.0, 40.0)),  # most of it is that of orphans
    ],
)
def test_of_samples_and_kernel_the_greater_figure_counts(samples, cpu_s, largest, expected):
    usage = Usage()
    for now, (seen_cpu_s, memory) in enumerate(samples, 1):
        usage.add(Sample(seen_cpu_s, memory, 1), float(now))
    assert job_totals(usage, elapsed_s=10.0, cpu_s=cpu_s, largest_bytes=largest) == expected
