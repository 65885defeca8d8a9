"""What follows from what, without any process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import ExitCode, UsageError
from torc_core.hpc.slurm.allocation import parse_time_left, printable_environment, read_allocation
from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.runner.policy.exit_outcome import (
    StopReason,
    choose_rule,
    classify_exit,
    failed_status,
    may_retry,
)
from torc_core.runner.policy.limits import patience, stop_deadline
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.prefetch import LINGER_S, MAX_AHEAD, Prefetcher
from torc_core.runner.policy.summary import RunSummary, exit_code, final_status

WORKFLOW = Workflow(name="w", user="u")


@pytest.mark.parametrize(
    ("code", "stop", "missing", "status", "reported", "follows_rules"),
    [
        (0, None, [], JobStatus.COMPLETED, 0, False),
        (0, None, ["out.txt"], JobStatus.FAILED, 1, True),
        (3, None, [], JobStatus.FAILED, 3, True),
        (143, StopReason.INTERRUPTED, [], JobStatus.TERMINATED, 143, False),
        (143, StopReason.RUNNER_ENDS, [], JobStatus.TERMINATED, 143, False),
        (0, StopReason.RUNNER_ENDS, [], JobStatus.TERMINATED, 0, False),
        (137, StopReason.CANCELED, [], JobStatus.CANCELED, 137, False),
        (143, StopReason.OUT_OF_TIME, [], JobStatus.TERMINATED, 152, True),
        (143, StopReason.OUT_OF_MEMORY, [], JobStatus.TERMINATED, 137, True),
    ],
)
def test_an_end_means(code, stop, missing, status, reported, follows_rules):
    verdict = classify_exit(code, stop, missing)
    assert (verdict.status, verdict.return_code) == (status, reported)
    assert verdict.follows_rules is follows_rules


def test_a_rule_for_the_code_goes_before_a_rule_for_all_codes():
    everything = FailureRule(match_all_exit_codes=True)
    memory = FailureRule(exit_codes=[137])
    assert choose_rule([everything, memory], 137) is memory
    assert choose_rule([everything, memory], 1) is everything
    assert choose_rule([memory], 1) is None


@pytest.mark.parametrize(("attempt", "allowed"), [(1, True), (2, True), (3, False), (4, False)])
def test_three_retries_are_three_attempts(attempt, allowed):
    assert may_retry(FailureRule(max_retries=3), attempt) is allowed


def test_only_failures_without_a_rule_wait_for_somebody_to_decide():
    assert failed_status(None, use_pending_failed=True) is JobStatus.PENDING_FAILED
    assert failed_status(None, use_pending_failed=False) is JobStatus.FAILED
    assert failed_status(FailureRule(), use_pending_failed=True) is JobStatus.FAILED


def test_jobs_are_fetched_ahead_only_while_they_are_short():
    pace = Prefetcher()
    assert pace.ahead(2) == 0
    assert pace.linger_s(5) == 0
    for _ in range(50):
        pace.note(0.002)
    assert 20 < pace.ahead(2) < MAX_AHEAD
    assert pace.linger_s(5) == LINGER_S
    assert pace.linger_s(0) == 0, "with nothing else to run, an end is told at once"
    for _ in range(50):
        pace.note(5.0)
    assert pace.ahead(2) == 0
    assert pace.linger_s(5) == 0


@given(st.integers(1, 10_000), st.floats(0, 1e6))
def test_work_ahead_is_bounded(slots, run_time):
    pace = Prefetcher()
    pace.note(run_time)
    assert 0 <= pace.ahead(slots) <= MAX_AHEAD


@pytest.mark.parametrize(
    ("counts", "stop", "code"),
    [
        ({"completed": 3, "failed": 0, "disabled": 1}, None, ExitCode.OK),
        ({"completed": 3, "failed": 1}, None, ExitCode.JOBS_FAILED),
        ({"completed": 3, "blocked": 1}, None, ExitCode.JOBS_FAILED),
        ({}, None, ExitCode.JOBS_FAILED),
        ({"completed": 3}, ExitCode.INTERRUPTED, ExitCode.INTERRUPTED),
    ],
)
def test_a_run_succeeds_only_if_every_job_completed(counts, stop, code):
    assert exit_code(counts, stop) is code


@pytest.mark.parametrize(
    ("code", "is_canceled", "word"),
    [
        (0, False, "completed"),
        (1, False, "failed"),
        (1, True, "canceled"),
        (130, False, "interrupted"),
    ],
)
def test_a_run_ends_in_one_word(code, is_canceled, word):
    summary = RunSummary(
        workflow_id=1,
        run_id=1,
        ended={},
        jobs_by_status={},
        duration_s=0.0,
        reason="",
        is_canceled=is_canceled,
        exit_code=code,
    )
    assert final_status(summary) == word


def test_a_time_limit_is_kept_to_the_second_and_an_end_time_with_the_buffer():
    limit = RunnerOptions(workflow_id=1, time_limit_s=60)
    end = RunnerOptions(workflow_id=1, end_time=10_000.0)
    both = RunnerOptions(workflow_id=1, time_limit_s=60, end_time=10_000.0)
    assert stop_deadline(RunnerOptions(workflow_id=1), WORKFLOW, 5.0, 9_000.0) is None
    assert stop_deadline(limit, WORKFLOW, 5.0, 9_000.0) == 65.0
    assert stop_deadline(end, WORKFLOW, 5.0, 9_000.0) == 5.0 + 1_000 - 180
    assert stop_deadline(both, WORKFLOW, 5.0, 9_000.0) == 65.0


def test_patience_is_the_workflows_unless_told_otherwise():
    assert patience(RunnerOptions(workflow_id=1), WORKFLOW) == (90, 1200, 30)
    told = RunnerOptions(workflow_id=1, wait_for_new_jobs_s=0.0, wait_for_server_s=1.5)
    assert patience(told, WORKFLOW) == (0.0, 1.5, 30)


SLURM = {
    "SLURM_JOB_ID": "77",
    "SLURM_NODEID": "1",
    "SLURM_CPUS_ON_NODE": "16",
    "SLURM_MEM_PER_CPU": "2048",
    "SLURM_GPUS_ON_NODE": "2",
    "SLURM_JOB_NUM_NODES": "4",
    "SLURM_JOB_END_TIME": "1800000000",
}


def test_an_allocation_is_read_from_slurms_variables():
    whole = read_allocation(SLURM, is_subtask=False)
    assert (whole.slurm_job_id, whole.node_id, whole.num_cpus) == (77, 1, 16)
    assert (whole.memory_gb, whole.num_gpus, whole.num_nodes) == (32.0, 2, 4)
    assert whole.end_time == 1_800_000_000
    assert read_allocation(SLURM, is_subtask=True).num_nodes == 1
    assert read_allocation({**SLURM, "SLURM_MEM_PER_NODE": "1024"}, is_subtask=True).memory_gb == 1
    assert read_allocation({"SLURM_JOB_ID": "1"}, is_subtask=True).memory_gb is None


@pytest.mark.parametrize("environ", [{}, {"SLURM_JOB_ID": "x"}, {**SLURM, "SLURM_NODEID": "-1"}])
def test_what_is_no_allocation_is_refused_with_its_value(environ):
    with pytest.raises(UsageError, match="SLURM_"):
        read_allocation(environ, is_subtask=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1-02:03:04\n", 93_784),
        ("2:03:04", 7_384),
        ("03:04", 184),
        ("UNLIMITED", None),
        ("INVALID", None),
        ("", None),
    ],
)
def test_time_left_is_read_as_squeue_writes_it(text, seconds):
    assert parse_time_left(text) == seconds


def test_secrets_of_slurm_are_not_written_down():
    text = printable_environment({"SLURM_JWT": "s3cret", "SLURM_JOB_ID": "7", "HOME": "/h"})
    assert text == "SLURM_JOB_ID=7\n"
