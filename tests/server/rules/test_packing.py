"""What a claim takes: greedy in its order, never more than fits."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from torc_server.rules.packing import (
    SORT_METHODS,
    Capacity,
    Group,
    Need,
    describe_miss,
    fits,
    nearest_miss,
    pack,
    without,
)


@dataclass(frozen=True)
class Ready:
    id: int
    priority: int
    need: Need


needs = st.builds(
    Need,
    num_cpus=st.integers(1, 4),
    memory_bytes=st.integers(1, 4),
    num_gpus=st.integers(0, 2),
    num_nodes=st.integers(1, 2),
    runtime_s=st.integers(1, 4),
)
capacities = st.builds(
    Capacity,
    num_cpus=st.integers(0, 8),
    memory_bytes=st.integers(0, 8),
    num_gpus=st.integers(0, 2),
    num_nodes=st.integers(0, 3),
    seconds_left=st.none() | st.integers(0, 4),
)
ready_jobs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=12).flatmap(
    lambda shapes: st.lists(needs, min_size=4, max_size=4).map(
        lambda kinds: [
            Ready(number, priority, kinds[kind])
            for number, (priority, kind) in enumerate(shapes, 1)
        ]
    )
)


def groups_of(jobs):
    by_need = {}
    for job in jobs:
        by_need.setdefault(job.need, []).append(job)
    return [
        Group(need, iter(sorted(group, key=lambda job: (-job.priority, job.id))))
        for need, group in by_need.items()
    ]


def one_by_one(jobs, free, limit, sort_method):
    """The definition: look at every job in order and take what fits."""
    key = SORT_METHODS[sort_method]
    taken = []
    for job in sorted(jobs, key=lambda job: (-job.priority, key(job.need), job.id)):
        if len(taken) < limit and fits(job.need, free):
            free = without(free, job.need)
            taken.append(job)
    return taken


@given(ready_jobs, capacities, st.integers(0, 6), st.sampled_from(sorted(SORT_METHODS)))
def test_packing_groups_takes_what_looking_at_every_job_takes(jobs, free, limit, sort_method):
    expected = one_by_one(jobs, free, limit, sort_method)
    assert pack(groups_of(jobs), free, limit, sort_method=sort_method) == expected


@given(ready_jobs, capacities, st.integers(0, 4), st.integers(1, 4), capacities)
def test_jobs_taken_ahead_come_after_those_to_run_and_each_fit_into_the_node(
    jobs, free, limit, ahead, node
):
    now = pack(groups_of(jobs), free, limit)
    taken = pack(groups_of(jobs), free, limit, ahead=ahead, node=node)
    assert taken[: len(now)] == now
    queued = taken[len(now) :]
    assert all(fits(job.need, node) for job in queued)
    fitting = [job for job in jobs if fits(job.need, node) and job not in now]
    assert len(queued) == min(ahead, len(fitting))
    assert len(set(taken)) == len(taken)


def test_without_a_capacity_need_does_not_matter():
    jobs = [Ready(n, 0, Need(100, 100, 100, 100, 100)) for n in range(5)]
    assert [job.id for job in pack(groups_of(jobs), None, 3)] == [0, 1, 2]


def test_no_job_is_read_beyond_those_taken():
    read = []

    def jobs():
        for number in range(100):
            read.append(number)
            yield Ready(number, 0, Need(1, 1, 0, 1, 1))

    pack([Group(Need(1, 1, 0, 1, 1), jobs())], Capacity(8, 8, 0, 1), 2)
    assert len(read) <= 3


def test_the_nearest_miss_is_the_one_that_lacks_least():
    free = Capacity(num_cpus=4, memory_bytes=4, num_gpus=0, num_nodes=1)
    near, far = Need(6, 1, 0, 1, 1), Need(8, 100, 1, 1, 1)
    assert nearest_miss([far, near], free) == near
    assert describe_miss(near, free) == "6 CPUs each; this node has 4 CPUs free"
    late = Need(1, 1, 0, 1, 7200)
    limited = Capacity(4, 4, 0, 1, seconds_left=3600)
    assert describe_miss(late, limited) == "2h 00m each; this node has 1h 00m left"
