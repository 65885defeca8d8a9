import msgspec
import pytest
from core.runner.simulated import claimed_job

from torc_core.model.execution import ExecutionConfig
from torc_core.model.workflow import Workflow
from torc_core.runner.policy.exit_outcome import StopReason, classify_exit
from torc_core.runner.policy.limits import (
    IdleLimits,
    exceeded_limit,
    first_answer_s,
    idle_limits,
    limit_codes,
    memory_limit,
    runtime_limit_s,
    settle,
    step_end_reason,
    stop_deadline,
)
from torc_core.runner.policy.options import RunnerOptions

WORKFLOW = Workflow(
    name="w",
    user="u",
    compute_node_expiration_buffer_seconds=180,
    compute_node_wait_for_new_jobs_seconds=90,
    compute_node_wait_for_healthy_database_minutes=20,
)


def options(**settings):
    return RunnerOptions(workflow_id=1, **settings)


def test_a_time_limit_holds_to_the_second_and_an_end_time_with_the_buffer():
    assert stop_deadline(options(time_limit_s=60), WORKFLOW, 1000.0, 5.0) == 1060.0
    assert stop_deadline(options(end_time=1_000_500.0), WORKFLOW, 1000.0, 1_000_000.0) == 1320.0
    assert stop_deadline(options(), WORKFLOW, 1000.0, 5.0) is None


def test_the_earlier_of_two_limits_counts():
    both = options(time_limit_s=60, end_time=1_000_500.0)
    assert stop_deadline(both, WORKFLOW, 1000.0, 1_000_000.0) == 1060.0
    both = options(time_limit_s=6000, end_time=1_000_500.0)
    assert stop_deadline(both, WORKFLOW, 1000.0, 1_000_000.0) == 1320.0


def test_a_limit_of_nothing_is_a_limit():
    assert stop_deadline(options(time_limit_s=0), WORKFLOW, 1000.0, 5.0) == 1000.0
    assert stop_deadline(options(end_time=0.0), WORKFLOW, 1000.0, 5.0) == 815.0


def test_a_workflow_says_how_long_to_stay_unless_the_options_do():
    assert idle_limits(options(), WORKFLOW) == IdleLimits(90, 1200, False, 30.0)
    stated = options(wait_for_new_jobs_s=1.0, wait_for_server_s=2.0, final_report_s=3.0)
    assert idle_limits(stated, WORKFLOW) == IdleLimits(1.0, 2.0, False, 3.0)
    nothing = options(wait_for_new_jobs_s=0.0, wait_for_server_s=0.0)
    assert idle_limits(nothing, WORKFLOW) == IdleLimits(0.0, 0.0, False, 30.0)


def test_a_caretaker_waits_an_hour_for_a_server_and_leaves_what_it_has_to_report():
    limits = idle_limits(options(cares=True, wait_for_server_s=1.0), WORKFLOW)
    assert (limits.no_server_s, limits.leaves_reports) == (3600.0, True)


@pytest.mark.parametrize(
    ("memory", "runtime", "limits"),
    [
        (2**20, 60, (None, None)),
        (2**20 + 1, 60, (2**20 + 1, 60)),
        (2**20, 61, (2**20, 61)),
        (2**30, 3600, (2**30, 3600)),
        (0, 61, (None, 61)),
        (2**30, 0, (2**30, None)),
        (0, 0, (None, None)),
    ],
)
def test_the_default_requirements_and_none_are_no_limits(memory, runtime, limits):
    claimed = claimed_job(memory_bytes=memory, runtime_seconds=runtime)
    assert (memory_limit(claimed), runtime_limit_s(claimed)) == limits


@pytest.mark.parametrize(
    ("option", "stated", "holds"),
    [(None, None, False), (None, True, True), (True, False, True), (False, True, False)],
)
def test_options_say_first_whether_limits_hold(option, stated, holds):
    settled = settle(options(limit_resources=option), ExecutionConfig(limit_resources=stated))
    assert settled.limit_resources is holds


def test_the_workflow_says_how_long_the_grace_is():
    assert settle(options(), ExecutionConfig(sigterm_lead_seconds=7)).grace_s == 7.0
    assert settle(options(grace_s=3.0), ExecutionConfig()).grace_s == 3.0


def test_the_workflow_may_have_other_codes_for_its_limits():
    codes = limit_codes(ExecutionConfig(oom_exit_code=99, timeout_exit_code=98))
    assert classify_exit(137, StopReason.OUT_OF_MEMORY, (), codes).exit_code == 99
    assert classify_exit(143, StopReason.OUT_OF_TIME, (), codes).exit_code == 98
    assert classify_exit(143, StopReason.CANCELED, (), codes).exit_code == 143
    assert classify_exit(143, StopReason.OUT_OF_TIME, ()).exit_code == 152
    assert limit_codes(ExecutionConfig()) == {}


def test_the_time_before_the_end_may_be_stated_in_two_parts():
    def deadline(config):
        workflow = msgspec.structs.replace(WORKFLOW, execution_config=config)
        return stop_deadline(options(end_time=1_000_500.0), workflow, 0.0, 1_000_000.0)

    assert deadline({"sigkill_headroom_seconds": 60}) == 500 - 60 - 30
    assert deadline({"sigkill_headroom_seconds": 10, "sigterm_lead_seconds": 5}) == 485
    assert deadline({"sigterm_lead_seconds": 5}) == 320
    assert deadline('{"sigkill_headroom_seconds": -1}') == 320  # not valid, so none at all


@pytest.mark.parametrize(
    ("settings", "limit_s"), [({}, 1200), ({"wait_for_server_s": 5.0}, 5), ({"cares": True}, 0)]
)
def test_a_runner_that_starts_waits_as_long_as_an_idle_one(settings, limit_s):
    assert first_answer_s(options(**settings)) == limit_s


@pytest.mark.parametrize(
    ("stop", "limit"),
    [
        (StopReason.OUT_OF_MEMORY, "its memory of 2.0 GiB"),
        (StopReason.OUT_OF_TIME, "its runtime of 2m 00s"),
        (StopReason.CANCELED, None),
        (StopReason.INTERRUPTED, None),
    ],
)
def test_the_limit_at_which_a_job_was_stopped(stop, limit):
    claimed = claimed_job(1, memory_bytes=2 * 2**30, runtime_seconds=120)

    found = exceeded_limit(claimed, stop)

    assert (found and found.limit) == limit


@pytest.mark.parametrize(
    ("runtime_s", "ran_s", "reason"),
    [
        (90, 14.0, StopReason.RUNNER_STOPS),
        (90, 88.9, StopReason.RUNNER_STOPS),
        (90, 89.1, StopReason.OUT_OF_TIME),
        (90, 125.0, StopReason.OUT_OF_TIME),
        (0, 500.0, StopReason.RUNNER_STOPS),
    ],
)
def test_a_step_that_ends_for_time_before_its_own_is_over_ends_with_its_allocation(
    runtime_s, ran_s, reason
):
    claimed = claimed_job(1, memory_bytes=2**30, runtime_seconds=runtime_s)
    assert step_end_reason(claimed, StopReason.OUT_OF_TIME, ran_s) is reason
    memory = step_end_reason(claimed, StopReason.OUT_OF_MEMORY, ran_s)
    assert memory is StopReason.OUT_OF_MEMORY
