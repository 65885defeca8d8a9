"""What fits, and what a job has to itself."""

from __future__ import annotations

import pytest

from torc_core.resources import Capacity, Requirements, exclusive_nodes

KINDS = ("num_cpus", "memory_bytes", "num_gpus", "num_nodes")
JOB = Requirements(num_cpus=2, memory_bytes=20, num_gpus=1, num_nodes=3, runtime_s=60)
EXACT = Capacity(num_cpus=2, memory_bytes=20, num_gpus=1, num_nodes=3, seconds_left=60)


def test_what_is_needed_exactly_fits():
    assert EXACT.fits(JOB)
    assert EXACT.covers(JOB)


@pytest.mark.parametrize("kind", KINDS)
def test_one_too_little_of_any_kind_does_not_fit(kind):
    values = {name: getattr(EXACT, name) for name in KINDS} | {"seconds_left": 60}
    short = Capacity(**(values | {kind: values[kind] - 1}))
    assert not short.fits(JOB)
    assert not short.covers(JOB)


def test_a_job_fits_only_while_there_is_time_for_it():
    values = {name: getattr(EXACT, name) for name in KINDS}
    assert not Capacity(**values, seconds_left=59).fits(JOB)
    assert not Capacity(**values, seconds_left=0).fits(JOB)
    assert Capacity(**values, seconds_left=None).fits(JOB)


def test_jobs_of_one_node_share_it_and_wider_ones_have_theirs_alone():
    assert [exclusive_nodes(count) for count in (0, 1, 2, 3)] == [0, 0, 2, 3]


def test_what_is_left_beside_a_job():
    free = Capacity(num_cpus=8, memory_bytes=100, num_gpus=4, num_nodes=5, seconds_left=90)
    assert free.without(JOB) == Capacity(
        num_cpus=6, memory_bytes=80, num_gpus=3, num_nodes=2, seconds_left=90
    )
    one_node = Requirements(num_cpus=1, num_nodes=1)
    assert free.without(one_node).num_nodes == 5
