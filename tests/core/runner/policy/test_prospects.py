"""What a runner without a job learns from replies."""

from __future__ import annotations

import pytest

from torc_core.model.compute import ComputeNodesResources, SchedulerType
from torc_core.model.exchange import Exchange, ExchangeReply, JobEnd, Outlook, WorkRequest
from torc_core.model.status import JobStatus
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.prospects import SILENT_S, Prospects

NOTHING_FREE = ComputeNodesResources(num_cpus=1, memory_gb=1.0, num_gpus=0, num_nodes=1)
IDLE = WorkRequest(resources=NOTHING_FREE, max_jobs=1, asks_outlook=True)
BUSY = WorkRequest(resources=NOTHING_FREE, max_jobs=1)
ASKS = Exchange(seq=2, work=IDLE)
END = JobEnd(
    job_id=1,
    token=1,
    status=JobStatus.COMPLETED,
    return_code=0,
    exec_time_minutes=0.0,
    completion_time="",
)


class NewYear:
    """The first moments of 2027."""

    later_ms = 0

    def monotonic(self):
        return 0.0

    def wall_ms(self):
        return 1_798_761_600_000 + self.later_ms


def prospects(**options):
    return Prospects(RunnerOptions(workflow_id=1, **options), NewYear(), no_work_s=90.0)


def noted(outlook=None, *, work=IDLE, ends=(), reason=None, options=None):
    """Return what a runner without a job knows after one reply."""
    made = prospects(**(options or {}))
    request = Exchange(seq=1, work=work, ends=list(ends))
    made.note(request, ExchangeReply(outlook=outlook, reason=reason))
    return made


def held(holders=2, silent_s=0.0):
    return Outlook(holders=holders, silent_seconds=silent_s, lease_seconds=1000.9)


def test_at_first_nothing_is_known():
    new = prospects()
    assert not new.is_out_of_work
    assert not new.is_hopeless
    assert not new.waits_for_others
    assert new.waiting == ""
    assert new.announce() is None
    assert new.hopeless(is_too_late=False) is None
    assert new.idle_reason == "there is no job to run here."


@pytest.mark.parametrize(
    ("work", "ends", "is_out"),
    [(IDLE, [], True), (IDLE, [END], False), (BUSY, [], False), (None, [], False)],
    ids=["asks", "reports as well", "has jobs", "asks for none"],
)
def test_only_a_request_for_work_and_nothing_else_shows_that_there_is_none(work, ends, is_out):
    assert noted(work=work, ends=ends).is_out_of_work is is_out


def test_jobs_here_are_forgotten_reasons_to_leave():
    made = noted(Outlook(is_stuck=True))
    made.forget()
    assert not made.is_out_of_work
    assert made.hopeless(is_too_late=False) is None


def test_the_reason_is_the_servers():
    assert noted(reason="All are held.").idle_reason == "there is no job to run here. All are held."
    assert noted(reason=None).idle_reason == "there is no job to run here."


def test_what_no_runner_can_run_is_named():
    made = noted(Outlook(is_stuck=True, example="big"), reason="It needs 9 CPUs.")
    assert made.hopeless(is_too_late=False) == (
        "there is no job to run here. It needs 9 CPUs. No other runner of this workflow can take "
        "job 'big'."
    )


def test_too_little_time_is_a_reason_whatever_the_server_says():
    assert "compute_node_min_time_for_new_jobs_seconds" in prospects().hopeless(is_too_late=True)


def others(runners):
    fields = {"runners": runners, "until_if_silent": "00:16:40Z"}
    return ("Waiting for jobs of other runners", fields)


def test_runners_that_hold_jobs_are_waited_for_and_announced_once_each_time_they_change():
    made = noted(held(2))
    assert made.waits_for_others
    assert not made.is_out_of_work
    assert made.announce() == others(2)
    assert made.announce() is None
    made.note(ASKS, ExchangeReply(outlook=held(1)))
    assert made.announce() == others(1)


def test_a_wait_for_jobs_is_announced_once_with_the_time_when_it_ends():
    made = noted(reason="All are held.")
    alone = ("Waiting for jobs", {"until": "00:01:30Z", "reason": "All are held."})
    assert made.announce() == alone
    assert made.announce() is None
    made.note(ASKS, ExchangeReply(outlook=held()))
    assert made.announce() == others(2)
    made.note(ASKS, ExchangeReply(outlook=held(0), reason="All are held."))
    assert made.announce() == alone


def test_a_wait_without_a_reason_is_announced_without_one():
    assert noted().announce() == ("Waiting for jobs", {"until": "00:01:30Z", "reason": None})


def test_while_there_are_jobs_here_no_wait_is_announced():
    made = noted()
    made.forget()
    assert made.announce() is None
    assert noted(work=BUSY).announce() is None


def test_the_time_without_work_counts_from_the_first_reply_without_a_job():
    clock = NewYear()
    made = Prospects(RunnerOptions(workflow_id=1), clock, no_work_s=90.0)
    made.note(ASKS, ExchangeReply())
    clock.later_ms = 60_000
    made.note(ASKS, ExchangeReply())
    assert made.announce()[1]["until"] == "00:01:30Z"
    made.note(Exchange(seq=3, work=BUSY), ExchangeReply())
    made.note(ASKS, ExchangeReply())
    assert made.announce()[1]["until"] == "00:02:30Z"


def test_the_reason_says_what_is_left_for_none():
    left = Outlook(interrupted=3, undecided=2, uninitialized=1)
    assert noted(left, reason="None is ready.").idle_reason == (
        "there is no job to run here. None is ready. Jobs that were interrupted with their runner: "
        "3; `torc run 1` continues them. Jobs that wait for a decision between retry and failure: "
        "2. Jobs that are not initialized: 1."
    )


def test_without_an_example_no_job_is_named():
    assert noted(Outlook(is_stuck=True)).hopeless(is_too_late=False) == (
        "there is no job to run here."
    )


def test_the_line_of_progress_says_whom_and_until_when():
    until = "until 00:16 UTC if"
    assert noted(held(1)).waiting == f"waiting for jobs of another runner, {until} it stays silent"
    assert noted(held(2)).waiting == f"waiting for jobs of 2 runners, {until} one stays silent"
    assert noted(held(0)).waiting == "waiting for jobs, until 00:01 UTC"


@pytest.mark.parametrize(("silent_s", "waits"), [(SILENT_S, False), (SILENT_S + 1, True)])
def test_an_allocation_waits_only_for_runners_that_fell_silent(silent_s, waits):
    allocation = {"compute_node_type": SchedulerType.SLURM}
    assert noted(held(silent_s=silent_s), options=allocation).waits_for_others is waits
    announced = noted(held(silent_s=silent_s), options=allocation).announce()
    assert (announced == others(2)) is waits
    assert noted(held(silent_s=silent_s)).waits_for_others
