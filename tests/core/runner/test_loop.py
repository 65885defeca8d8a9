"""The runner's loop in simulated time: hours and days, in milliseconds."""

from collections import Counter

import pytest
from core.runner.simulated import (
    SimulatedClock,
    SimulatedServer,
    SimulatedWaker,
    World,
    claimed_job,
    completion,
)
from msgspec.structs import replace

from torc_core.errors import MachineError
from torc_core.model.compute import SchedulerType
from torc_core.model.exchange import OutputFile, Shutdown
from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_core.resources import Resources
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.policy.outputs.written import FoundOutputs
from torc_core.runner.policy.prefetch import HOLD_S
from torc_core.runner.process.attempt import Attempt, Recovery
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure
from torc_core.runner.running import SHORT_GRACE_S

HOUR = 3600.0
FOUR_CPUS = Resources(num_cpus=4, memory_bytes=2**40)


def jobs(count, **fields):
    return [claimed_job(job_id, **fields) for job_id in range(1, count + 1)]


def counts_of(world):
    return Counter(end.job_id for end in world.server.results)


def test_a_thousand_hours_of_jobs_run_four_at_a_time():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(1000, runtime_seconds=3600))
    summary = world.run()
    assert summary.outcomes == {"completed": 1000}
    assert world.processes.most_at_once == 4
    assert 250 * HOUR <= world.clock.now < 250 * HOUR + 60
    assert set(counts_of(world).values()) == {1}
    assert summary.reason == "the workflow is complete"


def test_jobs_run_in_the_order_in_which_they_were_given():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(50, runtime_seconds=60))
    world.run()
    assert [job_id for _, job_id in world.processes.started] == list(range(1, 51))


def test_a_number_of_jobs_runs_at_once_whatever_they_require():
    world = World(FOUR_CPUS, max_parallel_jobs=3)
    world.server.add(*jobs(9, runtime_seconds=3600, num_cpus=64))
    world.run()
    assert world.processes.most_at_once == 3
    assert 3 * HOUR <= world.clock.now < 3 * HOUR + 10


def test_the_end_of_a_workflow_is_noticed_once():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(5, runtime_seconds=60))
    world.run()
    assert world.actions.triggers == [
        "on_workflow_start",
        "on_worker_start",
        "on_jobs_complete",
        "on_jobs_ready",
        "on_workflow_complete",
        "on_worker_complete",
    ]


def test_the_jobs_of_a_stopped_runner_are_terminated_to_be_resumed():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(5, runtime_seconds=3600))
    world.stop_at(60.0)
    summary = world.run()
    assert (summary.exit_code, summary.reason) == (130, "the runner was asked to stop")
    assert summary.outcomes == {"terminated": 4}
    assert [end.interrupted for end in world.server.results] == [True] * 4
    assert len(world.server.ready) == 1
    assert world.clock.now < 61


@pytest.mark.parametrize("shutdown", Shutdown)
def test_a_runner_does_what_the_server_asks_it_to(shutdown):
    world = World(FOUR_CPUS)
    world.server.add(*jobs(5, runtime_seconds=3600))
    world.waker.at(60.0, lambda: world.server.ask(shutdown))
    summary = world.run()
    is_stop = shutdown is Shutdown.STOP
    assert summary.reason == "maintenance"
    assert summary.exit_code == (143 if is_stop else 1)
    assert summary.outcomes == ({"terminated": 4} if is_stop else {"completed": 4})
    assert len(world.server.ready) == 1
    assert world.clock.now == pytest.approx(60 if is_stop else 3600, abs=1)


def test_a_stopped_runner_does_not_take_the_workflow_for_complete():
    world = World(FOUR_CPUS, compute_node_type=SchedulerType.SLURM)
    world.server.add(*jobs(4, runtime_seconds=3600))
    world.stop_at(60.0)
    summary = world.run()
    assert summary.outcomes == {"terminated": 4}
    assert world.server.is_complete, "none is retried"
    assert "on_workflow_complete" not in world.actions.triggers


def test_a_report_in_flight_keeps_the_runner_as_well():
    world = World(FOUR_CPUS, wait_for_server_s=60.0)
    world.server.add(*jobs(4, runtime_seconds=3600))
    # The completions are sent at 3600.01 and would arrive 5 ms later.
    world.waker.at(3600.012, world.server.go_down)
    world.waker.at(12 * HOUR, world.server.come_up)
    assert world.run().outcomes == {"completed": 4}
    assert counts_of(world) == {1: 1, 2: 1, 3: 1, 4: 1}


class LaterPolls(SimulatedServer):
    """Answers long polls a little later than reports."""

    def send(self, request):
        assert len(self.requests) < 20, "the requests never end"
        super().send(request)

    def _answer(self, request, *, only_held=False):
        is_poll = request.wait_seconds and not request.ends
        delay_s = 0.003 if is_poll else 0.0
        answer = super()._answer
        self._waker.at(self._clock.now + delay_s, lambda: answer(request, only_held=only_held))


def test_two_requests_that_say_that_all_is_complete_are_the_last_ones():
    waker = SimulatedWaker(SimulatedClock())
    server = LaterPolls(waker.clock, waker)
    world = World(FOUR_CPUS, waker=waker, link=server)
    server.add(*jobs(1, runtime_seconds=30))
    assert world.run().outcomes == {"completed": 1}


@pytest.mark.parametrize(
    ("code", "status", "is_retried"),
    [(0, "failed", True), (1, "failed", False), (143, "terminated", True)],
)
def test_a_recovery_script_that_is_over_when_it_is_to_be_stopped_counts(code, status, is_retried):
    world = World(FOUR_CPUS)
    failed = replace(completion(), status=JobStatus.FAILED, return_code=1)
    attempt = Attempt(
        claimed=claimed_job(),
        gpus=(),
        started=0.0,
        started_ms=world.clock.wall_ms(),
        usage=Usage(),
        recovery=Recovery(completion=failed, started=0.0),
    )
    world.adopt(attempt)
    world.stop_at(60.0)
    world.waker.at(60.0, lambda: world.processes.exit_all(code, by_itself=True))
    world.run()
    assert [(end.status, end.retry) for end in world.server.results] == [(status, is_retried)]


def test_the_kill_of_one_attempt_does_not_reach_the_next():
    world = World(FOUR_CPUS, limit_resources=True)
    run_times = {1: 100.0, 2: 50.0}
    world.processes.run_time_s = lambda claimed: run_times[claimed.job.attempt_id]
    retry = FailureRule(exit_codes=[152], max_retries=3)
    world.server.add(*jobs(1, runtime_seconds=70, failure_rules=[retry]))
    assert world.run().outcomes == {"retried": 1, "completed": 1}
    assert world.processes.ended == [(pytest.approx(70.0, abs=0.1), 1, SHORT_GRACE_S)]


def test_short_jobs_are_batched_and_prefetched():
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda _: 0.002
    world.server.add(*jobs(5000))
    summary = world.run()
    assert summary.outcomes == {"completed": 5000}
    assert world.processes.most_at_once == 4
    assert len(world.server.requests) < 500, "many completions share a request"
    assert world.clock.now < 1.5 * 5000 * 0.002 / 4, "no slot waits for the server"
    assert world.server.most_claimed < 700, "no more are claimed than two exchanges use up"
    assert set(counts_of(world).values()) == {1}


def test_short_jobs_are_queued_behind_each_other_and_never_more_than_fit_run():
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda claimed: 0.001 + claimed.job.id % 3 * 0.002
    world.processes.exit_code = lambda claimed: claimed.job.id % 7 == 0
    world.server.add(*jobs(2000))
    summary = world.run()
    assert summary.outcomes == {"completed": 1715, "failed": 285}
    assert world.processes.most_at_once == 4
    assert len(world.processes.queued) > 1000
    assert set(counts_of(world).values()) == {1}


SHORT = 0.002


@pytest.mark.parametrize(
    ("fields", "is_queued"),
    [
        (lambda job_id: {}, True),
        (lambda job_id: {"num_cpus": 1 + job_id % 2}, False),
        (lambda job_id: {"memory_bytes": job_id}, False),
        (lambda job_id: {"output_files": [OutputFile(id=job_id, path="f")]}, False),
        (lambda job_id: {"lost_attempts": 1}, False),
    ],
)
def test_a_job_is_queued_only_behind_one_that_needs_the_same_and_without_output_files(
    fields, is_queued
):
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda _: SHORT
    world.server.add(*(claimed_job(job_id, **fields(job_id)) for job_id in range(1, 500)))
    summary = world.run()
    assert summary.outcomes == {"completed": 499}
    before = world.processes.queued
    needs = {job_id: claimed_job(job_id, **fields(job_id)) for job_id in range(1, 500)}
    assert all(needs[a].num_cpus == needs[b].num_cpus for a, b in before.items())
    assert bool(before) is (is_queued or "num_cpus" in fields(1))


def test_jobs_that_are_only_counted_are_queued_whatever_they_need():
    world = World(FOUR_CPUS, max_parallel_jobs=2)
    world.processes.run_time_s = lambda _: SHORT
    world.server.add(*(claimed_job(job_id, memory_bytes=job_id) for job_id in range(1, 500)))
    world.run()
    assert len(world.processes.queued) > 300
    assert world.processes.most_at_once == 2


def test_what_is_queued_behind_a_job_that_turns_out_long_runs_elsewhere():
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda claimed: SHORT if claimed.job.id != 150 else 3600.0
    world.server.add(*jobs(5000))
    world.run()
    assert 150 in world.processes.queued
    starts = {job_id: when for when, job_id in world.processes.started}
    assert len(starts) == 5000
    late = [job_id for job_id in range(2, 5000) if starts[job_id] > starts[job_id - 1] + 1.5]
    assert late == []


def test_the_time_limit_of_a_queued_job_begins_with_its_start():
    world = World(FOUR_CPUS, limit_resources=True)
    world.processes.run_time_s = lambda claimed: 0.02 if claimed.job.id != 150 else 5.0
    limits = {job_id: 0.3 if job_id != 150 else 60 for job_id in range(1, 1000)}
    world.server.add(*(claimed_job(j, runtime_seconds=limit) for j, limit in limits.items()))
    summary = world.run()
    assert summary.outcomes == {"completed": 999}
    assert world.processes.ended == []


@pytest.mark.parametrize("refused", [1, 100, 101, 350])
def test_a_job_that_the_guard_cannot_start_is_tried_once_more_by_itself(refused):
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda _: SHORT
    refusals = [refused]
    world.processes.refuses = lambda claimed: (
        refused in refusals and claimed.job.id == refused and bool(refusals.pop())
    )
    world.server.add(*jobs(500))
    summary = world.run()
    assert refusals == []
    assert summary.outcomes == {"completed": 500}
    assert world.processes.most_at_once == 4


def test_a_guard_that_can_start_nothing_ends_the_run():
    world = World(FOUR_CPUS)
    world.processes.refuses = lambda _: True
    world.server.add(*jobs(1))
    with pytest.raises(MachineError, match="No such file"):
        world.run()


@pytest.mark.parametrize("cancels", [False, True])
def test_a_job_that_is_refused_when_the_runner_stops_is_not_started_again(cancels):
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda _: SHORT
    world.processes.refuses = lambda _: world.clock.now > 0.5
    world.server.add(*jobs(5000))
    if cancels:
        world.waker.at(0.5, lambda: setattr(world.server, "is_canceled", True))
    world.stop_at(0.5)
    world.run()
    assert world.processes.queued
    assert max(when for when, _ in world.processes.started) <= 0.5
    assert world.clock.now < 2.0


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_queued_is_given_back_when_the_runner_is_stopped(times):
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda _: 0.002
    world.server.add(*jobs(5000))
    for number in range(times):
        world.stop_at(0.8 + number * 0.001)
    summary = world.run()
    assert world.processes.queued
    assert max(when for when, _ in world.processes.started) <= 0.801
    started = {job_id for _, job_id in world.processes.started}
    released = {job_id for _, job_id in world.server.released}
    assert started.isdisjoint(released)
    assert not world.server.claimed, "each job is complete or given back"
    assert sum(summary.outcomes.values()) == len(started)


def test_prefetched_jobs_that_would_wait_behind_long_ones_are_released():
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda claimed: 0.002 if claimed.job.id <= 200 else 3600.0
    world.server.add(*jobs(300))
    world.stop_at(10.0)
    world.run()
    assert world.server.released, "others may run them"
    assert world.server.released[0][0] < 2.0
    works = [request.work for _, request in world.server.requests if request.releases]
    assert not any(work.queue_ahead for work in works if work), "what is running is long"
    started = {job_id for _, job_id in world.processes.started}
    assert started.isdisjoint(job_id for _, job_id in world.server.released)


def test_an_outage_of_ten_hours_costs_nothing_but_the_delay():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(4, runtime_seconds=3600))
    world.waker.at(1800.0, world.server.go_down)
    world.waker.at(12 * HOUR, world.server.come_up)
    summary = world.run()
    assert summary.outcomes == {"completed": 4}
    assert counts_of(world) == {1: 1, 2: 1, 3: 1, 4: 1}
    assert world.clock.now == pytest.approx(12 * HOUR, abs=60)


@pytest.mark.parametrize("down_s", [0.01, 4.0, 3 * HOUR])
def test_no_slot_stays_free_after_an_outage(down_s):
    world = World(FOUR_CPUS)
    world.server.add(*jobs(400, runtime_seconds=1))
    world.waker.at(10.5, world.server.go_down)
    world.waker.at(10.5 + down_s, world.server.come_up)
    world.run()
    soon = [when for when, _ in world.processes.started if when >= 10.5 + down_s]
    assert soon[3] < 10.5 + down_s + 0.6, "the jobs that were running then may take a second"
    assert set(counts_of(world).values()) == {1}


def test_without_a_report_to_make_a_runner_gives_up_on_a_server():
    world = World(FOUR_CPUS, wait_for_server_s=2 * HOUR)
    world.server.completes = False
    world.waker.at(60.0, world.server.go_down)
    summary = world.run()
    assert summary.reason == "the server does not answer"
    assert 2 * HOUR <= world.clock.now < 2 * HOUR + 120
    assert not world.loop.expects_answers


def test_a_stopped_runner_gives_up_on_its_report_after_the_limit():
    world = World(FOUR_CPUS, grace_s=30.0)
    world.server.add(*jobs(4, runtime_seconds=3600))
    world.waker.at(1800.0, world.server.go_down)
    world.stop_at(2000.0)
    summary = world.run()
    assert summary.exit_code == 130
    assert world.clock.now == pytest.approx(2030.0, abs=1)
    assert world.server.results == []


def test_asked_twice_a_runner_kills_its_jobs_and_tries_to_report_for_a_second():
    world = World(FOUR_CPUS, grace_s=1000.0)
    world.processes.ignores_sigterm = True
    world.server.add(*jobs(1, runtime_seconds=3600))
    world.waker.at(1800.0, world.server.go_down)
    world.stop_at(2000.0)
    world.stop_at(2001.0)
    world.run()
    assert (2001.0, 1, 0.0) in world.processes.ended
    assert world.clock.now == pytest.approx(2002.0, abs=0.1)


@pytest.mark.parametrize(("supports_termination", "grace_s"), [(True, 90.0), (False, 2.0)])
def test_a_job_that_ignores_sigterm_is_killed_after_its_grace_period(supports_termination, grace_s):
    world = World(FOUR_CPUS, grace_s=90.0)
    world.processes.ignores_sigterm = True
    (job,) = jobs(1, runtime_seconds=36000)
    stubborn = replace(job.job, supports_termination=supports_termination)
    world.server.add(replace(job, job=stubborn))
    world.stop_at(100.0)
    world.run()
    assert world.processes.ended == [(100.0, 1, grace_s)]
    assert [end.return_code for end in world.server.results] == [137]


def test_an_idle_runner_leaves_after_its_limit():
    world = World(FOUR_CPUS, wait_for_new_jobs_s=HOUR)
    world.server.completes = False
    summary = world.run()
    assert summary.reason == "there is no job to run here."
    # It counts from the first answer without a job, which may take a long poll.
    assert HOUR < world.clock.now < HOUR + 61


def test_work_that_comes_late_starts_the_idle_limit_anew():
    world = World(FOUR_CPUS, wait_for_new_jobs_s=HOUR)
    world.server.completes = False
    world.waker.at(0.9 * HOUR, lambda: world.server.add(*jobs(1, runtime_seconds=600)))
    summary = world.run()
    assert summary.outcomes == {"completed": 1}
    # One long poll may report the completion, and the next one find no job.
    assert 1.9 * HOUR + 600 < world.clock.now < 1.9 * HOUR + 721


def test_an_idle_runner_listens_and_does_not_poll():
    world = World(FOUR_CPUS, wait_for_new_jobs_s=24 * HOUR)
    world.server.completes = False
    world.run()
    assert len(world.server.requests) == pytest.approx(24 * 60, abs=5)


def test_new_work_is_claimed_at_once():
    world = World(FOUR_CPUS, wait_for_new_jobs_s=24 * HOUR)
    world.waker.at(0.0, lambda: setattr(world.server, "completes", False))
    world.waker.at(1000.0, lambda: world.server.add(*jobs(4, runtime_seconds=60)))
    world.waker.at(2000.0, lambda: setattr(world.server, "completes", True))
    world.run()
    assert [round(when, 1) for when, _ in world.processes.started] == [1000.0] * 4


def test_the_last_minutes_take_no_jobs_that_are_only_counted():
    world = World(
        FOUR_CPUS,
        settings={"compute_node_min_time_for_new_jobs_seconds": 300},
        max_parallel_jobs=2,
        time_limit_s=HOUR,
        wait_for_new_jobs_s=24 * HOUR,
    )
    world.server.add(*jobs(1000, runtime_seconds=100))
    summary = world.run()
    assert summary.reason.startswith("too little of its time is left")
    last = max(when for when, _ in world.processes.started)
    assert 3200 < last <= 3300
    assert world.clock.now == pytest.approx(last + 100, abs=1), "nothing is left to wait for"


def test_the_time_limit_stops_jobs_for_good():
    world = World(FOUR_CPUS, time_limit_s=HOUR)
    world.server.add(*jobs(4, runtime_seconds=36000))
    summary = world.run()
    assert summary.outcomes == {"terminated": 4}
    assert {end.return_code for end in world.server.results} == {143}
    assert world.clock.now == pytest.approx(HOUR, abs=1)


def test_a_job_that_exceeds_its_runtime_is_stopped_on_request():
    world = World(FOUR_CPUS, limit_resources=True)
    world.processes.run_time_s = lambda _: 10 * HOUR
    world.server.add(*jobs(1, runtime_seconds=600))
    assert world.run().outcomes == {"terminated": 1}
    assert [end.return_code for end in world.server.results] == [152]
    assert world.clock.now == pytest.approx(600, abs=1)


def test_the_runtime_counts_from_when_the_process_has_started():
    world = World(FOUR_CPUS, limit_resources=True)
    world.processes.start_delay_s = 5.0
    world.server.add(*jobs(1, runtime_seconds=600))
    world.processes.run_time_s = lambda _: 599.0
    assert world.run().outcomes == {"completed": 1}


@pytest.mark.parametrize(("recovers_since", "end"), [(None, 300), (-10.0, 590), (-900.0, 0)])
def test_the_runtime_of_what_was_adopted_counts_from_its_own_start(recovers_since, end):
    world = World(FOUR_CPUS, limit_resources=True)
    recovery = None
    if recovers_since is not None:
        recovery = Recovery(completion=completion(), started=recovers_since)
    world.adopt(
        Attempt(
            claimed=claimed_job(runtime_seconds=600),
            gpus=(),
            started=-300.0,
            started_ms=world.clock.wall_ms() - 300_000,
            usage=Usage(),
            recovery=recovery,
        )
    )
    world.run()
    assert world.processes.ended == [(pytest.approx(end, abs=0.1), 1, SHORT_GRACE_S)]


def test_runtimes_are_observed_only_unless_requested():
    world = World(FOUR_CPUS)
    world.processes.run_time_s = lambda _: 10 * HOUR
    world.server.add(*jobs(1, runtime_seconds=600))
    assert world.run().outcomes == {"completed": 1}


def test_a_canceled_workflow_stops_its_jobs_and_the_runner():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(8, runtime_seconds=36000))
    world.waker.at(1000.0, lambda: setattr(world.server, "is_canceled", True))
    summary = world.run()
    assert summary.is_canceled
    assert summary.reason == "the workflow was canceled"
    assert summary.outcomes == {"canceled": 4}
    assert world.clock.now < 1070


def test_a_start_is_reported_while_the_job_is_running_and_once():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(2, runtime_seconds=3600))
    seen = []
    world.waker.at(10.0, lambda: seen.extend(start.job_id for start in world.server.starts))
    world.run()
    assert seen == [1, 2]
    assert [start.job_id for start in world.server.starts] == [1, 2]


def test_a_machine_that_can_start_nothing_releases_its_jobs():
    world = World(FOUR_CPUS)
    world.processes.failure = SpawnError("no disk", hint="", cause=SpawnFailure.MACHINE)
    world.server.add(*jobs(8))
    with pytest.raises(MachineError, match="no disk"):
        world.run()
    assert sorted(job_id for _, job_id in world.server.released) == [1, 2, 3, 4]
    assert world.server.results == []


def test_a_command_that_cannot_be_started_is_a_result():
    world = World(FOUR_CPUS)
    world.processes.failure = SpawnError("too long", hint="", cause=SpawnFailure.COMMAND)
    world.server.add(*jobs(8))
    assert world.run().outcomes == {"failed": 8}
    assert {end.return_code for end in world.server.results} == {126}


def test_a_shortage_is_waited_for():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(8, runtime_seconds=60))
    shortage = SpawnError("no processes", hint="", cause=SpawnFailure.SHORTAGE)
    world.waker.at(30.0, lambda: setattr(world.processes, "failure", shortage))
    world.waker.at(60.5, lambda: setattr(world.processes, "failure", None))
    world.processes.run_time_s = lambda claimed: 60.0 + claimed.job.id
    assert world.run().outcomes == {"completed": 8}


def test_failed_jobs_are_counted_as_they_are():
    world = World(FOUR_CPUS)
    world.processes.exit_code = lambda claimed: claimed.job.id % 2
    world.server.add(*jobs(10, runtime_seconds=60))
    assert world.run().outcomes == {"completed": 5, "failed": 5}


def test_a_runner_that_was_taken_for_lost_reports_again_what_runs():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(4, runtime_seconds=3600))
    world.waker.at(600.0, lambda: setattr(world.server, "is_lost", True))
    assert world.run().outcomes == {"completed": 4}
    assert sorted(start.job_id for start in world.server.starts) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [request.returns for _, request in world.server.requests].count(True) == 1
    assert set(counts_of(world).values()) == {1}


def test_a_job_whose_output_files_are_looked_for_runs_as_well():
    world = World(FOUR_CPUS)
    missing = FoundOutputs({}, ["missing"])
    world.processes.outputs = lambda _: missing if world.clock.now < 62 else FoundOutputs({})
    file = OutputFile(id=1, path="f")
    world.server.add(claimed_job(1, runtime_seconds=60, output_files=[file]))
    world.waker.at(59.0, lambda: setattr(world.server, "is_lost", True))
    assert world.run().outcomes == {"completed": 1}
    assert [start.job_id for start in world.server.starts] == [1, 1]


def test_what_a_lost_runner_has_not_started_is_released():
    world = World(FOUR_CPUS)
    world.server.add(*jobs(4, runtime_seconds=3600, num_cpus=2))
    world.waker.at(0.02, lambda: setattr(world.server, "is_lost", True))
    world.run()
    assert [job_id for when, job_id in world.server.released if when < HOLD_S] == [3, 4]


def adopted_attempt():
    return Attempt(
        claimed=claimed_job(1), gpus=(), started=0.0, started_ms=0, usage=Usage(), pid=100
    )


def test_a_caretaker_leaves_an_hour_after_its_jobs_if_the_server_stays_away():
    world = World(FOUR_CPUS, cares=True)
    world.adopt(adopted_attempt())
    world.waker.at(60.0, world.server.go_down)
    world.waker.at(10 * HOUR, lambda: world.processes.exit_all(0))
    assert world.run().reason == "the jobs of the dead runner have ended"
    assert world.clock.now == pytest.approx(11 * HOUR, abs=61)
    assert not world.loop.expects_answers
    assert world.server.results == []


def test_a_caretaker_reports_when_the_server_is_back_within_the_hour():
    world = World(FOUR_CPUS, cares=True)
    world.adopt(adopted_attempt())
    world.waker.at(60.0, world.server.go_down)
    world.waker.at(10 * HOUR, lambda: world.processes.exit_all(0))
    world.waker.at(10.9 * HOUR, world.server.come_up)
    world.run()
    assert counts_of(world) == {1: 1}
    assert world.clock.now == pytest.approx(10.9 * HOUR, abs=61)
