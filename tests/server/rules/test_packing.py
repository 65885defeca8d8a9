"""What a claim takes: greedy in its order, never more than fits; beside a packer of brute force."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from server.rules.bench import NOW, Bench
from server.rules.databases import new_engine

from torc_core.model.workflow import SortMethod
from torc_core.resources import Capacity, Requirements
from torc_server.rules.attempts.claims import Claimer, ClaimRequest, claim
from torc_server.rules.attempts.packing import Group, pack

MIB = 2**20


@dataclass(frozen=True)
class Ready:
    id: int
    priority: int
    need: Requirements
    scheduler_id: int | None = None


def of(cpus, memory, gpus, nodes, runtime):
    return Requirements(
        num_cpus=cpus, memory_bytes=memory, num_gpus=gpus, num_nodes=nodes, runtime_s=runtime
    )


needs = st.builds(
    Requirements,
    num_cpus=st.integers(1, 4),
    memory_bytes=st.integers(1, 4).map(MIB.__mul__),
    num_gpus=st.integers(0, 2),
    num_nodes=st.integers(1, 2),
    runtime_s=st.integers(1, 4),
)
capacities = st.builds(
    Capacity,
    num_cpus=st.integers(0, 8),
    memory_bytes=st.integers(0, 8).map(MIB.__mul__),
    num_gpus=st.integers(0, 2),
    num_nodes=st.integers(0, 3),
    seconds_left=st.none() | st.integers(0, 4),
)
sort_methods = st.sampled_from(list(SortMethod))
schedulers = st.sampled_from([None, 3, 7])


@st.composite
def job_lists(draw, most=12):
    kinds = draw(st.lists(needs, min_size=1, max_size=4))
    shapes = draw(
        st.lists(st.tuples(st.integers(0, 2), st.sampled_from(kinds), schedulers), max_size=most)
    )
    return [Ready(number, *shape) for number, shape in enumerate(shapes, 1)]


def in_order(jobs, sort_method):
    """Higher priority first, then what the sort method puts first, then the older job."""

    def place(job):
        need = job.need
        method = {
            "none": (),
            "gpus_runtime_memory": (need.num_gpus, need.runtime_s, need.memory_bytes),
            "gpus_memory_runtime": (need.num_gpus, need.memory_bytes, need.runtime_s),
        }[sort_method]
        return (-job.priority, *(-most for most in method), job.id)

    return sorted(jobs, key=place)


def used_by(jobs):
    """Return what jobs occupy together; those of one node share nodes."""
    wide = [job.need.num_nodes for job in jobs if job.need.num_nodes > 1]
    return (
        sum(job.need.num_cpus for job in jobs),
        sum(job.need.memory_bytes for job in jobs),
        sum(job.need.num_gpus for job in jobs),
        sum(wide),
    )


def fits_beside(job, others, free):
    """Whether a job may start while the others run."""
    cpus, memory, gpus, nodes = used_by(others)
    need = job.need
    return (
        cpus + need.num_cpus <= free.num_cpus
        and memory + need.memory_bytes <= free.memory_bytes
        and gpus + need.num_gpus <= free.num_gpus
        and nodes + need.num_nodes <= free.num_nodes
        and (free.seconds_left is None or need.runtime_s <= free.seconds_left)
    )


def by_brute_force(jobs, free, limit, sort_method="none"):
    """The specification: go through all jobs in order and take each that fits beside the taken."""
    taken = []
    for job in in_order(jobs, sort_method):
        if len(taken) < limit and fits_beside(job, taken, free):
            taken.append(job)
    return taken


def groups_of(jobs):
    by_need = {}
    for job in in_order(jobs, "none"):
        by_need.setdefault(job.need, []).append(job)
    return [Group(need, iter(group)) for need, group in by_need.items()]


@settings(max_examples=150)
@given(job_lists(), capacities, st.integers(0, 6), sort_methods)
def test_packing_takes_what_brute_force_takes(jobs, free, limit, sort_method):
    taken = pack(groups_of(jobs), free, limit, sort_method=sort_method)
    assert taken == by_brute_force(jobs, free, limit, sort_method)


@settings(max_examples=150)
@given(job_lists(), capacities, st.integers(0, 6), sort_methods)
def test_a_node_is_never_overfull_and_never_idle_while_something_fits(
    jobs, free, limit, sort_method
):
    taken = pack(groups_of(jobs), free, limit, sort_method=sort_method)
    held = (free.num_cpus, free.memory_bytes, free.num_gpus, free.num_nodes)
    assert all(used <= have for used, have in zip(used_by(taken), held, strict=True))
    assert all(job.need.num_nodes <= free.num_nodes for job in taken)
    assert len(taken) <= limit
    assert len(set(taken)) == len(taken)
    assert taken == in_order(taken, sort_method)
    if len(taken) < limit:
        assert not any(fits_beside(job, taken, free) for job in set(jobs) - set(taken))


@given(job_lists(), capacities, st.integers(0, 4), st.integers(1, 4), capacities)
def test_jobs_taken_ahead_come_after_those_to_run_and_each_fit_into_the_node(
    jobs, free, limit, ahead, node
):
    now = pack(groups_of(jobs), free, limit)
    taken = pack(groups_of(jobs), free, limit, prefetch=ahead, node=node)
    fitting = [job for job in in_order(jobs, "none") if fits_beside(job, [], node)]
    assert taken == now + [job for job in fitting if job not in now][:ahead]


@pytest.mark.parametrize(
    ("sort_method", "expected"),
    [
        (SortMethod.NONE, ["long", "large", "gpu"]),
        (SortMethod.GPUS_RUNTIME_MEMORY, ["gpu", "long", "large"]),
        (SortMethod.GPUS_MEMORY_RUNTIME, ["gpu", "large", "long"]),
    ],
)
def test_a_sort_method_puts_first_what_its_name_says(sort_method, expected):
    kinds = {"long": of(1, 1, 0, 1, 4), "large": of(1, 4, 0, 1, 1), "gpu": of(1, 1, 1, 1, 1)}
    names = dict(enumerate(kinds, 1))
    jobs = [Ready(number, 0, kinds[name]) for number, name in names.items()]
    taken = pack(groups_of(jobs), None, 3, sort_method=sort_method)
    assert [names[job.id] for job in taken] == expected


def test_without_a_capacity_need_does_not_matter():
    jobs = [Ready(n, 0, of(100, 100, 100, 100, 100)) for n in range(5)]
    assert [job.id for job in pack(groups_of(jobs), None, 3)] == [0, 1, 2]


def test_no_job_is_read_beyond_those_taken():
    read = []

    def jobs():
        for number in range(100):
            read.append(number)
            yield Ready(number, 0, of(1, 1, 0, 1, 1))

    pack(
        [Group(of(1, 1, 0, 1, 1), jobs())],
        Capacity(num_cpus=8, memory_bytes=8, num_gpus=0, num_nodes=1),
        2,
    )
    assert len(read) <= 3


BIG = Capacity(num_cpus=8, memory_bytes=8 * MIB, num_gpus=2, num_nodes=2, seconds_left=4)
ONE = Requirements(num_cpus=1, memory_bytes=MIB, num_gpus=0, num_nodes=1, runtime_s=1)


@pytest.mark.parametrize("kind", list(Requirements.__struct_fields__))
def test_every_kind_of_resource_bounds_what_is_taken(kind):
    bounds = {"num_cpus": 8, "memory_bytes": 8 * MIB, "num_gpus": 2, "num_nodes": 2, "runtime_s": 4}
    exact = Ready(1, 0, msgspec.structs.replace(ONE, **{kind: bounds[kind]}))
    over = Ready(2, 1, msgspec.structs.replace(ONE, **{kind: bounds[kind] + 1}))
    assert pack(groups_of([over, exact]), BIG, 10) == [exact]


def test_jobs_of_one_node_share_it_and_wider_ones_take_theirs_alone():
    narrow = [Ready(number, 0, ONE) for number in (1, 2)]
    wide = Ready(3, 0, of(1, MIB, 0, 2, 1))
    assert pack(groups_of([*narrow, wide]), BIG, 10) == [*narrow, wide]
    first = Ready(0, 1, wide.need)
    assert pack(groups_of([first, *narrow, wide]), BIG, 10) == [first]


# The same through the database, where ready jobs are grouped by what they need and their
# scheduler.


def expected_claim(jobs, request):
    meant = [job for job in jobs if job.scheduler_id in {None, request.scheduler_id}]
    found = by_brute_force(meant, request.free, request.limit, request.sort_method)
    if found or request.strict:
        return found
    return by_brute_force(jobs, request.free, request.limit, request.sort_method)


requests = st.builds(
    ClaimRequest,
    limit=st.integers(1, 6),
    free=capacities,
    scheduler_id=schedulers,
    strict=st.booleans(),
    sort_method=sort_methods,
)


@settings(max_examples=100)
@given(job_lists(most=10), st.lists(requests, min_size=1, max_size=3))
def test_claims_give_what_brute_force_gives_of_all_ready_jobs(jobs, asked):
    with _engine().connect() as connection, connection.begin() as transaction:
        bench = Bench(connection)
        requirements = {
            need: bench.need(
                f"n{number}",
                num_cpus=need.num_cpus,
                memory=f"{need.memory_bytes // MIB}m",
                num_gpus=need.num_gpus,
                num_nodes=need.num_nodes,
                runtime=f"PT{need.runtime_s}S",
            )
            for number, need in enumerate({job.need for job in jobs})
        }
        ready = {}
        for job in jobs:
            job_id = bench.add(
                f"job{job.id}",
                priority=job.priority,
                scheduler_id=job.scheduler_id,
                resource_requirements_id=requirements[job.need],
            )
            ready[job_id] = Ready(job_id, job.priority, job.need, job.scheduler_id)
        bench.initialize()
        for request in asked:
            claimed = claim(connection, Claimer(bench.workflow_id, 0), request, now_ms=NOW)
            given_ids = [row.id for row in claimed.rows]
            expected = expected_claim(list(ready.values()), request)
            assert given_ids == [job.id for job in expected]
            assert (claimed.reason is None) == bool(expected)
            for job_id in given_ids:
                del ready[job_id]
        transaction.rollback()


@cache
def _engine():
    """One database for all examples; each is rolled back."""
    return new_engine()
