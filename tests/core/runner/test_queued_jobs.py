"""Which jobs wait at the guard, and behind which others."""

import pytest
from core.runner.simulated import claimed_job
from hypothesis import given
from hypothesis import strategies as st

from torc_core.model.exchange import OutputFile
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.process.attempt import Attempt
from torc_core.runner.queued_jobs import Chains, may_follow

OUTPUT = OutputFile(id=1, path="f")


def attempt(job_id):
    return Attempt(claimed=claimed_job(job_id), gpus=(), started=0.0, started_ms=0, usage=Usage())


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        ({}, {}, True),
        ({}, {"runtime_seconds": 1}, True),
        ({"num_cpus": 2}, {}, False),
        ({}, {"num_cpus": 2}, False),
        ({}, {"memory_bytes": 1}, False),
        ({"num_gpus": 1}, {"num_gpus": 1}, False),
        ({"num_nodes": 2}, {"num_nodes": 1}, False),
        ({"output_files": [OUTPUT]}, {}, False),
        ({}, {"output_files": [OUTPUT]}, True),
    ],
)
def test_a_job_follows_one_that_needs_the_same_and_leaves_nothing_to_look_for(before, after, may):
    assert may_follow(claimed_job(1, **before), claimed_job(2, **after)) is may


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
