"""Hundreds of jobs of milliseconds, which the guard starts one behind the other."""

from collections import Counter

import pytest
from waiting import wait_for

from torc_core.errors import ExitCode
from torc_core.model.job import Job
from torc_core.model.status import JobStatus

COUNT = 600
TWO_CPUS = {"num_cpus": 2}


def add_jobs(flow, command, count=COUNT, **fields):
    """Add jobs; their command may say its number."""
    made = flow.client.create_jobs(
        [
            Job(workflow_id=flow.id, name=f"j{number}", command=command.format(number), **fields)
            for number in range(count)
        ]
    )
    return [job.id for job in made]


def statuses(flow):
    return Counter(job.status for job in flow.client.list_jobs(flow.id).items)


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def test_each_runs_once_with_its_own_exit_code(flow, tmp_path):
    ledger = tmp_path / "ledger"
    add_jobs(flow, f"echo {{0}} >> {ledger}; exit $(({{0}} % 5 == 4))")
    summary = flow.run(**TWO_CPUS)
    assert summary.outcomes == {"completed": COUNT * 4 // 5, "failed": COUNT // 5}
    assert sorted(map(int, lines(ledger))) == list(range(COUNT))
    for result in flow.client.list_results(flow.id).items:
        assert result.exec_time_minutes > 0


def test_never_more_run_at_once_than_fit(flow, tmp_path):
    # Each makes itself one of two places; with a third at once there is none for it.
    first, second = tmp_path / "1", tmp_path / "2"
    add_jobs(flow, f"mkdir {first} && rmdir {first} || {{{{ mkdir {second} && rmdir {second}; }}}}")
    assert flow.run(**TWO_CPUS).outcomes == {"completed": COUNT}


@pytest.mark.parametrize("reason", ["stop", "cancel"])
def test_what_was_not_started_is_not_started_after_the_end(flow, start_runner, tmp_path, reason):
    ledger, go = tmp_path / "ledger", tmp_path / "go"
    # The later ones wait, so that some are left whenever the end is asked for.
    later = f"[ {{0}} -lt {2 * COUNT} ] || until [ -e {go} ]; do sleep 0.02; done"
    add_jobs(flow, f"echo {{0}} >> {ledger}; {later}", count=3 * COUNT)
    runner = start_runner(flow, **TWO_CPUS)
    wait_for(lambda: len(lines(ledger)) > COUNT, "a third of the jobs")
    if reason == "stop":
        runner.runner.stop()
    else:
        flow.client.cancel_workflow(flow.id)
    runner.wait()
    found = lines(ledger)
    left = statuses(flow)
    assert len(found) == len(set(found)) < 3 * COUNT
    if reason == "stop":
        assert left[JobStatus.PENDING] == left[JobStatus.RUNNING] == 0
        go.touch()
        assert flow.run(**TWO_CPUS).exit_code is ExitCode.OK
        again = Counter(lines(ledger))
        assert set(map(int, again)) == set(range(3 * COUNT))
        assert sum(again.values()) - 3 * COUNT <= 2, "only what was running is run again"


def test_one_may_move_the_directory_of_the_logs_away(flow):
    logs = flow.output_dir / "job_stdio"
    add_jobs(flow, f"case {{0}} in *50) mv {logs} {flow.output_dir}/moved{{0}}; true;; esac")
    assert flow.run(**TWO_CPUS).outcomes == {"completed": COUNT}
    (log,) = flow.output_dir.glob("job_runner_*.log")
    assert "Log directory had vanished" in log.read_text()


def test_a_command_that_cannot_be_started_fails_among_others(flow):
    add_jobs(flow, "true", count=300)
    broken = flow.add("true", name="broken", env={f"V{n}": "x" * 130_000 for n in range(20)})
    add_jobs_behind = [flow.add("true", name=f"behind{n}") for n in range(20)]
    assert flow.run(**TWO_CPUS).outcomes == {"completed": 320, "failed": 1}
    assert flow.status(broken) == "failed"
    assert {flow.status(job) for job in add_jobs_behind} == {"completed"}
