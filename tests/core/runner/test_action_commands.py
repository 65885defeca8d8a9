"""Commands of actions: how they start, and that they end with their runner, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from core.runner.test_actions import act, ends, words
from waiting import wait_for

from torc_core.host.directories import state_directory
from torc_core.runner.guard.messages import Start
from torc_core.runner.process.awaited import AwaitedProcess
from torc_core.runner.process.start_errors import SpawnError

RUNNER = (
    "import sys; from torc_core.client import TorcClient;"
    "from torc_core.runner.policy.options import RunnerOptions;"
    "from torc_core.runner.runner import Runner;"
    "options = RunnerOptions(workflow_id=int(sys.argv[2]), output_dir=sys.argv[3]);"
    "Runner(TorcClient(sys.argv[1]), options).run()"
)
ESCAPES = {
    "in its session": "sleep 600 & echo $! >{pid}; wait; exit 5",
    "in a session of its own": "setsid sh -c 'echo $$ >{pid}; exec sleep 600' & wait; exit 5",
    "deaf": "setsid sh -c 'trap \"\" TERM HUP; echo $$ >{pid}; sleep 600; :' & wait; exit 5",
    "orphaned": "(setsid nohup sh -c 'echo $$ >{pid}; exec sleep 600' >&- 2>&- &); sleep 600",
    "without a label": "env -i {env} setsid sh -c 'echo $$ >{pid}; exec sleep 600' & wait; exit 5",
}


@pytest.fixture
def trace(tmp_path):
    """A file to which commands add words."""
    path = tmp_path / "trace"
    path.touch()
    return path


@pytest.fixture
def pid(tmp_path):
    return tmp_path / "pid"


def escape(how, pid):
    return ESCAPES[how].format(pid=pid, env=f"PATH={os.environ['PATH']}")


def read_pid(file):
    wait_for(lambda: file.exists() and file.read_text().strip(), "the command")
    return int(file.read_text())


def is_gone(number):
    try:
        return not Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return True


def guards():
    return sorted((state_directory() / "guards").iterdir())


def kill_guard():
    (guard,) = guards()
    record = msgspec.json.decode((guard / "guard.json").read_bytes())
    os.kill(record["process"]["pid"], signal.SIGKILL)


# ---- starting


def test_what_a_successful_command_leaves_lives_on_and_what_a_failed_one_leaves_ends(
    flow, tmp_path
):
    flow.add("true")
    leave = "setsid sleep 600 >/dev/null 2>&1 & echo $! >{file}; exit {code}"
    for code in (0, 3):
        command = leave.format(file=tmp_path / str(code), code=code)
        act(flow, "on_workflow_start", command)
    assert flow.run().exit_code == 0
    left = read_pid(tmp_path / "0")
    try:
        assert not is_gone(left)
        assert is_gone(read_pid(tmp_path / "3"))
    finally:
        os.kill(left, signal.SIGKILL)


def test_each_command_starts_in_the_output_directory_and_jobs_where_the_runner_is(flow, trace):
    flow.add(f"pwd >>{trace}")
    act(flow, "on_workflow_start", f"cd /; pwd >>{trace}", f'echo "$PWD" >>{trace}')
    act(flow, "on_workflow_complete", f"/bin/pwd >>{trace}")
    assert flow.run().exit_code == 0
    assert words(trace) == ["/", str(flow.output_dir), str(Path.cwd()), str(flow.output_dir)]


def test_a_command_whose_output_has_no_file_fails_its_action_and_nothing_else(flow, trace):
    job = flow.add("true")
    number = act(flow, "on_workflow_start", f"echo first >>{trace}", f"echo second >>{trace}")
    stdio = flow.output_dir / "job_stdio" / f"action_wf{flow.id}_a{number}_r1.o"
    stdio.mkdir(parents=True)
    assert flow.run().exit_code == 0
    assert "exit code 126" in ends(flow)[0]
    assert flow.status(job) == "completed"
    assert words(trace) == []


def test_a_command_with_too_large_an_environment_fails_its_action(make_flow):
    flow = make_flow(env={f"LARGE{number}": "x" * 130_000 for number in range(20)})
    flow.add("true")
    act(flow, "on_workflow_start", "true")
    flow.run()
    assert "exit code 126" in ends(flow)[0]


# ---- stopping


@pytest.mark.parametrize("how", ["stop", "cancel"])
@pytest.mark.parametrize("case", ESCAPES)
def test_all_that_a_command_has_started_ends_with_its_run(flow, start_runner, pid, case, how):
    flow.add("true")
    act(flow, "on_workflow_start", escape(case, pid))
    runner = start_runner(flow, grace_s=0.3)
    number = read_pid(pid)
    if how == "stop":
        runner.runner.stop()
    else:
        flow.client.cancel_workflow(flow.id)
    runner.wait()
    assert is_gone(number)
    assert "failed on node" in ends(flow)[0]


def test_a_command_may_use_its_grace_and_has_an_exit_code_of_its_own(
    flow, start_runner, trace, pid
):
    flow.add("true")
    traps = f"trap 'echo cleaned >>{trace}; exit 9' TERM; echo $$ >{pid}"
    act(flow, "on_workflow_start", f"{traps}; while :; do sleep 0.1; done")
    runner = start_runner(flow, grace_s=60.0)
    read_pid(pid)
    runner.runner.stop()
    assert runner.wait().exit_code == 130
    assert words(trace) == ["cleaned"]
    assert "exit code 9" in ends(flow)[0]


def test_a_command_does_not_go_on_when_what_it_waits_for_is_ended(flow, start_runner, trace, pid):
    flow.add("true")
    waits = f"setsid sh -c 'echo $$ >{pid}; exec sleep 600'"
    act(flow, "on_workflow_start", f"{waits} || echo recovers >>{trace}; echo goes on >>{trace}")
    runner = start_runner(flow)
    read_pid(pid)
    runner.runner.stop()
    runner.wait()
    assert words(trace) == []
    assert "exit code 143" in ends(flow)[0]


# ---- dead runners


@pytest.fixture
def kill_runner(flow, pid):
    """Run the workflow until a command has written its pid; then kill the runner, or more."""

    def kill(*, with_guard=False):
        flow.initialize()
        arguments = [flow.client.url, str(flow.id), str(flow.output_dir)]
        runner = subprocess.Popen([sys.executable, "-c", RUNNER, *arguments])
        try:
            number = read_pid(pid)
            if with_guard:
                runner.send_signal(signal.SIGSTOP)  # it is not to notice
                kill_guard()
        finally:
            runner.kill()
            runner.wait()
        return number

    return kill


@pytest.mark.parametrize("with_guard", [False, True], ids=["the runner", "its guard, too"])
@pytest.mark.parametrize("case", ["in its session", "in a session of its own", "deaf"])
def test_the_next_runner_ends_the_command_of_a_killed_one_and_goes_on(
    flow, trace, pid, kill_runner, case, with_guard
):
    job = flow.add("true")
    command = f"echo begun >>{trace}; : {'x' * 200_000}; {escape(case, pid)}"
    action = act(flow, "on_workflow_start", command, f"echo next >>{trace}")
    number = kill_runner(with_guard=with_guard)
    node = flow.client.list_compute_nodes(flow.id).items[0]
    assert flow.run_uninitialized(grace_s=0.3).exit_code == 0
    wait_for(lambda: is_gone(number), "the end of the command")
    assert flow.status(job) == "completed"
    assert words(trace) == ["begun"]
    assert not list(flow.output_dir.rglob("*.sh"))
    logs = "".join(log.read_text() for log in flow.output_dir.glob("job_runner_*"))
    assert logs.count("Command of a dead runner is ended") == 1
    (sentence,) = ends(flow)
    assert sentence.startswith(f"Node {node.id} was executing action {action} when it ended")
    wait_for(lambda: not guards(), "the ends of the guards")


def test_the_command_of_a_killed_runner_ends_without_a_next_one(flow, trace, pid, kill_runner):
    flow.add(f"echo job >>{trace}")
    action = act(flow, "on_workflow_start", escape("in a session of its own", pid))
    number = kill_runner()
    wait_for(lambda: is_gone(number), "the end of the command")
    wait_for(lambda: ends(flow), "the event")
    assert f"was executing action {action} when it ended" in ends(flow)[0]
    assert words(trace) == []
    wait_for(lambda: not guards(), "the end of the guard")


# ---- guards and other threads


def process(tmp_path, command, **fields):
    output = str(tmp_path / "output")
    arguments = ["/bin/sh", "sh", "-c", command]
    given = {"stdout": output, "stderr": output, "environment": {}, "mode": 0o600, **fields}
    return AwaitedProcess(Start(id=0, arguments=arguments, **given))


def drive(guards, waker, process):
    """Do what the loop does, until a process is over."""

    def step():
        guards.flush()
        if not process.is_over:
            for fd in waker.sleep(0.1):
                guards.receive(fd)
        return process.is_over

    wait_for(step, "the process")


def test_many_threads_have_processes_run_and_learn_how_they_end(own_guards, waker, tmp_path):
    started = [process(tmp_path, f"exit {code}") for code in range(20)]
    threads = [threading.Thread(target=own_guards.execute, args=(each,)) for each in started]
    for thread in threads:
        thread.start()
    for each in started:
        drive(own_guards, waker, each)
    assert [each.wait() for each in started] == list(range(20))


def test_a_process_that_is_ended_before_its_start_does_not_start(own_guards, waker, tmp_path):
    mark = tmp_path / "mark"
    unwanted, later = process(tmp_path, f"touch {mark}"), process(tmp_path, "true")
    own_guards.terminate(unwanted, 1.0)
    own_guards.execute(unwanted)
    own_guards.execute(later)
    drive(own_guards, waker, later)
    assert unwanted.wait() == 143
    assert not mark.exists()


def test_nobody_waits_for_guards_that_are_closed(own_guards, waker, tmp_path):
    own_guards.start_guard()
    number = tmp_path / "number"
    running = process(tmp_path, f"echo $$ >{number}; exec sleep 600")
    own_guards.execute(running)
    own_guards.flush()
    pid = read_pid(number)
    own_guards.close(is_reported=True)
    late = process(tmp_path, "true")
    own_guards.execute(late)
    own_guards.terminate(late, 1.0)
    assert (running.wait(), late.wait()) == (137, 143)
    wait_for(lambda: is_gone(pid), "the end of the process")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"directory": "/absent"}, "/absent"),
        ({"stdout": "/absent/o"}, "could not be started"),
        ({"environment": {"A": "a\0b"}}, "could not be started"),
    ],
)
def test_who_waits_learns_why_a_process_cannot_start(own_guards, waker, tmp_path, fields, reason):
    refused = process(tmp_path, "true", **fields)
    own_guards.execute(refused)
    drive(own_guards, waker, refused)
    with pytest.raises(SpawnError, match=reason):
        refused.wait()


def test_a_process_whose_guard_is_killed_is_ended(own_guards, waker, tmp_path):
    number = tmp_path / "number"
    running = process(tmp_path, f"setsid sh -c 'echo $$ >{number}; exec sleep 600'; true")
    own_guards.execute(running)
    own_guards.flush()
    pid = read_pid(number)
    kill_guard()
    drive(own_guards, waker, running)
    assert running.wait() == 137
    assert is_gone(pid)
