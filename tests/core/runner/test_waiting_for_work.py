"""How long a runner without a job stays, in simulated time."""

from __future__ import annotations

import pytest
from core.runner.simulated import EPOCH_MS, World, claimed_job

from torc_core.model.compute import SchedulerType
from torc_core.model.exchange import Outlook
from torc_core.resources import Resources
from torc_core.runner.policy.prospects import SILENT_S

HOUR = 3600.0
FOUR_CPUS = Resources(num_cpus=4, memory_bytes=2**40)
DOCUMENTED_S = 90
"""The default of compute_node_wait_for_new_jobs_seconds."""


def idle_world(outlook=None, settings=None, **options):
    """Return a runner that finds no job."""
    world = World(FOUR_CPUS, settings=settings, **options)
    world.server.completes = False
    if outlook is not None:
        world.server.outlook = lambda: outlook
    return world


def stuck():
    return Outlook(is_stuck=True, example="large")


def held(silent_s=0.0):
    return Outlook(holders=3, silent_seconds=silent_s, lease_seconds=300.0 - silent_s)


def test_a_runner_leaves_after_the_documented_time():
    world = idle_world()
    assert world.run().reason.startswith("there is no job to run here")
    assert world.clock.now == pytest.approx(DOCUMENTED_S, abs=61), "it listens before it counts"


@pytest.mark.parametrize("outlook", [Outlook(), None], ids=["no other runner", "older server"])
def test_the_workflow_says_how_long(outlook):
    world = idle_world(outlook, {"compute_node_wait_for_new_jobs_seconds": 1800})
    world.run()
    assert world.clock.now == pytest.approx(1800, abs=61)


def test_a_runner_leaves_at_once_when_nobody_can_run_what_is_left():
    world = idle_world(stuck(), wait_for_new_jobs_s=24 * HOUR)
    summary = world.run()
    assert "No other runner of this workflow can take job 'large'" in summary.reason
    assert world.clock.now < 1
    assert summary.exit_code == 1


@pytest.mark.parametrize("kind", [SchedulerType.LOCAL, SchedulerType.SLURM])
def test_a_runner_leaves_at_once_when_nothing_that_is_left_fits_here(kind):
    outlook = Outlook(holders=2, out_of_reach="Those nearest to fit need 2h each.")
    world = idle_world(outlook, wait_for_new_jobs_s=24 * HOUR, compute_node_type=kind)
    assert world.run().reason == ("there is no job to run here. Those nearest to fit need 2h each.")
    assert world.clock.now < 1


def test_it_asks_again_when_its_time_has_become_too_short_for_what_is_left():
    world = idle_world(held(), poll_interval_s=60.0, wait_for_new_jobs_s=24 * HOUR)

    def outlook():
        left_s = 100.5 - world.clock.now
        return Outlook(fits_seconds=left_s) if left_s > 0 else Outlook(out_of_reach="Too long.")

    world.server.outlook = outlook
    assert world.run().reason.endswith("Too long.")
    assert 100.5 <= world.clock.now <= 102.5


def test_a_runner_leaves_at_once_when_only_the_next_start_makes_jobs_ready():
    world = idle_world(Outlook(is_stuck=True, interrupted=2), wait_for_new_jobs_s=24 * HOUR)
    summary = world.run()
    assert "Jobs that were interrupted with their runner: 2; `torc run 7` continues them." in (
        summary.reason
    )
    assert world.clock.now < 1


def test_it_says_what_it_waits_for_and_until_when(caplog):
    outlook = Outlook(undecided=1, uninitialized=3)
    world = idle_world(outlook, wait_for_new_jobs_s=600.0)
    seen = []
    world.report_progress_to(seen.append)
    caplog.set_level("INFO")
    reason = world.run().reason
    assert "Jobs that wait for a decision between retry and failure: 1." in reason
    assert "Jobs that are not initialized: 3." in reason
    [line] = [each.getMessage() for each in caplog.records if "Waiting for jobs" in each.msg]
    assert "Waiting for jobs" in line
    waiting = {progress.waiting_for for progress in seen if progress.waiting_for}
    assert waiting == {"waiting for jobs, until 08:11 UTC"}, "a minute of listening, then ten"


def test_it_leaves_after_its_own_jobs_and_not_before():
    world = idle_world(stuck())
    world.server.add(claimed_job(1, runtime_seconds=600))
    assert world.run().outcomes == {"completed": 1}
    assert world.clock.now == pytest.approx(600, abs=1)


def test_a_runner_that_ignores_completion_stays_all_the_same():
    settings = {
        "compute_node_ignore_workflow_completion": True,
        "compute_node_wait_for_new_jobs_seconds": 600,
    }
    world = idle_world(stuck(), settings)
    world.run()
    assert world.clock.now == pytest.approx(600, abs=61)
    assert len(world.server.requests) < 15, "what it knows is no news"


def test_after_the_last_job_it_stays_for_the_time_without_new_jobs():
    settings = {
        "compute_node_ignore_workflow_completion": True,
        "compute_node_wait_for_new_jobs_seconds": 600,
    }
    world = World(FOUR_CPUS, settings=settings)
    world.server.add(claimed_job(1, runtime_seconds=60))
    summary = world.run()
    assert summary.outcomes == {"completed": 1}
    # Two long polls: one may carry the completion, the next one finds no job.
    assert 660 <= world.clock.now <= 660 + 121
    assert len(world.server.requests) < 20, "that it is complete is no news"


@pytest.mark.parametrize("buffer_s", [180, 30])
def test_jobs_are_stopped_the_documented_time_before_an_allocation_ends(buffer_s):
    world = World(
        FOUR_CPUS,
        settings={"compute_node_expiration_buffer_seconds": buffer_s},
        end_time=EPOCH_MS / 1000 + HOUR,
        compute_node_type=SchedulerType.SLURM,
    )
    world.server.add(claimed_job(1, runtime_seconds=10 * 3600))
    assert world.run().outcomes == {"terminated": 1}
    assert world.clock.now == pytest.approx(HOUR - buffer_s, abs=1)


def test_actions_that_are_executed_may_add_jobs():
    world = idle_world(stuck())
    world.actions.is_busy = True
    world.waker.at(100.0, lambda: world.server.add(claimed_job(1, runtime_seconds=60)))
    world.waker.at(100.0, lambda: setattr(world.actions, "is_busy", False))
    assert world.run().outcomes == {"completed": 1}
    assert len(world.server.requests) < 15


def test_a_runner_waits_for_jobs_that_others_hold_and_runs_what_follows():
    world = idle_world(held())
    world.waker.at(20 * HOUR, lambda: world.server.add(claimed_job(1, runtime_seconds=60)))
    world.waker.at(20 * HOUR, lambda: setattr(world.server, "completes", True))
    assert world.run().outcomes == {"completed": 1}


def test_the_limit_counts_from_when_others_hold_nothing_any_more():
    world = idle_world(held())
    world.waker.at(HOUR, lambda: setattr(world.server, "outlook", Outlook))
    world.run()
    assert HOUR + DOCUMENTED_S <= world.clock.now <= HOUR + DOCUMENTED_S + 121


def test_an_allocation_is_not_paid_for_while_others_work():
    world = idle_world(held(), compute_node_type=SchedulerType.SLURM)
    world.run()
    assert world.clock.now == pytest.approx(DOCUMENTED_S, abs=61)


def test_an_allocation_waits_for_the_jobs_of_a_runner_that_fell_silent():
    world = idle_world(compute_node_type=SchedulerType.SLURM)
    lost_at = 300.0

    def outlook():
        now = world.clock.now
        return held(now) if now < lost_at else Outlook()

    world.server.outlook = outlook
    world.waker.at(lost_at, lambda: world.server.add(claimed_job(1, runtime_seconds=60)))
    world.waker.at(lost_at, lambda: setattr(world.server, "completes", True))
    assert SILENT_S < DOCUMENTED_S
    assert world.run().outcomes == {"completed": 1}


def test_the_time_limit_ends_the_wait_for_others():
    world = idle_world(held(), time_limit_s=2 * HOUR)
    assert world.run().reason == "the runner's time limit was reached"
    assert world.clock.now == pytest.approx(2 * HOUR, abs=1)


def test_a_runner_that_is_asked_to_stop_does_not_wait():
    world = idle_world(held())
    world.stop_at(1000.0)
    assert world.run().exit_code == 130
    assert world.clock.now == pytest.approx(1000, abs=1)


def test_while_it_waits_it_listens_and_does_not_poll():
    world = idle_world(held(), wait_for_new_jobs_s=0.0, poll_interval_s=60.0)
    world.stop_at(HOUR)
    world.run()
    assert len(world.server.requests) == pytest.approx(60, abs=5)


def test_progress_says_whom_it_waits_for_and_until_when():
    seen = []
    world = idle_world(held(100.0))
    world.report_progress_to(seen.append)
    world.stop_at(1000.0)
    world.run()
    texts = {progress.waiting_for for progress in seen if progress.waiting_for}
    assert all("waiting for jobs of 3 runners" in text for text in texts)
    first, second, *_ = sorted(texts)
    assert "until 08:04 UTC if one stays silent" in first, "a minute of listening, then 200 s"
    assert "until 08:05 UTC" in second, "another minute"
    assert not seen[-1].waiting_for


def test_a_server_that_is_away_while_others_hold_jobs_is_waited_for_as_documented():
    world = idle_world(held())
    world.waker.at(60.0, world.server.go_down)
    assert world.run().reason == "the server does not answer"
    assert world.clock.now == pytest.approx(60 + 20 * 60, abs=61)


def test_too_little_time_for_a_job_that_is_only_counted_ends_the_wait():
    world = idle_world(
        settings={"compute_node_min_time_for_new_jobs_seconds": 300},
        max_parallel_jobs=2,
        time_limit_s=400.0,
        wait_for_new_jobs_s=HOUR,
    )
    world.run()
    assert world.clock.now == pytest.approx(100, abs=1)
