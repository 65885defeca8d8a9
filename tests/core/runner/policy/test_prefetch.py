import pytest
from core.runner.simulated import runner_context
from hypothesis import given
from hypothesis import strategies as st

from torc_core.resources import Resources
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.prefetch import (
    BATCH_DELAY_S,
    MAX_PREFETCH,
    POLL_DELAY_S,
    Prefetcher,
    build_work_request,
    poll_delay_s,
)

TOTAL = Resources(num_cpus=8, memory_bytes=2**33, num_gpus=2, num_nodes=1)
FREE = Resources(num_cpus=3, memory_bytes=2**31, num_gpus=1, num_nodes=1)


def after(*run_times):
    prefetcher = Prefetcher()
    for run_time in run_times:
        prefetcher.add_run_time(run_time)
    return prefetcher


def test_jobs_are_prefetched_only_while_they_are_short():
    assert after().prefetch_count(2) == 0
    short = after(*[0.002] * 50)
    assert short.is_short
    assert 20 < short.prefetch_count(2) < MAX_PREFETCH
    for _ in range(50):
        short.add_run_time(5.0)
    assert not short.is_short
    assert short.prefetch_count(2) == 0


def test_jobs_count_as_short_below_a_tenth_of_a_second():
    assert after(*[0.11] * 200).is_short is False
    assert after(*[0.09] * 200).is_short is True


def test_a_few_short_jobs_prove_nothing():
    assert not after(*[0.001] * 20).is_short
    assert after(*[0.001] * 24).is_short


def test_one_long_job_among_short_ones_ends_the_prefetching():
    prefetcher = after(*[0.001] * 100)
    prefetcher.add_run_time(2.0)
    assert not prefetcher.is_short


def test_as_many_are_prefetched_as_run_during_two_exchanges():
    # 2 * (0.1 + 0.02) s at 0.01 s per job are 24 jobs per slot, and one more.
    prefetcher = after(*[0.01] * 1000)
    assert prefetcher.prefetch_count(1) in {24, 25}
    assert prefetcher.prefetch_count(4) in {96, 97}
    assert after(*[0.0] * 1000).prefetch_count(1) == 241
    assert after(*[0.0] * 1000).prefetch_count(100) == MAX_PREFETCH == 512


def test_completions_are_batched_only_while_short_jobs_wait():
    short = after(*[0.002] * 50)
    assert short.batch_delay_s(5) == BATCH_DELAY_S
    assert short.batch_delay_s(0) == 0, "with nothing else to run, a completion is reported at once"
    assert after().batch_delay_s(5) == 0


@pytest.mark.parametrize(
    ("run_time", "depth"), [(0.0, 128), (0.001, 128), (0.01, 19), (0.04, 4), (0.09, 2), (0.11, 0)]
)
def test_a_fifth_of_a_second_of_work_is_queued_behind_a_job(run_time, depth):
    prefetcher = Prefetcher()
    for _ in range(200):
        prefetcher.add_run_time(run_time)
    assert prefetcher.queue_depth == depth


def test_after_a_reset_jobs_count_as_long_again():
    prefetcher = after(*[0.002] * 50)
    prefetcher.reset()
    assert not prefetcher.is_short
    for _ in range(20):
        prefetcher.add_run_time(0.001)
    assert not prefetcher.is_short


@given(st.integers(1, 10_000), st.floats(0, 1e6))
def test_prefetching_is_bounded(slots, run_time):
    assert 0 <= after(run_time).prefetch_count(slots) <= MAX_PREFETCH


def test_the_next_long_poll_waits_a_little_only_while_jobs_run():
    assert poll_delay_s(3) == poll_delay_s(1) == POLL_DELAY_S
    assert poll_delay_s(0) == 0.0


def build(free=FREE, slots=3, *, remaining_s=None, prefetch=0, settings=None, **options):
    return build_work_request(
        free,
        slots,
        runner_context(TOTAL, **(settings or {})),
        RunnerOptions(workflow_id=7, **options),
        remaining_s=remaining_s,
        prefetch=prefetch,
    )


def test_a_request_names_what_is_free_and_the_whole_node():
    request = build(
        remaining_s=90.9,
        prefetch=5,
        settings={"jobs_sort_method": "gpus_runtime_memory"},
        scheduler_config_id=4,
        strict_scheduler_match=True,
    )
    assert (request.max_jobs, request.queue_ahead, request.by_resources) == (3, 5, True)
    free, node = request.resources, request.node
    assert (free.num_cpus, free.memory_gb, free.num_gpus, free.num_nodes) == (3, 2.0, 1, 1)
    assert (node.num_cpus, node.memory_gb, node.num_gpus, node.num_nodes) == (8, 8.0, 2, 1)
    assert free.time_limit == node.time_limit == "PT90S"
    assert free.scheduler_config_id == node.scheduler_config_id == 4
    assert request.sort_method == "gpus_runtime_memory"
    assert request.strict_scheduler_match is True


def test_without_a_limit_in_time_none_is_named():
    request = build()
    assert request.resources.time_limit is request.node.time_limit is None
    assert request.strict_scheduler_match is False


def test_without_room_nothing_is_requested():
    assert build(slots=0) is None
    assert build(slots=-2) is None
    assert build(slots=0, prefetch=-3) is None


def test_a_full_node_still_prefetches():
    request = build(slots=-2, prefetch=4)
    assert (request.max_jobs, request.queue_ahead) == (0, 4)
    assert build(slots=0, prefetch=1).queue_ahead == 1


def test_a_node_with_room_and_enough_prefetched_jobs_requests_no_more_of_these():
    request = build(slots=1, prefetch=-4)
    assert (request.max_jobs, request.queue_ahead) == (1, 0)


@pytest.mark.parametrize(
    ("remaining_s", "is_requested"), [(None, True), (300.0, True), (299.9, False), (-1.0, False)]
)
def test_jobs_that_are_only_counted_are_not_claimed_in_the_last_minutes(remaining_s, is_requested):
    request = build(
        remaining_s=remaining_s,
        max_parallel_jobs=5,
        settings={"compute_node_min_time_for_new_jobs_seconds": 300},
    )
    assert (request is not None) is is_requested
    assert request is None or request.by_resources is False


def test_jobs_with_requirements_fit_into_the_last_minutes_or_not_at_the_server():
    settings = {"compute_node_min_time_for_new_jobs_seconds": 300}
    assert build(remaining_s=0.5, settings=settings) is not None
    assert build(remaining_s=-0.1, settings=settings) is None
