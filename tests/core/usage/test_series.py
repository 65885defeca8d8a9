"""Samples in figures, and in few points that look like all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.usage.comparison import Comparison
from torc_core.usage.series import (
    CPU,
    MEMORY,
    PROCESSES,
    JobUsage,
    Part,
    figures_of,
    points_of,
    thin,
)

VALUES = st.floats(0, 1e15)
POINTS = st.lists(VALUES, min_size=1, max_size=300).map(
    lambda values: [(float(time), value) for time, value in enumerate(values)]
)


def usage(*parts, job_id=1, name="one"):
    found = []
    for part in parts:
        times, values = zip(*part, strict=True)
        found.append(Part(times, [values, values, values]))
    return JobUsage(job_id, name, found)


@given(POINTS, st.integers(2, 100))
def test_thinning_keeps_the_ends_and_the_extremes_within_the_limit(points, most):
    kept = thin(points, most)

    assert len(kept) <= max(most, 2)
    assert kept == sorted(set(kept))
    assert set(kept) <= set(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    if most >= 4:
        values = [value for _, value in points]
        assert {max(values), min(values)} <= {value for _, value in kept}


def test_few_points_stay_as_they_are():
    points = [(float(time), float(time % 3)) for time in range(10)]

    assert thin(points, 10) == points
    assert len(thin(points, 9)) < 10


def test_a_peak_is_the_highest_value_and_a_mean_counts_time():
    figures = figures_of(usage([(0.0, 900.0), (1.0, 100.0), (11.0, 50.0)], [(99.0, 10.0)]), CPU)

    assert figures.peak == 900.0
    assert figures.mean == pytest.approx((1 * 100.0 + 10 * 50.0) / 11)


def test_the_mean_of_single_samples_is_that_of_their_values():
    assert figures_of(usage([(5.0, 10.0)], [(7.0, 30.0)]), CPU).mean == 20.0


@given(st.lists(POINTS, min_size=1, max_size=4))
def test_a_mean_is_between_the_extremes(parts):
    figures = figures_of(usage(*parts), CPU)
    values = [value for part in parts for _, value in part]

    assert figures.peak == max(values)
    assert min(values) * (1 - 1e-9) <= figures.mean <= max(values) * (1 + 1e-9)


def test_the_parts_of_a_job_share_its_points():
    long = [(float(time), float(time % 7)) for time in range(1_000)]
    first, second = points_of(usage(long, long), CPU, 100)

    assert 40 <= len(first) == len(second) <= 50


@pytest.mark.parametrize(
    ("metric", "highest", "title"),
    [
        (MEMORY, 0, "Memory (MiB)"),
        (MEMORY, 2**30 - 1, "Memory (MiB)"),
        (MEMORY, 2**30, "Memory (GiB)"),
        (MEMORY, 2**50, "Memory (TiB)"),
        (CPU, 0, "CPU (%)"),
        (PROCESSES, 7, "Processes"),
    ],
)
def test_a_scale_fits_the_highest_value(metric, highest, title):
    assert metric.scale_for(highest).title == title


@given(st.lists(VALUES, min_size=1, max_size=30), st.integers(1, 10))
def test_a_comparison_keeps_those_with_the_highest_peaks(peaks, most):
    comparison = Comparison(CPU, most, 10)
    for job_id, peak in enumerate(peaks, 1):
        comparison.add(usage([(0.0, peak)], job_id=job_id))
    kept = comparison.jobs

    assert [job.job_id for job in kept] == sorted(job.job_id for job in kept)
    assert (
        sorted((job.figures.peak for job in kept), reverse=True)
        == (sorted(peaks, reverse=True)[:most])
    )
    assert comparison.peak == max(peaks)
    is_all = len(peaks) <= most
    assert comparison.title.startswith(f"{len(kept)} job" if is_all else f"{most} of {len(peaks)}")


def test_of_equal_jobs_a_comparison_keeps_the_first():
    comparison = Comparison(CPU, 2, 10)
    for job_id in (1, 2, 3):
        comparison.add(usage([(0.0, 5.0)], job_id=job_id))

    assert [job.job_id for job in comparison.jobs] == [1, 2]
