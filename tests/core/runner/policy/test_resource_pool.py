from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.resource_pool import ResourcePool, Resources, as_resources

TOTAL = Resources(num_cpus=8, memory_bytes=100, num_gpus=4, num_nodes=2)
GPUS = ("0", "1", "2", "3")

amounts = st.builds(
    Resources,
    num_cpus=st.integers(1, 5),
    memory_bytes=st.integers(0, 60),
    num_gpus=st.integers(0, 3),
    num_nodes=st.integers(0, 2),
)


@given(st.lists(st.tuples(st.booleans(), amounts), max_size=40))
def test_jobs_never_take_more_than_there_is_and_never_share_a_gpu(steps):
    pool = ResourcePool(TOTAL, gpus=GPUS, max_jobs=None)
    held: dict[int, tuple[Resources, tuple[str, ...]]] = {}
    for job_id, (wants_more, amount) in enumerate(steps):
        if wants_more and pool.fits(amount):
            held[job_id] = (amount, pool.allocate(job_id, amount))
        elif held:
            pool.release(next(iter(held)))
            del held[next(iter(held))]
        names = [name for _, taken in held.values() for name in taken]
        assert len(names) == len(set(names)) == sum(a.num_gpus for a, _ in held.values())
        assert TOTAL.covers(sum((a for a, _ in held.values()), Resources()))
    for job_id in list(held):
        pool.release(job_id)
    assert pool.free == TOTAL


@given(st.lists(amounts, min_size=3, max_size=3))
def test_with_a_number_of_jobs_only_the_number_counts(jobs):
    pool = ResourcePool(Resources(num_cpus=1), max_jobs=2)
    for job_id, amount in enumerate(jobs[:2]):
        assert pool.fits(amount)
        assert pool.allocate(job_id, amount) == ()
    assert not pool.fits(jobs[2])
    assert pool.free_jobs == 0
    pool.release(0)
    assert pool.free_jobs == 1


def test_what_is_overbooked_is_told_as_nothing():
    told = as_resources(Resources(num_cpus=-1, memory_bytes=-5), 59.9, 7)
    assert (told.num_cpus, told.memory_gb, told.time_limit) == (0, 0, "PT59S")
    assert told.scheduler_config_id == 7
