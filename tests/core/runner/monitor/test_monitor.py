"""What a monitor makes of the processes that it is shown."""

import sqlite3
from contextlib import closing

import pytest
from core.runner.simulated import EPOCH_MS, SimulatedClock, claimed_job

from torc_core.runner.monitor.monitor import ResourceMonitor
from torc_core.runner.monitor.process_tree import Process
from torc_core.runner.monitor.samples import SampleDatabase, StoredSample
from torc_core.runner.policy.sampling import FIRST_SAMPLE_S, Usage
from torc_core.runner.policy.timers import Timer, TimerKind, Timers
from torc_core.runner.process.attempt import Attempt
from torc_core.runner.process.child import Child

SAMPLE = Timer(TimerKind.SAMPLE)


class World:
    """A monitor, with processes and time as a test wants them."""

    def __init__(self, path, interval_s=5.0):
        self.clock = SimulatedClock()
        self.timers = Timers()
        self.processes = {}
        self.path = path
        self.monitor = ResourceMonitor(
            interval_s,
            self.timers,
            self.clock,
            scan=lambda: self.processes,
            database=SampleDatabase(str(path), 0o600),
        )

    def start(self, job_id, pid, **fields):
        return Attempt(
            claimed=claimed_job(job_id, **fields),
            child=Child(pid=pid, fd=-1),
            gpus=(),
            started=self.clock.now,
            started_ms=self.clock.wall_ms(),
            usage=Usage(last_sampled=self.clock.now),
        )

    def show(self, pid, memory, cpu_s=0.0):
        self.processes[pid] = Process(pid, 1, pid, cpu_s, memory)

    def rows(self):
        with closing(sqlite3.connect(self.path)) as database:
            rows = database.execute("SELECT * FROM job_resource_samples ORDER BY timestamp")
            return rows.fetchall()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "samples.db")
    yield made
    made.monitor.close()


def test_a_job_is_sampled_and_its_samples_are_stored(world):
    job = world.start(1, 100)
    world.clock.now = 2.0
    world.show(100, memory=4096, cpu_s=1.0)
    world.monitor.sample([job])
    assert (job.usage.samples, job.usage.peak_memory_bytes) == (1, 4096)
    assert world.rows() == [(1, EPOCH_MS // 1000 + 2, 50.0, 4096, 1)]


def test_a_job_that_has_exited_and_was_not_reaped_leaves_no_trace(world):
    job = world.start(1, 100)
    world.clock.now = 2.0
    world.show(100, memory=0)
    world.monitor.sample([job])
    assert job.usage.samples == 0
    assert job.usage.average_memory_bytes is None
    assert world.rows() == []


def test_an_exit_between_two_samples_leaves_the_first_as_it_is(world):
    job = world.start(1, 100)
    for moment, memory in ((2.0, 4096), (4.0, 0)):
        world.clock.now = moment
        world.show(100, memory=memory)
        world.monitor.sample([job])
    assert (job.usage.samples, job.usage.average_memory_bytes) == (1, 4096)
    assert [row[3] for row in world.rows()] == [4096]


def test_the_youngest_jobs_are_not_sampled(world):
    job = world.start(1, 100)
    world.show(100, memory=4096)
    world.clock.now = FIRST_SAMPLE_S * 0.9
    world.monitor.sample([job])
    assert job.usage.samples == 0
    world.clock.now = FIRST_SAMPLE_S
    world.monitor.sample([job])
    assert job.usage.samples == 1


def test_a_recovery_script_is_not_the_job(world):
    job = world.start(1, 100)
    job.completion = object()
    world.clock.now = 2.0
    world.show(100, memory=4096)
    world.monitor.sample([job])
    assert job.usage.samples == 0


def test_jobs_that_exceed_their_memory_are_named(world):
    jobs = [
        world.start(1, 100, memory_bytes=1000),
        world.start(2, 200, memory_bytes=5000),
        world.start(3, 300, memory_bytes=2**20, runtime_seconds=60),  # the default ones
    ]
    world.clock.now = 2.0
    for pid in (100, 200, 300):
        world.show(pid, memory=5000)
    world.show(300, memory=2**30)
    assert [job.job_id for job in world.monitor.sample(jobs)] == [1]


def test_the_next_sample_is_due_soon_for_young_jobs_and_later_for_old_ones(world):
    world.monitor.schedule(0.0)
    assert world.timers.delay_s(0.0) == FIRST_SAMPLE_S
    world.timers.pop_expired(1.0)
    old = world.start(1, 100)
    world.clock.now = 60.0
    world.monitor.sample([old])
    assert world.timers.delay_s(60.0) == 5.0
    young = world.start(2, 200)
    world.clock.now = 61.0
    world.monitor.sample([old, young])
    assert world.timers.delay_s(61.0) == 1.0


def test_without_jobs_no_sample_is_due(world):
    world.monitor.sample([])
    assert SAMPLE not in world.timers


def test_without_an_interval_no_sample_is_ever_due(tmp_path):
    world = World(tmp_path / "samples.db", interval_s=None)
    world.monitor.schedule(0.0)
    assert SAMPLE not in world.timers
    world.monitor.close()


def test_a_disk_that_refuses_samples_costs_these_and_nothing_else(world, caplog):
    job = world.start(1, 100)
    world.clock.now = 2.0
    world.show(100, memory=4096)
    with closing(sqlite3.connect(world.path)) as database:
        database.execute("DROP TABLE job_resource_samples")
    world.monitor.sample([job])
    world.clock.now = 4.0
    world.monitor.sample([job])
    assert job.usage.samples == 2


def test_of_two_samples_in_a_second_the_last_one_stays(world):
    database = SampleDatabase(str(world.path), 0o600)
    for memory in (1, 2):
        database.add(
            [
                StoredSample(
                    job_id=1,
                    job_name="j",
                    timestamp=7,
                    cpu_percent=0.0,
                    memory_bytes=memory,
                    num_processes=1,
                )
            ]
        )
    database.close()
    assert [row[3] for row in world.rows()] == [2]
