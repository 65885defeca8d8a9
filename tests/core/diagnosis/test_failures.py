"""Why attempts failed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.diagnosis.attempts import GIB, diagnosed, needs
from torc_core.diagnosis.failures import CLUSTER_CAUSES, Cause, OomReason, TimeoutReason
from torc_core.diagnosis.observation import StepEnd
from torc_core.model.status import JobStatus
from torc_core.runner.policy.exit_outcome import StopReason

CODES = {StopReason.OUT_OF_MEMORY: 99, StopReason.OUT_OF_TIME: 98}
O, T = OomReason, TimeoutReason  # noqa: E741 - as the columns below


@pytest.mark.parametrize(
    ("status", "code", "peak_gib", "minutes", "oom", "timeout"),
    [
        # of 8 GiB and 60 minutes
        ("failed", 1, 4, 10, None, None),
        ("failed", 1, 9, 10, O.MEMORY_EXCEEDED, None),
        ("failed", 137, 4, 10, O.KILLED, None),
        ("failed", -9, None, 10, O.KILLED, None),
        ("failed", 137, None, 47.9, O.KILLED, None),
        ("failed", 137, None, 48, None, None),
        ("failed", 137, None, 55, None, T.KILLED_LATE),
        ("terminated", 152, 4, 60, None, T.CPU_TIME_SIGNAL),
        ("terminated", 152, 9, 60, O.MEMORY_EXCEEDED, T.CPU_TIME_SIGNAL),
        ("failed", 143, 4, 55, None, T.KILLED_LATE),
        ("failed", 143, 4, 54, None, None),
        ("failed", 1, 4, 59, None, None),
        ("failed", -15, 4, 59, None, T.KILLED_LATE),
        ("failed", 128, 4, 59, None, None),
        # stopped by its runner, not at its limit: ours, see the module
        ("terminated", 143, 4, 59, None, None),
        ("terminated", 1, 4, 59, None, None),
        ("terminated", 143, 4, 60, None, T.KILLED_LATE),
        ("terminated", 1, 4, 59.5, None, T.KILLED_LATE),
        # killed by its runner, for its memory or because it ignored the signal to stop
        ("terminated", 137, 9, 10, O.MEMORY_EXCEEDED, None),
        ("terminated", 137, None, 10, O.KILLED, None),
        ("terminated", 137, 4, 10, None, None),
        ("pending_failed", 137, 4, 10, O.KILLED, None),
        ("completed", 0, 9, 70, None, None),
        ("canceled", 137, 9, 10, None, None),
    ],
)
def test_the_rules_of_the_reference(status, code, peak_gib, minutes, oom, timeout):
    peak = None if peak_gib is None else peak_gib * GIB

    diagnosis = diagnosed(status, code, peak=peak, minutes=minutes)

    assert (diagnosis.oom, diagnosis.timeout) == (oom, timeout)


def test_without_a_stated_runtime_a_kill_is_one_for_memory():
    diagnosis = diagnosed("failed", 137, minutes=600, requirements=needs("1m", "PT1M", 1))

    assert (diagnosis.oom, diagnosis.timeout) == (O.KILLED, None)


@pytest.mark.parametrize(
    ("code", "oom", "timeout", "cause"),
    [
        (99, O.EXIT_CODE, None, Cause.OUT_OF_MEMORY),
        (98, None, T.EXIT_CODE, Cause.OUT_OF_TIME),
        (97, None, None, Cause.STOPPED),
    ],
)
def test_exit_codes_that_the_workflow_wants_for_its_limits_are_known(code, oom, timeout, cause):
    diagnosis = diagnosed("terminated", code, peak=GIB, codes=CODES)

    assert (diagnosis.oom, diagnosis.timeout, diagnosis.cause) == (oom, timeout, cause)
    assert diagnosed("terminated", code, peak=GIB).cause is Cause.STOPPED


@pytest.mark.parametrize(
    ("status", "code", "peak", "minutes", "cause"),
    [
        ("completed", 0, 9 * GIB, 70, None),
        ("canceled", 137, None, 1, None),
        ("failed", 1, GIB, 1, Cause.UNKNOWN),
        ("failed", 1, 9 * GIB, 1, Cause.OUT_OF_MEMORY),
        ("terminated", 152, 9 * GIB, 60, Cause.OUT_OF_TIME),  # the code is the surer sign
        ("terminated", 143, 9 * GIB, 59, Cause.OUT_OF_MEMORY),
        ("terminated", 143, GIB, 60, Cause.OUT_OF_TIME),
        ("terminated", 143, GIB, 59, Cause.STOPPED),
        ("terminated", 0, GIB, 1, Cause.STOPPED),
        ("failed", 143, GIB, 1, Cause.STOPPED),
        ("failed", -15, GIB, 1, Cause.STOPPED),
        ("failed", -128, None, 59, Cause.LOST),
        ("failed", -128, 9 * GIB, 70, Cause.LOST),
    ],
)
def test_of_two_causes_the_surer_one_counts(status, code, peak, minutes, cause):
    assert diagnosed(status, code, peak=peak, minutes=minutes).cause is cause


@pytest.mark.parametrize(
    ("end", "status", "code", "minutes", "cause"),
    [
        (StepEnd.MEMORY, "failed", 1, 1, Cause.OUT_OF_MEMORY),
        (StepEnd.MEMORY, "terminated", 143, 59, Cause.OUT_OF_MEMORY),
        (StepEnd.TIME, "failed", 137, 60, Cause.OUT_OF_TIME),
        (StepEnd.TIME, "terminated", 152, 61, Cause.OUT_OF_TIME),
        (StepEnd.TIME, "failed", 137, 20, Cause.STOPPED),  # of its allocation
        (StepEnd.NODE, "failed", 137, 1, Cause.LOST),
        (StepEnd.NODE, "failed", 152, 59, Cause.LOST),
        (StepEnd.PREEMPTED, "failed", 137, 55, Cause.STOPPED),
        (StepEnd.PREEMPTED, "failed", 1, 1, Cause.STOPPED),
        (StepEnd.CANCELED, "failed", 137, 1, Cause.STOPPED),
        (StepEnd.CANCELED, "terminated", 143, 59, Cause.STOPPED),
        (StepEnd.CANCELED, "terminated", 137, 1, Cause.STOPPED),  # it ignored SIGTERM
        (StepEnd.CANCELED, "terminated", 152, 60, Cause.OUT_OF_TIME),
        (StepEnd.MEMORY, "completed", 0, 1, None),
    ],
)
def test_the_word_of_slurm_on_the_step_is_surer_than_codes(end, status, code, minutes, cause):
    diagnosis = diagnosed(status, code, minutes=minutes, peak=GIB, step_end=end)

    assert diagnosis.cause is cause
    if cause in CLUSTER_CAUSES:
        assert (diagnosis.oom, diagnosis.timeout) == (None, None)
        assert not diagnosis.needs_memory
        assert not diagnosis.needs_runtime


def test_a_job_that_completed_may_need_more_all_the_same():
    diagnosis = diagnosed(peak=9 * GIB, minutes=61)

    assert diagnosis.needs_memory
    assert diagnosis.needs_runtime
    assert not diagnosed(peak=8 * GIB, minutes=60).needs_memory
    assert not diagnosed(peak=8 * GIB, minutes=60).needs_runtime


def test_a_failure_for_lack_of_memory_needs_more_although_no_sample_shows_it():
    assert diagnosed("failed", 137, peak=GIB).needs_memory
    assert diagnosed("terminated", 152, minutes=59).needs_runtime


def test_what_was_used_of_each_resource_is_told_apart():
    diagnosis = diagnosed(peak=9 * GIB, cpu=250.0, minutes=6)

    assert diagnosis.memory.over_text == "+12.5%"
    assert diagnosis.cpu.over_text == "+25.0%"
    assert diagnosis.runtime.over_text == "-90.0%"
    assert diagnosis.uses == (diagnosis.memory, diagnosis.cpu, diagnosis.runtime)
    assert diagnosed().uses == (diagnosed().runtime,)


@given(
    st.sampled_from(list(JobStatus)),
    st.integers(-64, 255),
    st.none() | st.integers(0, 20 * GIB),
    st.floats(0, 100),
    st.none() | st.sampled_from(list(StepEnd)),
)
def test_only_failures_have_causes(status, code, peak, minutes, end):
    diagnosis = diagnosed(status, code, peak=peak, minutes=minutes, step_end=end)

    assert (diagnosis.cause is not None) == diagnosis.observation.is_failure
    if diagnosis.oom or diagnosis.timeout:
        assert diagnosis.cause in {Cause.OUT_OF_MEMORY, Cause.OUT_OF_TIME}
