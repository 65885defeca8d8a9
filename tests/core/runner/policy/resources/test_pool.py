import pytest
from core.runner.simulated import claimed_job
from hypothesis import given
from hypothesis import strategies as st

from torc_core.resources import Resources
from torc_core.runner.policy.resources.pool import (
    Devices,
    ResourcePool,
    as_resources,
    requirements_of,
)

TOTAL = Resources(num_cpus=8, memory_bytes=100, num_gpus=4, num_nodes=2)
GPUS = ("0", "1", "2", "3")
ONE = Resources(num_cpus=1, memory_bytes=10)

amounts = st.builds(
    Resources,
    num_cpus=st.integers(1, 5),
    memory_bytes=st.integers(0, 60),
    num_gpus=st.integers(0, 3),
    num_nodes=st.integers(0, 2),
)


@given(st.lists(st.tuples(st.booleans(), amounts), max_size=40))
def test_jobs_never_use_more_than_there_is_and_never_share_a_device(steps):
    pool = ResourcePool(TOTAL, gpus=GPUS, cpus=tuple(range(10, 18)), max_jobs=None)
    held: dict[int, tuple[Resources, Devices]] = {}
    for job_id, (wants_more, amount) in enumerate(steps):
        if wants_more and pool.fits(amount):
            held[job_id] = (amount, pool.allocate(job_id, amount))
        elif held:
            pool.release(next(iter(held)))
            del held[next(iter(held))]
        names = [name for _, taken in held.values() for name in taken.gpus]
        numbers = [number for _, taken in held.values() for number in taken.cpus]
        assert len(numbers) == len(set(numbers)) == sum(a.num_cpus for a, _ in held.values())
        assert len(names) == len(set(names)) == sum(a.num_gpus for a, _ in held.values())
        assert pool.free.num_cpus == 8 - sum(a.num_cpus for a, _ in held.values())
        assert pool.free.memory_bytes == 100 - sum(a.memory_bytes for a, _ in held.values())
        assert pool.free.num_nodes == 2 - sum(a.num_nodes for a, _ in held.values())
        assert min(pool.free.num_cpus, pool.free.memory_bytes, pool.free.num_nodes) >= 0
    for job_id in list(held):
        pool.release(job_id)
    assert pool.free == TOTAL


def test_as_many_jobs_run_as_there_is_room_for():
    pool = ResourcePool(TOTAL, gpus=GPUS, max_jobs=None)
    for job_id in range(8):
        assert pool.free_jobs == 8 - job_id
        assert pool.fits(ONE)
        pool.allocate(job_id, ONE)
    assert pool.free_jobs == 0
    assert not pool.fits(ONE)
    pool.release(3)
    assert pool.free_jobs == 1
    assert pool.fits(ONE)


@pytest.mark.parametrize("name", ["num_cpus", "memory_bytes", "num_gpus", "num_nodes"])
def test_each_resource_limits_by_itself(name):
    pool = ResourcePool(TOTAL, gpus=GPUS, max_jobs=None)
    everything = getattr(TOTAL, name)
    assert pool.fits(Resources(**{name: everything}))
    assert not pool.fits(Resources(**{name: everything + 1}))


@given(st.lists(amounts, min_size=3, max_size=3))
def test_with_a_number_of_jobs_only_the_number_counts(jobs):
    pool = ResourcePool(Resources(num_cpus=1), gpus=GPUS, max_jobs=2)
    for job_id, amount in enumerate(jobs[:2]):
        assert pool.free_jobs == 2 - job_id
        assert pool.fits(amount)
        assert pool.allocate(job_id, amount) == Devices()
    assert not pool.fits(jobs[2])
    assert pool.free_jobs == 0
    assert pool.free == Resources(num_cpus=1)
    pool.release(0)
    assert pool.free_jobs == 1


def test_waiting_jobs_are_counted_as_if_they_ran():
    pool = ResourcePool(TOTAL, max_jobs=None)
    pool.allocate(1, Resources(num_cpus=2, memory_bytes=30))
    assert pool.available([]) == (pool.free, 6)
    free, slots = pool.available([ONE, Resources(num_cpus=3, memory_bytes=50)])
    assert (free.num_cpus, free.memory_bytes, slots) == (2, 10, 2)
    free, slots = pool.available([Resources(num_cpus=9)])
    assert (free.num_cpus, slots) == (-3, -3)


def test_waiting_jobs_are_counted_where_only_the_number_counts():
    pool = ResourcePool(TOTAL, max_jobs=5)
    pool.allocate(1, ONE)
    assert pool.available([])[1] == 4
    assert pool.available([ONE, ONE, ONE])[1] == 1


def test_a_job_of_another_runner_keeps_what_it_has_until_it_is_released():
    pool = ResourcePool(TOTAL, gpus=GPUS, cpus=tuple(range(8)), max_jobs=None)
    needs = Resources(num_cpus=2, memory_bytes=30, num_gpus=1)
    pool.hold(1, needs, Devices(("2",), (4, 5)))
    assert pool.free == TOTAL - needs
    others = pool.allocate(2, Resources(num_cpus=6, num_gpus=3))
    assert others == Devices(("0", "1", "3"), (0, 1, 2, 3, 6, 7))
    pool.release(1)
    assert pool.allocate(3, needs) == Devices(("2",), (4, 5))


def test_of_what_a_job_of_another_runner_has_only_that_counts_which_is_free_here():
    pool = ResourcePool(TOTAL, gpus=GPUS, cpus=tuple(range(8)), max_jobs=None)
    pool.allocate(1, Resources(num_cpus=2, num_gpus=1))
    pool.hold(2, Resources(num_cpus=9, num_gpus=3), Devices(("0", "1", "9"), (1, 2, 99)))
    assert pool.free.num_cpus == 8 - 2 - 9
    pool.release(2)
    assert pool.allocate(3, Resources(num_cpus=6, num_gpus=3)) == Devices(
        ("2", "3", "1"), (2, 3, 4, 5, 6, 7)
    )


def test_a_job_of_another_runner_counts_as_one_where_only_the_number_counts():
    pool = ResourcePool(TOTAL, gpus=GPUS, max_jobs=1)
    pool.hold(1, ONE, Devices(("2",)))
    assert pool.free == TOTAL
    assert not pool.fits(ONE)


def test_only_jobs_on_several_nodes_take_nodes():
    needs = {"num_cpus": 2, "memory_bytes": 5, "num_gpus": 1}
    assert requirements_of(claimed_job(num_nodes=1, **needs)) == Resources(**needs)
    assert requirements_of(claimed_job(num_nodes=2, **needs)) == Resources(num_nodes=2, **needs)


def test_a_node_without_cpus_left_has_no_free_jobs():
    pool = ResourcePool(Resources(num_cpus=1), max_jobs=None)
    pool.allocate(1, Resources(num_cpus=3))
    assert pool.free_jobs == 0


def test_what_is_overcommitted_is_reported_as_nothing():
    reported = as_resources(
        Resources(num_cpus=-1, memory_bytes=-5, num_gpus=-2, num_nodes=-3), -0.5, None
    )
    assert (reported.num_cpus, reported.memory_gb, reported.num_gpus) == (0, 0, 0)
    assert (reported.num_nodes, reported.time_limit) == (0, "PT0S")


def test_an_amount_is_reported_in_gibibytes_and_whole_seconds():
    reported = as_resources(
        Resources(num_cpus=3, memory_bytes=3 * 2**29, num_gpus=2, num_nodes=1), 59.9, 7
    )
    assert (reported.num_cpus, reported.memory_gb, reported.num_gpus) == (3, 1.5, 2)
    assert (reported.num_nodes, reported.time_limit) == (1, "PT59S")
    assert reported.scheduler_config_id == 7
    assert as_resources(ONE, None, None).time_limit is None


def test_without_affinity_no_cpu_is_given():
    pool = ResourcePool(TOTAL, gpus=GPUS, max_jobs=None)
    assert pool.allocate(1, Resources(num_cpus=2, num_gpus=1)) == Devices(("0",), ())


def test_cpus_that_are_free_again_are_given_first_ones_first():
    pool = ResourcePool(TOTAL, cpus=tuple(range(8)), max_jobs=None)
    pairs = [pool.allocate(job_id, Resources(num_cpus=2)).cpus for job_id in range(4)]
    assert pairs == [(0, 1), (2, 3), (4, 5), (6, 7)]
    pool.release(2)
    pool.release(0)
    assert pool.allocate(9, Resources(num_cpus=3)).cpus == (0, 1, 4)


@pytest.mark.parametrize(("max_jobs", "cpus"), [(1, 8), (3, 2), (8, 1)])
def test_counted_jobs_have_equal_shares_whatever_they_need(max_jobs, cpus):
    pool = ResourcePool(TOTAL, cpus=tuple(range(8)), max_jobs=max_jobs)
    taken = [pool.allocate(job_id, Resources(num_cpus=99)).cpus for job_id in range(max_jobs)]
    assert {len(each) for each in taken} == {cpus}
    assert len({number for each in taken for number in each}) == max_jobs * cpus
