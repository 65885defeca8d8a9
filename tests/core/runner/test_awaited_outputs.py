"""Output files that are late are looked for again, and nothing else waits for them."""

from __future__ import annotations

import pytest
from core.runner.simulated import World, claimed_job

from torc_core.model.exchange import OutputFile
from torc_core.model.resources import FailureRule
from torc_core.resources import Resources
from torc_core.runner.policy.outputs.written import LOOKS_S, FoundOutputs

ONE_CPU = Resources(num_cpus=1, memory_bytes=2**40)
TWO_CPUS = Resources(num_cpus=2, memory_bytes=2**40)
WHOLE_S = sum(LOOKS_S)


def writer(job_id=1, **fields):
    return claimed_job(
        job_id, **{"runtime_seconds": 60, "output_files": [OutputFile(id=5, path="x")], **fields}
    )


def appears_at(world, when):
    """Let the output file of job 1 appear at a moment."""

    def outputs(attempt):
        if attempt.job_id != 1 or world.clock.now >= when:
            return FoundOutputs({5: 1.0})
        return FoundOutputs({}, ("The file is not there.",))

    world.processes.outputs = outputs


def results(world):
    return {end.job_id: (end.status, end.return_code) for end in world.server.results}


def test_a_late_file_is_found_and_the_wait_is_no_run_time():
    world = World(ONE_CPU)
    world.server.add(writer())
    appears_at(world, 61.0)
    world.run()

    (end,) = world.server.results
    assert (end.status, end.return_code, end.output_file_mtimes) == ("completed", 0, {5: 1.0})
    assert end.exec_time_minutes == pytest.approx(1.0, abs=0.01)
    assert world.clock.now < 63


def test_a_file_that_does_not_come_fails_the_job_when_the_time_is_over():
    world = World(ONE_CPU)
    world.server.add(writer())
    appears_at(world, 1e9)
    world.run()

    assert results(world) == {1: ("failed", 1)}
    assert [looks for _, _, looks in world.processes.looks] == list(range(len(LOOKS_S) + 1))
    first, *_, last = [when for when, _, _ in world.processes.looks]
    assert last - first == pytest.approx(WHOLE_S, abs=0.01)


def test_a_job_keeps_its_slot_while_its_file_is_looked_for():
    world = World(ONE_CPU)
    world.server.add(writer(), claimed_job(2, runtime_seconds=60))
    appears_at(world, 1e9)
    world.run()

    starts = {job_id: when for when, job_id in world.processes.started}
    assert starts[2] - starts[1] == pytest.approx(60 + WHOLE_S, abs=0.5)


def test_other_jobs_go_on_meanwhile():
    world = World(TWO_CPUS)
    world.server.add(writer(), *(claimed_job(n, runtime_seconds=1) for n in range(2, 80)))
    appears_at(world, 1e9)
    world.run()

    during = [when for when, _ in world.processes.started if 60.5 < when < 60 + WHOLE_S]
    assert len(during) >= 3


@pytest.mark.parametrize("code", [1, 143])
def test_nothing_is_looked_for_after_a_failure(code):
    world = World(ONE_CPU)
    world.processes.exit_code = lambda _: code
    world.server.add(writer())
    world.run()

    assert world.processes.looks == []
    assert results(world) == {1: ("failed", code)}


def test_a_stopped_runner_looks_once_more_and_does_not_wait():
    world = World(ONE_CPU)
    world.server.add(writer())
    appears_at(world, 1e9)
    world.stop_at(60.3)
    world.run()

    assert results(world) == {1: ("failed", 1)}
    assert world.clock.now < 61
    assert world.processes.ended == []  # its process is gone, and its pid may be another's


def test_a_file_that_is_there_when_the_runner_is_stopped_counts():
    world = World(ONE_CPU)
    world.server.add(writer())
    appears_at(world, 60.2)
    world.stop_at(60.3)
    world.run()

    assert results(world) == {1: ("completed", 0)}


def test_a_canceled_workflow_does_not_wait_either():
    world = World(ONE_CPU)
    world.server.add(writer())
    appears_at(world, 1e9)

    def cancel():
        world.server.is_canceled = True
        world.server.add()

    world.waker.at(60.3, cancel)
    world.run()

    assert results(world) == {1: ("canceled", 0)}
    assert world.clock.now < 61


def test_a_failure_handler_is_asked_when_the_time_is_over():
    world = World(ONE_CPU)
    rules = [FailureRule(exit_codes=[1], max_retries=2)]
    world.server.add(writer(failure_rules=rules))
    appears_at(world, 100.0)
    summary = world.run()

    assert summary.outcomes == {"retried": 1, "completed": 1}
