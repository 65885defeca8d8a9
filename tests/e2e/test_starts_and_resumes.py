"""Commands that start or resume the same workflow at the same time, as processes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from forks.processes import Process
from waiting import wait_for

from torc_core.errors import ExitCode
from torc_core.host.connect import Connection
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.model.records.workflow_run import StartRequest
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.inputs import check_start
from torc_core.operations.lifecycle.run import RunRequest, propose_run
from torc_core.operations.reporter import SILENT
from torc_core.runner.policy.options import RunnerOptions

PAIRS = 20
JOBS = 8


@pytest.fixture
def torc(server, tmp_path):
    """Start commands against the shared server; those that are left are killed."""
    started = []

    def start(*arguments, **options):
        process = Process(
            [sys.executable, "-m", "torc_tui", "--url", server.url, *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def make(client, tmp_path):
    """Make workflows of jobs with the given commands; each writes to the same log."""

    def make_workflow(*commands, **fields):
        workflow = id_of(client.create_workflow(Workflow(name="w", user="tester")))
        jobs = [
            Job(workflow_id=workflow, name=f"j{at}", command=command, **fields)
            for at, command in enumerate(commands)
        ]
        return workflow, [id_of(job) for job in client.create_jobs(jobs)]

    return make_workflow


def statuses(client, workflow):
    return Counter(job.status for job in client.list_jobs(workflow).items)


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def test_two_starts_at_once_run_every_job_once(client, torc, make, tmp_path):
    for pair in range(PAIRS):
        log = tmp_path / f"log{pair}"
        workflow, _ = make(*(f"echo {number} >> {log}" for number in range(JOBS)))
        both = [torc("run", workflow) for _ in range(2)]

        for process in both:
            process.communicate(timeout=100)

        assert sorted(lines(log)) == [str(number) for number in range(JOBS)]
        assert statuses(client, workflow) == {"completed": JOBS}
        assert client.get_workflow_status(workflow).run_id == 1
        runs = client.list_workflow_runs(workflow).items
        assert {run.kind for run in runs} == {"start"}
        assert len(runs) == 2


def test_a_start_that_was_proposed_before_another_takes_nothing_back(client, torc, make, tmp_path):
    log = tmp_path / "log"
    workflow, _ = make(*(f"echo {number} >> {log}" for number in range(JOBS)))
    options = RunnerOptions(workflow_id=workflow, output_dir=str(tmp_path / "output"))
    proposal = propose_run(
        Connection(client, is_embedded=False), RunRequest(options=options, is_detached=False)
    )
    assert proposal.question.lines[0] == "It is initialized first."
    assert torc("run", workflow).wait(100) == ExitCode.OK

    proposal.perform(SILENT, force=False)

    assert statuses(client, workflow) == {"completed": JOBS}
    assert len(lines(log)) == JOBS
    assert check_start(client, workflow).is_safe


def test_of_two_resumes_at_once_one_wins_and_the_other_names_it(client, torc, make, tmp_path):
    log = tmp_path / "log"
    workflow, _ = make(f"echo x >> {log}; [ -e {tmp_path}/ok ]")
    assert torc("run", workflow).wait(100) == ExitCode.JOBS_FAILED
    (tmp_path / "ok").touch()
    for kind in ("--hot", "--cold"):
        before = len(client.list_workflow_runs(workflow).items)
        both = [torc("workflows", "resume", kind, workflow) for _ in range(2)]
        outputs = [process.communicate(timeout=100) for process in both]

        codes = sorted(process.returncode for process in both)
        assert codes == [ExitCode.OK, ExitCode.CONFLICT], outputs
        [loser] = [at for at, each in enumerate(both) if each.returncode == ExitCode.CONFLICT]
        named = re.search(
            r"resumed (?:already )?by \S+ \(PID (\d+)\): run record (\d+)", outputs[loser][1]
        )
        assert named, outputs[loser][1]
        assert int(named[1]) == both[1 - loser].pid
        [winner] = client.list_workflow_runs(workflow).items[before:]
        assert (winner.id, winner.status) == (int(named[2]), "completed")
    assert lines(log) == ["x", "x"]
    assert statuses(client, workflow) == {"completed": 1}


def interrupt(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(100)


def test_what_a_stopped_runner_had_to_stop_runs_again_by_itself(client, torc, make, tmp_path):
    log = tmp_path / "log"
    workflow, [first] = make(f"echo $TORC_ATTEMPT_ID >> {log}; [ -e {tmp_path}/ok ] || sleep 100")
    after = id_of(
        client.create_job(
            Job(workflow_id=workflow, name="after", command="true", depends_on_job_ids=[first])
        )
    )
    running = torc("run", workflow)
    wait_for(lambda: lines(log), "the job")
    assert interrupt(running) == ExitCode.TERMINATED
    assert client.get_job(first).status == "terminated"
    assert client.get_job(after).status == "blocked"
    assert not client.is_workflow_complete(workflow).is_complete
    (tmp_path / "ok").touch()

    assert torc("run", workflow).wait(100) == ExitCode.OK

    assert lines(log) == ["1", "2"]
    results = client.list_results(workflow, job_id=first, all_runs=True).items
    assert [(r.attempt_id, r.status) for r in results] == [(1, "terminated"), (2, "completed")]
    assert [run.status for run in client.list_workflow_runs(workflow).items] == [
        "interrupted",
        "completed",
    ]


def test_the_run_of_a_canceled_workflow_says_how_to_continue(client, torc, make, tmp_path):
    log = tmp_path / "log"
    workflow, _ = make(f"echo x >> {log}; sleep 100", "sleep 100")
    running = torc("run", workflow, "--max-parallel-jobs", 1)
    wait_for(lambda: lines(log), "the job")
    client.cancel_workflow(workflow)
    running.wait(100)
    command = re.search("Continue with what is left: torc (.*)", running.stderr.read())[1]
    assert command == f"workflows resume {workflow}"
    assert torc(*command.split(), "--no-run").wait(100) == ExitCode.OK


def test_a_cold_resume_ends_the_runner_that_is_there(client, torc, make, tmp_path):
    log = tmp_path / "log"
    workflow, _ = make(f"echo x >> {log}; [ -e {tmp_path}/ok ] || sleep 100")
    running = torc("run", workflow)
    wait_for(lambda: lines(log), "the job")
    (tmp_path / "ok").touch()

    resumed = torc("workflows", "resume", "--cold", workflow)

    assert resumed.wait(100) == ExitCode.OK, resumed.stderr.read()
    assert running.wait(100) == ExitCode.TERMINATED
    assert "resumed by" in running.communicate()[0]
    assert client.get_workflow_status(workflow).run_id == 2
    assert statuses(client, workflow) == {"completed": 1}


def test_a_hot_resume_leaves_the_runner_that_is_there(client, torc, make, tmp_path):
    log = tmp_path / "log"
    workflow, [slow, _] = make(
        f"echo slow >> {log}; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done",
        f"echo failing >> {log}; [ -e {tmp_path}/ok ]",
    )
    running = torc("run", workflow)
    wait_for(lambda: statuses(client, workflow)["failed"], "the failure")
    (tmp_path / "ok").touch()

    resumed = torc("workflows", "resume", workflow)

    wait_for(lambda: statuses(client, workflow)["completed"], "the failed job")
    assert client.get_job(slow).status == "running"
    (tmp_path / "go").touch()
    assert [running.wait(100), resumed.wait(100)] == [ExitCode.OK, ExitCode.OK]
    assert sorted(lines(log)) == ["failing", "failing", "slow"]


def test_a_cold_resume_after_its_runner_was_killed(client, torc, make, tmp_path):
    log = tmp_path / "log"
    workflow, _ = make(f"echo $$ >> {log}; [ -e {tmp_path}/ok ] || sleep 100")
    killed = torc("run", workflow)
    wait_for(lambda: statuses(client, workflow)["running"], "the job")
    killed.kill()
    killed.wait()
    (tmp_path / "ok").touch()

    resumed = torc("workflows", "resume", "--cold", workflow)

    _, err = resumed.communicate(timeout=100)
    assert resumed.returncode == ExitCode.OK, err
    assert statuses(client, workflow) == {"completed": 1}
    assert [run.status for run in client.list_workflow_runs(workflow).items] == [
        "lost",
        "completed",
    ]
    first = int(lines(log)[0])
    wait_for(lambda: not Path(f"/proc/{first}").exists(), "the end of what the dead runner left")


@pytest.mark.parametrize("command", [("run",), ("workflows", "resume")])
def test_after_its_runner_was_killed_a_job_continues_under_the_next_one(
    client, torc, make, tmp_path, command
):
    log = tmp_path / "log"
    workflow, [job] = make(f"echo x >> {log}; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")
    killed = torc("run", workflow)
    wait_for(lambda: statuses(client, workflow)["running"], "the job")
    before = client.get_job(job)
    killed.kill()
    killed.wait()

    following = torc(*command, workflow)

    wait_for(lambda: client.get_job(job).compute_node_id != before.compute_node_id, "adoption")
    (tmp_path / "go").touch()
    out, err = following.communicate(timeout=100)
    assert following.returncode == ExitCode.OK, (out, err)
    assert lines(log) == ["x"]
    [result] = client.list_results(workflow, all_runs=True).items
    assert (result.status, result.attempt_id) == ("completed", 1)
    assert result.compute_node_id != before.compute_node_id
    assert [run.status for run in client.list_workflow_runs(workflow).items] == [
        "lost",
        "completed",
    ]


def test_a_cold_resume_that_waits_in_vain_says_what_to_do(client, torc, make):
    workflow, _ = make("true", "true")
    client.start_workflow(workflow, StartRequest(user="tester"))
    client.claim_next_jobs(workflow, 1)  # a client without exchanges: nothing can ask it to stop

    waits = torc("workflows", "resume", "--cold", "--resume-timeout", "0.2", workflow)

    _, err = waits.communicate(timeout=100)
    assert waits.returncode == ExitCode.TIMED_OUT
    assert "1 job of earlier runs did not end" in err
    assert "--force-cleanup" in err
    forced = torc("workflows", "resume", "--cold", "--force-cleanup", workflow)
    _, err = forced.communicate(timeout=100)
    assert forced.returncode == ExitCode.OK, err
    assert "1 job given up" in err
    assert statuses(client, workflow) == {"completed": 2}


def test_a_resume_without_a_runner_leaves_the_jobs_to_others(client, torc, make):
    workflow, _ = make("false")
    assert torc("run", workflow).wait(100) == ExitCode.JOBS_FAILED
    assert torc("workflows", "resume", "--no-run", workflow).wait(100) == ExitCode.OK
    assert statuses(client, workflow) == {"ready": 1}
    [_, resumed] = client.list_workflow_runs(workflow).items
    assert (resumed.status, resumed.kind) == ("completed", "hot_resume")


def test_runs_are_listed_as_a_table_and_as_json(torc, make):
    workflow, _ = make("true")
    run = torc("run", workflow)
    assert run.wait(100) == ExitCode.OK
    table, _ = torc("workflows", "runs", workflow).communicate(timeout=100)
    assert re.search(r"start\s+completed", table)
    text, _ = torc("-f", "json", "workflows", "runs", workflow).communicate(timeout=100)
    [listed] = json.loads(text)["workflow_runs"]
    assert listed["process"]["pid"] == run.pid
    assert (listed["heartbeat_interval"], listed["report_by_buffer"]) == (30.0, 3.1)
    assert (listed["status"], listed["exit_code"]) == ("completed", 0)
