"""Allocations are watched within the budget, and their ends are known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from slurm.asked import accounts, looks
from waiting import wait_for

from torc_core.errors import UnreachableError
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.poller import ACCOUNTING_LAG_S, Poller
from torc_core.hpc.slurm.programs.states import Phase

NEVER = 4_000_000


class HandClock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return int(self.now * 1000)


def watching(cluster, *jobs):
    clock = HandClock()
    poller = Poller(Slurm(clock, Budget(), environ=cluster.environ), clock)
    poller.watch(jobs)
    return poller, clock


def wait_for_phase(poller, clock, job, phase):
    def view():
        clock.now += 10
        found = poller.poll()[job]
        return found.phase is phase and found

    return wait_for(view, f"{job} to be {phase}")


def test_allocations_are_watched_to_their_end(slurm):
    held = slurm.submit("true", "--hold")
    failing = slurm.submit("sleep 0.2; exit 3")
    canceled = slurm.submit("sleep 1000")
    poller, clock = watching(slurm, held, failing, canceled)

    running = wait_for_phase(poller, clock, canceled, Phase.RUNNING)
    assert 0 < (running.time_left_s or 0) <= 3600
    assert running.nodes in slurm.nodes
    waiting = poller.poll()[held]
    assert (waiting.phase, waiting.reason) == (Phase.PENDING, "JobHeldUser")
    assert not waiting.is_over

    slurm.run("scancel", str(canceled), str(held))
    ends = {job: wait_for_phase(poller, clock, job, Phase.ENDED) for job in (failing, canceled)}
    assert {job: view.state for job, view in ends.items()} == {
        failing: "FAILED",
        canceled: "CANCELLED",
    }
    wait_for_phase(poller, clock, held, Phase.ENDED)

    def exit_code():
        clock.now += 10
        return poller.poll()[failing].exit_code

    assert wait_for(exit_code, "accounting to know it") == 3
    poller.forget([failing, canceled, held])
    assert not poller.poll()


def test_what_accounting_never_knows_is_gone_after_its_lag(slurm):
    poller, clock = watching(slurm, NEVER)
    assert poller.poll()[NEVER].phase is Phase.UNKNOWN_YET
    clock.now += ACCOUNTING_LAG_S / 2
    assert not poller.poll()[NEVER].is_over
    clock.now += ACCOUNTING_LAG_S
    assert poller.poll()[NEVER].phase is Phase.GONE


def test_without_accounting_the_queue_has_the_last_word(start_cluster):
    cluster = start_cluster(nodes=1, accounting=False)
    job = cluster.submit("exit 3")
    cluster.wait_for_end(job)
    poller, _ = watching(cluster, job, NEVER)
    views = poller.poll()
    assert (views[job].state, views[job].exit_code) == ("FAILED", None)
    assert views[NEVER].phase is Phase.GONE
    assert poller.status().error is None


def test_an_outage_changes_nothing_that_is_known(start_cluster):
    cluster = start_cluster(nodes=1, message_timeout_s=3)
    job = cluster.submit("sleep 1000")
    poller, clock = watching(cluster, job)
    wait_for_phase(poller, clock, job, Phase.RUNNING)

    cluster.stop_controller()
    clock.now += 10
    assert poller.poll()[job].phase is Phase.RUNNING
    status = poller.status()
    assert isinstance(status.error, UnreachableError)
    assert (status.age_s, status.next_look_s) == (10, 20)

    cluster.start_controller()
    clock.now += 20
    assert poller.poll()[job].phase is Phase.RUNNING
    assert poller.status().error is None

    cluster.stop_accounting()
    cluster.run("scancel", str(job))
    assert wait_for_phase(poller, clock, job, Phase.ENDED).state == "CANCELLED"
    assert isinstance(poller.status().error, UnreachableError)
    cluster.start_accounting()
    clock.now += 10
    poller.poll()
    assert poller.status().error is None


def test_five_hundred_allocations_are_watched_for_a_minute_within_the_budget(start_cluster):
    cluster = start_cluster(nodes=1)
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda _: cluster.submit("true", "--hold"), range(500)))
    poller, clock = watching(cluster, *jobs)

    before, accounted = looks(cluster), accounts(cluster)
    for second in range(60):
        if second in {5, 25, 45}:
            cluster.run("scancel", *map(str, jobs[second : second + 5]))
        poller.poll()
        assert poller.status().used <= 12
        clock.now += 1

    views = poller.poll()
    assert len(views) == 500
    assert sum(view.phase is Phase.ENDED for view in views.values()) == 15
    assert sum(view.phase is Phase.PENDING for view in views.values()) == 485
    assert 0 < looks(cluster) - before <= 7  # six, and that of the second minute
    assert 0 < accounts(cluster) - accounted <= 6
    cluster.run("scancel", *map(str, jobs[100:]))
