"""The report of an attempt, from its times, its samples and its exit."""

import pytest
from core.runner.simulated import EPOCH_MS, claimed_job

from torc_core.clock import utc_text
from torc_core.model.status import JobStatus
from torc_core.runner.guard.messages import Exited
from torc_core.runner.policy.exit_outcome import ExitOutcome
from torc_core.runner.policy.monitoring.sampling import Sample, Usage
from torc_core.runner.process.attempt import (
    Attempt,
    completion_of,
    completion_without_start,
)

COMPLETED = ExitOutcome(JobStatus.COMPLETED, 0)


def attempt(usage=None):
    return Attempt(
        claimed=claimed_job(5, token=9),
        pid=1,
        gpus=(),
        started=100.0,
        started_ms=EPOCH_MS,
        usage=usage or Usage(last_sampled=100.0),
    )


def exited(at, cpu_s=0.0, peak=None):
    return Exited(id=1, exit_code=0, cpu_s=cpu_s, peak_memory_bytes=peak, at=at, at_ms=EPOCH_MS)


def test_a_completion_names_the_attempt_its_outcome_and_its_times():
    outcome = ExitOutcome(JobStatus.FAILED, 7, follows_rules=True, retries=True)
    report = completion_of(attempt(), exited(190.0), outcome, {3: 1.5})
    assert (report.job_id, report.token) == (5, 9)
    assert (report.status, report.return_code, report.retry) == (JobStatus.FAILED, 7, True)
    assert report.exec_time_minutes == 1.5
    assert report.start_time == utc_text(EPOCH_MS)
    assert report.completion_time == utc_text(EPOCH_MS + 90_000)
    assert report.output_file_mtimes == {3: 1.5}


def test_without_samples_the_kernels_figures_count():
    report = completion_of(attempt(), exited(110.0, cpu_s=5.0, peak=4096), COMPLETED, {})
    assert (report.peak_memory_bytes, report.avg_memory_bytes) == (4096, 4096)
    assert (report.peak_cpu_percent, report.avg_cpu_percent) == (50.0, 50.0)


def test_memory_that_is_not_known_is_not_reported_as_nothing():
    report = completion_of(attempt(), exited(110.0), COMPLETED, {})
    assert report.peak_memory_bytes is None
    assert report.avg_memory_bytes is None


@pytest.mark.parametrize(("kernel", "peak"), [(None, 300), (200, 300), (900, 900)])
def test_the_higher_peak_counts_and_the_mean_is_that_of_the_samples(kernel, peak):
    usage = Usage(last_sampled=100.0)
    usage.add(Sample(1.0, 100, 1), 101.0)
    usage.add(Sample(1.5, 300, 2), 102.0)
    report = completion_of(attempt(usage), exited(110.0, 2.0, kernel), COMPLETED, {})
    assert (report.peak_memory_bytes, report.avg_memory_bytes) == (peak, 200)
    assert (report.peak_cpu_percent, report.avg_cpu_percent) == (100.0, 20.0)


def test_an_attempt_of_no_time_is_no_division_by_nothing():
    report = completion_of(attempt(), exited(100.0), COMPLETED, {})
    assert report.exec_time_minutes > 0
    assert report.completion_time == report.start_time


def test_a_job_that_could_not_be_started_has_failed_like_in_a_shell():
    report = completion_without_start(claimed_job(5, token=9), EPOCH_MS)
    assert (report.job_id, report.token) == (5, 9)
    assert (report.status, report.return_code) == (JobStatus.FAILED, 126)
    assert report.start_time is None
    assert report.completion_time == utc_text(EPOCH_MS)
    assert not report.retry
