"""Which jobs wait at the guard, and behind which others."""

from core.runner.simulated import claimed_job
from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.process.attempt import Attempt
from torc_core.runner.queued_jobs import Chains


def attempt(job_id):
    return Attempt(claimed=claimed_job(job_id), gpus=(), started=0.0, started_ms=0, usage=Usage())


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 40))
def test_chains_grow_evenly_up_to_their_depth(heads, depth, waiting):
    chains = Chains()
    running = [attempt(number) for number in range(1, heads + 1)]
    for number, before in zip(
        range(100, 100 + waiting), chains.places(running, depth), strict=False
    ):
        chains.add(before, attempt(number))
    assert len(chains) == min(waiting, heads * depth)
    lengths = []
    for head in running:
        length, last = 0, head
        while (last := chains.follower_of(last)) is not None:
            length += 1
        lengths.append(length)
    assert max(lengths) - min(lengths) <= 1
    assert sum(lengths) == len(chains)


def test_a_further_attempt_is_not_taken_for_the_one_that_was_skipped():
    chains = Chains()
    first, skipped, behind_it = map(attempt, (1, 2, 3))
    chains.add(first, skipped)
    chains.add(skipped, behind_it)
    chains.remove(skipped)
    further, fourth = attempt(2), attempt(4)
    assert next(chains.places([further], 5)) is further
    chains.add(further, fourth)
    assert chains.remove(behind_it)
    assert chains.follower_of(further) is fourth


def test_the_rest_of_a_chain_follows_the_one_that_has_left_it():
    chains = Chains()
    first, second, third = map(attempt, (1, 2, 3))
    chains.add(first, second)
    chains.add(second, third)
    assert chains.remove(second)
    assert chains.follower_of(first) is None
    assert chains.follower_of(second) is third
    assert second not in chains
    assert not chains.remove(first), "it has never waited"
    assert chains.attempts == [third]
