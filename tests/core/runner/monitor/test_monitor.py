"""What a monitor makes of the processes that it is shown."""

import os
import sqlite3
from contextlib import closing

import pytest
from core.runner.simulated import EPOCH_MS, SimulatedClock, claimed_job

from torc_core.runner.guard.membership import Process
from torc_core.runner.guard.procfs import TICKS_PER_S
from torc_core.runner.monitor.job_meter import JobMeter
from torc_core.runner.monitor.monitor import Instruments, ResourceMonitor
from torc_core.runner.monitor.samples import SampleDatabase
from torc_core.runner.monitor.series import TimeSeries
from torc_core.runner.policy.monitoring.sampling import FIRST_SAMPLE_S, Sample, Usage
from torc_core.runner.policy.monitoring.settings import OFF, Monitoring
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt

SAMPLE = Timer(TimerKind.SAMPLE)
SERIES = Monitoring(job_series=True, node_series=True, flush_s=0.0)
SECOND = EPOCH_MS // 1000
NODE = 3


class Sizes:
    """How much simulated processes use beside what they share: all."""

    def may_read(self):
        return True

    def read(self, process):
        return process.resident_bytes


class World:
    """A monitor, with processes and time as a test wants them."""

    def __init__(self, path, settings=SERIES, *, limits=True):
        self.clock = SimulatedClock()
        self.timers = Timers()
        self.processes = {}
        self.node = Sample(0.0, 0, 0)
        self.path = path
        self.database = SampleDatabase(str(path), 0o600)
        self.monitor = ResourceMonitor(
            settings,
            self.timers,
            self.clock,
            Instruments(
                JobMeter(
                    self.clock,
                    new_scan=lambda *_: lambda: self.processes,
                    sizes=Sizes(),
                    limits=limits,
                ),
                lambda: self.node,
                TimeSeries(self.database, settings, NODE, self.clock),
            ),
        )

    def start(self, job_id, pid, **fields):
        attempt = Attempt(
            claimed=claimed_job(job_id, **{"memory_bytes": 2**40, **fields}),
            pid=pid,
            reaper=os.getpid(),
            gpus=(),
            started=self.clock.now,
            started_ms=self.clock.wall_ms(),
            usage=Usage(last_sampled=self.clock.now),
        )
        self.monitor.schedule(attempt)
        return attempt

    def show(self, pid, memory, cpu_s=0.0):
        ticks = int(cpu_s * TICKS_PER_S)
        state = "S" if memory else "Z"
        self.processes[pid] = Process(pid, os.getpid(), pid, pid, 0, state, 1, ticks, 0, memory)

    def sample_at(self, now, *jobs):
        self.clock.now = now
        self.timers.pop_expired(now)
        return self.monitor.sample(jobs)

    def rows(self, table="job_resource_samples"):
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "samples.db")
    yield made
    made.monitor.close()


def test_a_job_is_sampled_and_its_samples_are_stored(world):
    job = world.start(1, 100)
    world.show(100, memory=4096, cpu_s=1.0)
    world.sample_at(2.0, job)
    assert (job.usage.samples, job.usage.peak_memory_bytes) == (1, 4096)
    assert world.rows() == [(1, 1, SECOND + 2, 50.0, 4096, 1)]


def test_a_job_that_has_exited_and_was_not_reaped_leaves_no_trace(world):
    job = world.start(1, 100)
    world.show(100, memory=0)
    world.sample_at(2.0, job)
    assert job.usage.samples == 0
    assert job.usage.average_memory_bytes is None
    assert world.rows() == []


def test_an_exit_between_two_samples_leaves_the_first_as_it_is(world):
    job = world.start(1, 100)
    for moment, memory in ((2.0, 4096), (4.0, 0)):
        world.show(100, memory=memory)
        world.sample_at(moment, job)
    assert (job.usage.samples, job.usage.average_memory_bytes) == (1, 4096)
    assert [row[4] for row in world.rows()] == [4096]


def test_the_youngest_jobs_are_not_sampled(world):
    job = world.start(1, 100)
    world.show(100, memory=4096)
    world.sample_at(FIRST_SAMPLE_S * 0.9, job)
    assert job.usage.samples == 0
    world.sample_at(FIRST_SAMPLE_S, job)
    assert job.usage.samples == 1


def test_a_recovery_script_is_not_the_job(world):
    job = world.start(1, 100)
    job.recovery = object()
    world.show(100, memory=4096)
    world.sample_at(2.0, job)
    assert job.usage.samples == 0


def test_the_processes_of_a_job_are_forgotten_with_it(world):
    first, second = world.start(1, 100), world.start(2, 200)
    for pid in (100, 200):
        world.show(pid, memory=4096)
    world.sample_at(2.0, first, second)
    world.sample_at(3.0, second)
    again = world.start(1, 300, attempt=2)
    world.show(300, memory=8192)
    world.sample_at(5.0, second, again)
    assert [job.usage.samples for job in (first, second, again)] == [1, 3, 1]
    assert again.usage.peak_memory_bytes == 8192


LIMITS = {100: 1000, 200: 5000, 300: 2**20}


def start_with_limits(world):
    # The last one has the default requirements.
    jobs = [
        world.start(job_id, pid, memory_bytes=limit, runtime_seconds=60)
        for job_id, (pid, limit) in enumerate(LIMITS.items(), 1)
    ]
    for pid in LIMITS:
        world.show(pid, memory=5000)
    world.show(300, memory=2**30)
    return jobs


def test_jobs_that_exceed_their_memory_are_named(world):
    jobs = start_with_limits(world)
    assert [job.job_id for job in world.sample_at(2.0, *jobs)] == [1]


def test_without_limits_no_job_exceeds_them(tmp_path):
    world = World(tmp_path / "samples.db", limits=False)
    assert world.sample_at(2.0, *start_with_limits(world)) == []
    world.monitor.close()


def test_the_next_sample_is_due_soon_for_young_jobs_and_later_for_old_ones(tmp_path):
    world = World(tmp_path / "samples.db", limits=False)
    old = world.start(1, 100)
    assert world.timers.delay_s(0.0) == FIRST_SAMPLE_S
    world.sample_at(60.0, old)
    assert world.timers.delay_s(60.0) == 5.0
    young = world.start(2, 200)
    world.sample_at(61.0, old, young)
    assert world.timers.delay_s(61.0) == 1.0
    world.monitor.close()


def test_a_job_near_its_limit_is_looked_at_sooner_but_stored_at_the_interval(world):
    job = world.start(1, 100, memory_bytes=2**20, runtime_seconds=600)
    world.show(100, memory=2**19)
    now = 60.0
    world.sample_at(now, job)
    while now < 70.0:
        now += 1.0
        assert world.timers.delay_s(now) < 0.5
        world.sample_at(now, job)
    assert job.usage.samples == 11
    assert [row[2] - SECOND for row in world.rows()] == [60, 65, 70]


def test_a_job_far_below_its_limit_costs_nothing_extra(world):
    job = world.start(1, 100, memory_bytes=64 * 2**30)
    world.show(100, memory=2**20)
    world.sample_at(60.0, job)
    assert world.timers.delay_s(60.0) == 5.0


def test_without_monitoring_limits_hold_all_the_same(tmp_path):
    world = World(tmp_path / "samples.db", OFF)
    world.start(1, 100, memory_bytes=0)
    assert SAMPLE not in world.timers, "it states no limit"
    job = world.start(2, 200, memory_bytes=4096)
    assert world.timers.delay_s(0.0) == FIRST_SAMPLE_S
    world.show(200, memory=2048)
    world.sample_at(2.0, job)
    assert world.timers.delay_s(2.0) == pytest.approx(1.0, abs=0.01)
    assert world.rows() == []
    world.monitor.close()


def test_without_jobs_no_sample_is_due(world):
    world.sample_at(1.0)
    assert SAMPLE not in world.timers


def test_without_monitoring_and_limits_no_sample_is_ever_due(tmp_path):
    world = World(tmp_path / "samples.db", OFF, limits=False)
    job = world.start(1, 100)
    assert SAMPLE not in world.timers
    world.sample_at(2.0, job)
    assert SAMPLE not in world.timers
    world.monitor.close()


def test_the_node_is_sampled_at_the_interval_while_jobs_run(world):
    job = world.start(1, 100)
    world.show(100, memory=4096)
    for now, cpu_s, memory in ((1.0, 2.0, 500), (2.0, 3.0, 900), (6.0, 12.0, 700), (11.0, 12.0, 0)):
        world.node = Sample(cpu_s, memory, 0)
        world.sample_at(now, job)
    usage = world.monitor.node_usage
    assert (usage.samples, usage.peak_memory_bytes, usage.peak_cpu_percent) == (3, 700, 200.0)
    assert world.rows("compute_node_resource_samples") == [
        (1, NODE, SECOND + 1, 200.0, 500),
        (2, NODE, SECOND + 6, 200.0, 700),
        (3, NODE, SECOND + 11, 0.0, 0),
    ]


def test_of_a_node_only_what_is_wanted_is_stored(tmp_path):
    settings = Monitoring(jobs=False, node_series=True, node_cpu=False, flush_s=0.0)
    world = World(tmp_path / "samples.db", settings)
    world.node = Sample(1.0, 500, 0)
    world.sample_at(1.0, world.start(1, 100, memory_bytes=0))
    assert world.rows("compute_node_resource_samples") == [(1, NODE, SECOND + 1, None, 500)]
    assert world.timers.delay_s(1.0) == 5.0
    world.monitor.close()


def test_samples_are_written_in_batches_and_at_the_end(tmp_path):
    world = World(tmp_path / "samples.db", Monitoring(job_series=True, flush_s=20.0))
    job = world.start(1, 100)
    world.show(100, memory=4096)
    stored = []
    for now in (5.0, 10.0, 15.0, 20.0, 25.0):
        world.sample_at(now, job)
        stored.append(len(world.rows()))
    world.monitor.close()
    assert stored == [0, 0, 0, 4, 4]
    assert len(world.rows()) == 5


def test_a_disk_that_refuses_samples_costs_these_and_nothing_else(world, caplog):
    job = world.start(1, 100)
    world.show(100, memory=4096)
    with closing(sqlite3.connect(world.path)) as database:
        database.execute("DROP TABLE job_resource_samples")
    world.sample_at(2.0, job)
    world.sample_at(4.0, job)
    assert job.usage.samples == 2
    assert [record.message for record in caplog.records if "no longer stored" in record.message]


def test_processes_that_cannot_be_listed_cost_samples_and_nothing_else(world, caplog):
    def fail():
        raise OSError(24, "Too many open files")

    job = world.start(1, 100)
    world.monitor._meter._new_scan = lambda *_: fail
    assert world.sample_at(2.0, job) == []
    assert job.usage.samples == 0
    assert SAMPLE in world.timers
    assert "Too many open files" in str([record.fields for record in caplog.records])


def test_a_database_of_an_older_release_takes_samples_too(tmp_path):
    path = tmp_path / "samples.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE job_resource_samples"
            " (job_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, cpu_percent REAL NOT NULL,"
            " memory_bytes INTEGER NOT NULL, num_processes INTEGER NOT NULL,"
            " PRIMARY KEY (job_id, timestamp))"
        )
    world = World(path)
    job = world.start(1, 100)
    world.show(100, memory=4096)
    for now in (1.0, 1.0, 2.0):
        world.sample_at(now, job)
    world.monitor.close()
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT timestamp FROM job_resource_samples").fetchall()
    assert rows == [(SECOND + 1,), (SECOND + 2,)]
