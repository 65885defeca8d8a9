"""What dead runners leave: their jobs go on, and the next runner has all of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from core.runner.flows import Flow
from core.runner.left_behind import CARETAKER, GUARD, Runners, adoptions, wait_for_adoption
from waiting import wait_for

from torc_core.model.resources import FailureHandler
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE
from torc_core.model.status import JobStatus


@pytest.fixture
def go(tmp_path):
    """What jobs wait for."""
    return tmp_path / "go"


@pytest.fixture
def ledger(tmp_path):
    """Who started, by name and attempt."""
    return tmp_path / "ledger"


@pytest.fixture
def waiting(flow, ledger, go):
    """Add a job that starts, waits and exits with 3."""

    def add(name="job", flow=flow, then="exit 3", **fields):
        command = (
            f"echo {name} $TORC_ATTEMPT_ID >>{ledger}; echo before; "
            f"until [ -e {go} ]; do sleep 0.02; done; echo after; {then}"
        )
        return flow.add(command, name=name, **fields)

    return add


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def wait_for_lines(path: Path, count: int) -> None:
    wait_for(lambda: len(lines(path)) >= count, f"{count} lines in {path.name}")


def run_until_killed(runners: Runners, flow: Flow, ledger: Path, *arguments: str) -> None:
    """Run a workflow until a job more has started, and kill the runner."""
    count = len(lines(ledger)) + 1
    runner = runners.start(flow, *arguments)
    wait_for_lines(ledger, count)
    wait_for(
        lambda: any(json.loads(line)["type"] == "started" for line in journal(runners)),
        "the journal",
    )
    runners.kill(runner)


def journal(runners: Runners) -> list[str]:
    return [line for path in runners.guards.glob("*/journal") for line in lines(path)]


def guard_log(runners: Runners) -> str:
    return "".join(path.read_text() for path in runners.guards.glob("*/guard.log"))


def log_of(flow: Flow) -> str:
    return "\n".join(path.read_text() for path in flow.output_dir.glob("job_runner_*.log"))


def test_a_job_ends_as_if_its_runner_had_lived(flow, runners, waiting, ledger, go):
    job = waiting(then="for ((i = 0; i < 200000; i++)); do :; done; exit 3")
    run_until_killed(runners, flow, ledger)
    following = runners.start(flow)
    wait_for_adoption(flow, job)
    go.touch()
    assert following.wait(100) == 1
    result = flow.result(job)
    assert (result.return_code, result.attempt_id, result.status) == (3, 1, JobStatus.FAILED)
    assert flow.stdio(job) == "before\nafter\n"
    assert result.peak_memory_bytes
    assert result.avg_cpu_percent
    assert result.compute_node_id == adoptions(flow, job)[-1]
    assert lines(ledger) == ["job 1"]
    assert not runners.processes()
    assert list(runners.guards.iterdir()) == []


def test_what_ended_while_nobody_lived_is_reported_from_the_journal(
    flow, runners, waiting, ledger, go
):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    runners.stop_caring()
    go.touch()
    wait_for(lambda: any('"exited"' in line for line in journal(runners)), "the exit")
    runners.send(signal.SIGKILL, GUARD)
    runners.send(signal.SIGKILL, CARETAKER)
    runners.start(flow).wait(100)
    assert flow.result(job).return_code == 3
    assert flow.stdio(job) == "before\nafter\n"
    assert lines(ledger) == ["job 1"]


def test_jobs_of_a_killed_guard_are_ended_and_run_again(flow, runners, waiting, ledger, go):
    job = waiting()
    runner = runners.start(flow)
    wait_for_lines(ledger, 1)
    runners.send(signal.SIGKILL, GUARD)
    wait_for_lines(ledger, 2)
    go.touch()
    assert runner.wait(100) == 1
    assert lines(ledger) == ["job 1", "job 2"]
    assert flow.codes(job) == {1: LOST_RETURN_CODE, 2: 3}
    assert flow.stdio(job, attempt=1) == "before\n"
    assert not runners.processes()


def kill_with_guard(runners: Runners, runner: subprocess.Popen[bytes]) -> None:
    runner.send_signal(signal.SIGSTOP)  # so that it does not notice
    runners.send(signal.SIGKILL, GUARD)
    runners.kill(runner)


def test_jobs_of_a_killed_guard_and_runner_run_again(flow, runners, waiting, ledger, go):
    job = waiting()
    runner = runners.start(flow)
    wait_for_lines(ledger, 1)
    kill_with_guard(runners, runner)
    following = runners.start(flow)
    wait_for_lines(ledger, 2)
    go.touch()
    assert following.wait(100) == 1
    assert lines(ledger) == ["job 1", "job 2"]
    assert flow.codes(job) == {1: LOST_RETURN_CODE, 2: 3}
    first, second = flow.client.list_compute_nodes(flow.id).items
    lost, ended = flow.client.list_results(flow.id, all_runs=True).items
    assert [lost.compute_node_id, ended.compute_node_id] == [first.id, second.id]
    assert adoptions(flow, job) == []
    assert "this attempt is lost" in flow.stdio(job, "e", attempt=1)
    assert not runners.processes()


def test_a_job_whose_runners_are_all_killed_with_their_guards_fails(flow, runners, waiting, ledger):
    job = waiting()
    for attempt in range(1, LOST_ATTEMPTS_LIMIT + 1):
        runner = runners.start(flow)
        wait_for_lines(ledger, attempt)
        kill_with_guard(runners, runner)
    assert runners.start(flow).wait(100) == 1
    assert flow.status(job) == "failed"
    assert flow.codes(job) == dict.fromkeys(range(1, LOST_ATTEMPTS_LIMIT + 1), LOST_RETURN_CODE)


def test_a_runner_killed_in_the_grace_of_its_jobs_leaves_them_stopped(
    flow, runners, ledger, go, tmp_path
):
    trap = f"trap 'touch {tmp_path}/signaled; until [ -e {go} ]; do sleep 0.02; done; exit 5' TERM"
    job = flow.add(
        f"{trap}; echo job >>{ledger}; until [ -e {go} ]; do sleep 0.02; done",
        name="job",
        supports_termination=True,
    )
    runner = runners.start(flow)
    wait_for_lines(ledger, 1)
    runner.send_signal(signal.SIGINT)
    wait_for((tmp_path / "signaled").exists, "the signal")
    runners.kill(runner)
    runners.stop_caring()
    following = runners.start(flow)
    wait_for_adoption(flow, job)
    go.touch()
    assert following.wait(100) == 1
    result = flow.result(job)
    assert (result.status, result.return_code) == (JobStatus.TERMINATED, 5)


def test_a_recovery_script_outlives_its_runner(flow, runners, ledger, go, tmp_path):
    script = f"touch {tmp_path}/recovers; until [ -e {go} ]; do sleep 0.02; done"
    rules = [{"match_all_exit_codes": True, "recovery_script": script, "max_retries": 3}]
    handler = flow.client.create_failure_handler(
        FailureHandler(workflow_id=flow.id, name="h", rules=json.dumps(rules))
    )
    job = flow.add(
        f"echo $TORC_ATTEMPT_ID >>{ledger}; exit $((TORC_ATTEMPT_ID < 2))",
        name="job",
        failure_handler_id=handler.id,
    )
    runner = runners.start(flow)
    wait_for((tmp_path / "recovers").exists, "the script")
    runners.kill(runner)
    following = runners.start(flow)
    wait_for_adoption(flow, job)
    go.touch()
    assert following.wait(100) == 0
    assert lines(ledger) == ["1", "2"]


def test_one_runner_adopts_from_several(flow, runners, waiting, ledger, go):
    jobs = [waiting(name) for name in "ab"]
    first, second = (runners.start(flow, "--max-parallel-jobs", "1") for _ in "ab")
    wait_for_lines(ledger, 2)
    runners.kill(first, second)
    following = runners.start(flow)
    for job in jobs:
        wait_for_adoption(flow, job)
    go.touch()
    following.wait(100)
    assert {flow.result(job).return_code for job in jobs} == {3}
    assert sorted(lines(ledger)) == ["a 1", "b 1"]


def test_of_two_next_runners_one_adopts(flow, runners, waiting, ledger, go):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    runners.stop_caring()
    both = [runners.start(flow) for _ in "ab"]
    wait_for_adoption(flow, job)
    wait_for(lambda: flow.client.list_compute_nodes(flow.id).total_count >= 3, "both")
    go.touch()
    for runner in both:
        runner.wait(100)
    assert len(adoptions(flow, job)) == 1
    assert flow.result(job).return_code == 3
    assert lines(ledger) == ["job 1"]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_runner_beside_a_living_one_adopts_nothing(
    flow, runners, waiting, ledger, go, is_guarded
):
    job = waiting()
    first = runners.start(flow)
    wait_for_lines(ledger, 1)
    if not is_guarded:
        runners.send(signal.SIGKILL, GUARD)
        wait_for_lines(ledger, 2)
    second = runners.start(flow)
    wait_for(lambda: "Waiting for jobs of other runners" in log_of(flow), "the second runner")
    go.touch()
    assert [first.wait(100), second.wait(100)] == [1, 1]
    assert adoptions(flow, job) == []
    lost = {} if is_guarded else {1: LOST_RETURN_CODE}
    assert flow.codes(job) == {**lost, len(lines(ledger)): 3}


def test_what_a_dead_runner_has_claimed_and_not_started_is_ready_at_once(
    flow, runners, waiting, ledger, go
):
    short = [flow.add(f"echo s{i} >>{ledger}", name=f"s{i}", priority=2) for i in range(20)]
    long = waiting(priority=1)
    others = [flow.add(f"echo o{i} >>{ledger}", name=f"o{i}") for i in range(20)]
    runner = runners.start(flow, "--max-parallel-jobs", "1")
    wait_for(lambda: "job 1" in lines(ledger), "the long job")
    runners.kill(runner)
    following = runners.start(flow, "--max-parallel-jobs", "2")
    wait_for_lines(ledger, 41)
    assert flow.status(long) == "running"
    go.touch()
    following.wait(100)
    assert {flow.status(job) for job in [*short, *others]} == {"completed"}
    assert len(set(lines(ledger))) == len(lines(ledger)) == 41


@pytest.fixture
def others(flow, make_flow, make_server, tmp_path):
    """Another workflow, and one of another server with the same id."""
    client = make_server().client()
    made = Flow(client, tmp_path / "elsewhere")
    while made.id < flow.id:
        made = Flow(client, tmp_path / "elsewhere")
    return make_flow(), made


def test_guards_of_others_are_left_alone(flow, others, runners, waiting, ledger, go):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    runners.stop_caring()
    for other in others:
        other.add("true", name="other")
        assert runners.start(other).wait(100) == 0
    assert adoptions(flow, job) == []
    go.touch()
    runners.start(flow).wait(100)
    assert flow.result(job).return_code == 3
    assert lines(ledger) == ["job 1"]


def test_a_machine_that_was_started_anew_gives_its_jobs_back(flow, runners, waiting, ledger, go):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    runners.stop_caring()
    for what in (GUARD, CARETAKER):
        runners.send(signal.SIGKILL, what)
    for path in runners.guards.glob("*/guard.json"):
        record = json.loads(path.read_text())
        for process in ("process", "runner"):
            record[process] |= {"boot_id": "before", "pid": os.getpid()}
        path.write_text(json.dumps(record))
    following = runners.start(flow)
    wait_for_lines(ledger, 2)
    go.touch()
    following.wait(100)
    assert flow.codes(job) == {1: LOST_RETURN_CODE, 2: 3}


def test_damaged_and_newer_records_do_no_harm(flow, runners, waiting, ledger, go):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    runners.stop_caring()
    go.touch()
    wait_for(lambda: any('"exited"' in line for line in journal(runners)), "the exit")
    for what in (GUARD, CARETAKER):
        runners.send(signal.SIGKILL, what)
    (real,) = runners.guards.iterdir()
    started = next(line for line in lines(real / "journal") if '"started"' in line)
    newer = json.dumps(json.loads(started) | {"id": 77, "record": {"from": "the future"}})
    with (real / "journal").open("a") as file:
        file.write(f'{{"type":"dreamt","id":1}}\n{newer}\n\0\xff[\n{started[:40]}')
    for name, text in {"a": "", "b": "{", "c": "[1]", "d": '{"workflow_id": "x"}'}.items():
        (runners.guards / name).mkdir()
        (runners.guards / name / "guard.json").write_text(text)
    (runners.guards / "e").touch()
    runners.start(flow).wait(100)
    assert flow.result(job).return_code == 3
    assert lines(ledger) == ["job 1"]
    assert "Traceback" not in (flow.output_dir / "said").read_text()


def test_a_cancel_reaches_the_jobs_of_a_dead_runner(flow, runners, waiting, ledger):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    flow.client.cancel_workflow(flow.id)
    wait_for(lambda: not runners.processes(), "the end of its processes")
    assert flow.status(job) == "canceled"


def test_a_job_that_is_canceled_before_its_adoption_has_its_result(
    flow, runners, waiting, ledger, go
):
    job = waiting(priority=1)
    flow.add("true", name="other")
    run_until_killed(runners, flow, ledger, "--max-parallel-jobs", "1")
    runners.stop_caring()
    flow.client.manage_status_change(job, JobStatus.CANCELED, 1)
    runners.start(flow).wait(100)
    result = flow.result(job)
    assert (result.status, result.return_code, result.attempt_id) == ("canceled", 143, 1)
    assert result.avg_cpu_percent is not None
    assert not runners.processes(str(go))


def test_a_caretaker_gives_way_to_the_next_runner(flow, runners, waiting, ledger, go):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    wait_for_adoption(flow, job)  # by the caretaker
    following = runners.start(flow)
    caretaker, runner = wait_for_adoption(flow, job, 2)
    assert caretaker < runner
    wait_for(lambda: not runners.processes(CARETAKER), "the caretaker's end")
    go.touch()
    following.wait(100)
    assert flow.result(job).compute_node_id == runner
    assert lines(ledger) == ["job 1"]


def test_a_killed_caretaker_is_replaced(flow, runners, waiting, ledger, go):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    wait_for_adoption(flow, job)
    runners.send(signal.SIGKILL, CARETAKER)
    wait_for_adoption(flow, job, 2)
    go.touch()
    wait_for(lambda: not runners.processes(), "the end of all")
    assert flow.result(job).return_code == 3


@pytest.fixture
def orphaned(make_server, runners, waiting, ledger, tmp_path):
    """A job whose runner and whose server were killed: the server, the workflow and the job."""
    own = make_server()
    flow = Flow(own.client(), tmp_path / "out")
    job = waiting(flow=flow)
    runner = runners.start(flow)
    wait_for_lines(ledger, 1)
    own.kill()
    runners.kill(runner)
    return own, flow, job


def test_a_caretaker_waits_for_a_server(orphaned, runners, go):
    own, flow, job = orphaned
    runners.wait_for(CARETAKER)
    go.touch()
    wait_for(lambda: any('"exited"' in line for line in journal(runners)), "the exit")
    wait_for(lambda: "Caretaker cannot begin" in guard_log(runners), "its log")
    own.start()
    wait_for(lambda: flow.status(job) == "failed", "the report")
    assert flow.result(job).return_code == 3
    assert flow.result(job).attempt_id == 1
    wait_for(lambda: not runners.processes(), "the end of all")


@pytest.mark.parametrize("supports_termination", [False, True])
def test_the_jobs_of_a_dead_runner_end_when_their_workflow_is_deleted(
    flow, runners, ledger, tmp_path, supports_termination
):
    trap = f"trap 'echo ended >>{tmp_path}/trapped; exit 0' TERM; "
    wait = f"echo job 1 >>{ledger}; sleep 1000 & wait"
    flow.add(trap + wait, name="job", supports_termination=supports_termination)
    run_until_killed(runners, flow, ledger)
    runners.stop_caring()
    flow.client.delete_workflow(flow.id)
    runners.send(signal.SIGCONT, CARETAKER)
    wait_for(lambda: not runners.processes(), "the end of all")
    assert lines(tmp_path / "trapped") == ["ended"]
    assert list(runners.guards.iterdir()) == []


def test_a_caretaker_ends_the_jobs_of_a_workflow_that_is_deleted_meanwhile(
    flow, runners, waiting, ledger
):
    job = waiting()
    run_until_killed(runners, flow, ledger)
    wait_for_adoption(flow, job)
    flow.client.delete_workflow(flow.id)
    wait_for(lambda: not runners.processes(), "the end of all")
    assert list(runners.guards.iterdir()) == []


def test_a_caretaker_that_dies_before_it_has_connected_is_replaced(orphaned, runners, go):
    own, flow, job = orphaned
    (first,) = runners.wait_for(CARETAKER)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: set(runners.processes(CARETAKER)) - {first}, "another one")
    own.start()
    wait_for_adoption(flow, job)
    go.touch()
    wait_for(lambda: flow.status(job) == "failed", "the report")
    assert flow.result(job).attempt_id == 1
    wait_for(lambda: not runners.processes(), "the end of all")
