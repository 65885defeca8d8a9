"""`torc watch` over workflows of this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess

import pytest
from cli.watchers import Watcher, logged
from core.runner.flows import Flow, RunnerThread
from msgspec.structs import replace
from operations.recovery.wanted import fall_silent
from waiting import wait_for

from tests.operations.situations import node_here
from torc_core.host.runs import RunState, list_runs
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.records.recovery import RecoveryKind
from torc_core.model.resources import ResourceRequirements, SlurmScheduler
from torc_core.model.workflow import ResetJobsRequest
from torc_core.operations.recovery.record import begin_recovery

PATIENT = ("--poll-interval", "3600")
"""What is seen is told by events."""


@pytest.fixture
def watch(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TORC_API_URL", server.url)
    started = []

    def start(*words):
        started.append(Watcher(tmp_path, *words))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture
def log_of(tmp_path):
    host = socket.gethostname()
    return lambda workflow_id: logged(tmp_path / "output" / f"watch_{host}_{workflow_id}.log")


def test_a_run_is_watched_to_its_end_which_an_event_tells(client, watch, tmp_path, log_of):
    flow = Flow(client, tmp_path / "runs")
    go = tmp_path / "go"
    flow.add(f"until test -e {go}; do sleep 0.01; done", name="waits")
    watcher = watch(flow.id, *PATIENT, "--show-job-counts")
    watcher.wait_for("No runner works on workflow")
    flow.initialize()
    runner = RunnerThread(client, flow.options())
    go.touch()
    assert watcher.end() == 0
    runner.wait()

    assert watcher.said.splitlines() == [
        f"Watching workflow {flow.id} (poll interval: 3600s, job counts enabled)",
        "completed=0, running=0, pending=0, failed=0, blocked=0, uninitialized=1",
        f"No runner works on workflow {flow.id}. To run it here: torc run {flow.id} --detach",
        "completed=1, running=0, pending=0, failed=0, blocked=0",
        f"Workflow {flow.id} is complete",
        "Workflow completed successfully (1 job)",
    ]
    assert log_of(flow.id) == watcher.said.splitlines()


def test_jobs_that_failed_are_named_and_the_exit_code_says_so(client, watch, tmp_path, log_of):
    flow = Flow(client, tmp_path / "runs")
    flow.add("exit 3", name="bad \x1b[31mname")
    flow.add("true", name="good")
    flow.run()
    watcher = watch(flow.id)

    assert watcher.end() == 1
    assert "\x1b" not in watcher.said
    assert "  - Failed: 1\n  - Canceled: 0\n  - Terminated: 0\n  - Completed: 1" in watcher.said
    assert "[31mname), return code 3" in watcher.said
    assert f"torc recover {flow.id} --dry-run" in watcher.said
    assert any("\\x1b[31mname), return code 3" in line for line in log_of(flow.id))


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_watch_and_no_job(client, watch, tmp_path, log_of, how, code):
    flow = Flow(client, tmp_path / "runs")
    flow.add("true")
    watcher = watch(flow.id, *PATIENT)
    watcher.wait_for("No runner works")

    assert watcher.kill(how) == code
    assert f"workflow {flow.id} goes on. The same command watches it again." in watcher.said
    assert log_of(flow.id)[-1] == "Stopped."


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15)])
def test_before_the_server_has_answered_a_signal_ends_it_as_any_command(watch, how, code):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        watcher = watch("--url", "http://{}:{}".format(*silent.getsockname()), 1)
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)

            assert watcher.kill(how) == code


def test_a_dead_runner_of_this_machine_is_known_before_its_lease_ends(client, watch, tmp_path):
    flow = Flow(client, tmp_path / "runs")
    flow.add("true")
    flow.initialize()
    process = subprocess.Popen(["true"])
    process.wait()
    node = replace(node_here(flow.id), hostname=os.uname().nodename, pid=process.pid)
    dead = client.create_compute_node(node).id
    [claimed] = client.claim_next_jobs(flow.id, 1).jobs
    client.start_job(claimed.id, 1, dead)
    watch(flow.id, *PATIENT).wait_for(f"To run it here: torc run {flow.id} --detach")


def test_a_workflow_that_is_canceled_is_watched_no_longer(client, watch, tmp_path):
    flow = Flow(client, tmp_path / "runs")
    flow.add("true")
    flow.initialize()
    watcher = watch(flow.id, *PATIENT)
    watcher.wait_for("No runner works")
    client.cancel_workflow(flow.id)

    assert watcher.end() == 1
    assert f"Workflow {flow.id} is canceled." in watcher.said


def test_a_server_that_is_away_is_waited_for(make_server, watch, tmp_path, monkeypatch):
    own = make_server()
    monkeypatch.setenv("TORC_API_URL", own.url)
    flow = Flow(own.client(), tmp_path / "runs")
    flow.add("true")
    watcher = watch(flow.id, "--poll-interval", "1")
    watcher.wait_for("No runner works")
    own.kill()
    watcher.wait_for("Waiting until it answers.")
    own.start()
    watcher.wait_for("The server answers again.")
    flow.run()

    assert watcher.end() == 0
    assert watcher.said.count("Waiting until it answers.") == 1


def test_a_run_that_a_killed_watch_has_begun_is_not_begun_again(client, server, watch, tmp_path):
    flow = Flow(client, tmp_path / "runs")
    go = tmp_path / "go"
    flow.add(f"until test -e {go}; do sleep 0.01; done")
    flow.initialize()
    # As if it had been killed before it could record that.
    begin_recovery(client, flow.id, RecoveryKind.SCHEDULE, run_id=1, number=1, plan={})
    fall_silent(server.database)
    runner = RunnerThread(client, flow.options())
    wait_for(lambda: client.list_compute_nodes(flow.id, is_active=True).items, "its runner")
    watcher = watch(flow.id, *PATIENT, "--recover")
    wait_for(lambda: client.list_recoveries(flow.id).items[0].outcome == "done", "its end")
    go.touch()
    assert watcher.end() == 0, watcher.said
    runner.wait()
    assert "in the background" not in watcher.said
    assert len(client.list_compute_nodes(flow.id).items) == 1

    # As if that run had ended before the next watch.
    begin_recovery(client, flow.id, RecoveryKind.SCHEDULE, run_id=1, number=2, plan={})
    fall_silent(server.database)
    later = watch(flow.id, *PATIENT, "--recover")
    assert later.end() == 0, later.said
    assert "in the background" not in later.said
    assert client.list_recoveries(flow.id).items[0].outcome == "done"


def test_a_workflow_for_slurm_that_ran_on_this_machine_is_mended_here(
    client, watch, tmp_path, monkeypatch
):
    flow = Flow(client, tmp_path / "runs")
    scheduler = SlurmScheduler(workflow_id=flow.id, account="a", nodes=1, walltime="1:00")
    client.create_slurm_scheduler(scheduler)
    needs = {"num_cpus": 1, "num_gpus": 0, "num_nodes": 1, "memory": "50m", "runtime": "PT2M"}
    small = client.create_resource_requirements(
        ResourceRequirements(workflow_id=flow.id, name="small", **needs)
    ).id
    mark = tmp_path / "mark"
    command = f"test -e {mark} || {{ : > {mark}; exit 137; }}"
    flow.add(command, name="falls", resource_requirements_id=small)
    good = flow.add("true", name="good")
    flow.run()
    without_slurm = tmp_path / "bin"
    without_slurm.mkdir()
    (without_slurm / "bash").symlink_to(shutil.which("bash"))
    monkeypatch.setenv("PATH", str(without_slurm))
    failed = watch(flow.id, *PATIENT, "--recover")
    assert failed.end() == 0, failed.said
    assert "in the background (PID" in failed.said

    client.reset_jobs(flow.id, ResetJobsRequest(job_ids=[good]))
    left = watch(flow.id, *PATIENT, "--recover", "--auto-schedule")
    assert left.end() == 0, left.said
    assert "in the background (PID" in left.said


def test_what_cannot_be_watched_is_one_message(client, watch, tmp_path, monkeypatch):
    flow = Flow(client, tmp_path / "runs")
    empty = Flow(client, tmp_path / "runs")
    (tmp_path / "file").touch()
    flow.add("true")
    for_slurm, submitted, ended = (Flow(client, tmp_path / "runs") for _ in range(3))
    for each in (for_slurm, submitted, ended):
        each.add("true")
        scheduler = SlurmScheduler(workflow_id=each.id, account="a", nodes=1, walltime="1:00")
        scheduler = client.create_slurm_scheduler(scheduler)
        if each is not for_slurm:
            client.create_scheduled_compute_node(
                ScheduledComputeNode(
                    workflow_id=each.id,
                    scheduler_id=1,
                    scheduler_config_id=scheduler.id,
                    scheduler_type="slurm",
                    status="complete",
                )
            )
    submitted.initialize()
    ended.run()
    archived = Flow(client, tmp_path / "runs")
    client.archive_workflow(archived.id, is_archived=True)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    refused = {
        watch(flow.id, "-o", "file/x"): (9, "cannot be written"),
        watch(flow.id, "-o", "/proc/x"): (9, "cannot be written"),
        watch(999_999): (4, "There is no workflow"),
        watch(flow.id, "-p", "0"): (2, "is not a number above 0"),
        watch(empty.id): (1, "has no jobs"),
        watch(archived.id, "--recover"): (5, "is archived"),
        watch(flow.id, "-r", "--recovery-hook", "no-such-hook"): (9, "no-such-hook"),
        watch(flow.id, "-r", "--memory-multiplier", "0.5"): (2, "is not a number from 1"),
        watch(for_slurm.id): (1, "was never submitted"),
        watch(submitted.id, "--auto-schedule"): (9, "no sbatch on PATH"),
        watch(ended.id, "--recover"): (0, "completed successfully"),
    }
    for watcher, (code, message) in refused.items():
        assert watcher.end() == code, watcher.said
        assert message in watcher.said
        assert "Traceback" not in watcher.said
    assert not (tmp_path / "file").stat().st_size


def test_options_that_do_nothing_are_named(client, torc, tmp_path):
    flow = Flow(client, tmp_path / "runs")
    flow.add("true")
    flow.run()
    said = torc("watch", flow.id, "--retry-unknown", "--auto-schedule-cooldown", 3).err
    assert "warning: --retry-unknown does nothing without --recover." in said
    assert "warning: --auto-schedule-cooldown does nothing without --auto-schedule." in said
    said = torc("watch", flow.id, "-r", "--retry-unknown", "--auto-schedule").err
    assert "does nothing" not in said


def test_a_watch_that_begins_late_says_the_end_at_once(client, watch, torc, tmp_path):
    flow = Flow(client, tmp_path / "runs")
    flow.add("true")
    flow.run()
    assert watch(flow.id, *PATIENT).end() == 0
    assert torc("-f", "json", "watch", flow.id).json == {
        "workflow_id": flow.id,
        "exit_code": 0,
        "message": "Workflow completed successfully (1 job)",
        "hint": "",
    }


def test_a_local_run_is_recovered_by_one_of_two_watches(client, watch, tmp_path, log_of):
    flow = Flow(client, tmp_path / "runs")
    needs = {"num_cpus": 1, "num_gpus": 0, "num_nodes": 1, "memory": "50m", "runtime": "PT2M"}
    small = client.create_resource_requirements(
        ResourceRequirements(workflow_id=flow.id, name="small", **needs)
    ).id
    mark = tmp_path / "mark"
    flow.add(f"mkdir {mark} || exit 0; exit 137", name="large", resource_requirements_id=small)
    flow.add("exit 3", name="bug")
    flow.add("true", name="good")
    watchers = [watch(flow.id, *PATIENT, "--recover") for _ in range(2)]

    assert [each.end(120) for each in watchers] == [1, 1], [each.said for each in watchers]
    for each in watchers:
        assert "Attempting automatic recovery (attempt 2/3)" in each.said
        assert "No recoverable jobs found" in each.said
        assert each.said.count("(bug), return code 3") == each.said.count("is complete")
    lines = [line for each in watchers for line in each.said.splitlines()]
    assert sum("in the background (PID" in each for each in lines) == 2
    assert sum("Recovery initiated. Resuming monitoring..." in each for each in lines) == 1
    assert any("(large): OOM detected, increasing memory 50m -> 75m" in each for each in lines)
    assert any("Retry anyway" in each for each in log_of(flow.id))
    statuses = {job.name: job.status for job in client.list_jobs(flow.id).items}
    assert statuses == {"large": "completed", "bug": "failed", "good": "completed"}
    kinds = [(each.kind, each.run_id) for each in client.list_recoveries(flow.id).items]
    assert kinds == [("recover", 1), ("schedule", 0)]
    again = watch(flow.id, "--recover", "--max-retries", "1")
    assert again.end() == 1
    assert "Max retries (1) exceeded. Manual intervention required." in again.said
    wait_for(lambda: all(run.state is not RunState.RUNNING for run in list_runs()), "its runs")
