"""How a job begins: its command in whatever length, and the conditions in which it finds itself."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from core.runner.flows import Flow

from torc_core.model.action import ActionType, TriggerType, WorkflowAction
from torc_core.model.resources import FailureHandler

LONG = 32 * os.sysconf("SC_PAGE_SIZE")


def test_a_command_of_any_length_runs_and_leaves_no_file(flow: Flow) -> None:
    text = "a" * LONG
    jobs = {
        flow.add(f"echo {text} | wc -c", name="pipe"): f"{LONG + 1}\n",
        flow.add(f"printf x {' abc' * LONG} | wc -c", name="words"): "1\n",
        flow.add("\n".join(["true"] * LONG) + "\necho $LINENO", name="lines"): f"{LONG + 1}\n",
        flow.add(f"echo $#; #{text}", name="in it", invocation_script="bash -c"): "0\n",
        flow.add(f"/bin/echo {'x ' * 20_000}end", name="program"): f"{'x ' * 20_000}end\n",
    }
    assert flow.run().outcomes == {"completed": len(jobs)}
    assert [flow.stdio(job) for job in jobs] == list(jobs.values())
    assert not list(flow.output_dir.rglob("*.sh"))


def test_a_long_command_fails_like_a_short_one_and_so_does_its_recovery(flow: Flow) -> None:
    script = f"echo recovered $TORC_RETURN_CODE #{'x' * LONG}"
    rules = f'[{{"exit_codes": [7], "max_retries": 2, "recovery_script": "{script}"}}]'
    handler = flow.client.create_failure_handler(
        FailureHandler(workflow_id=flow.id, name="h", rules=rules)
    )
    job = flow.add(f"exit 7 #{'y' * LONG}", name="a", failure_handler_id=handler.id)
    assert flow.run().outcomes == {"retried": 1, "failed": 1}
    assert flow.stdio(job, "recovery.o") == "recovered 7\n"
    assert not list(flow.output_dir.rglob("*.sh"))


def test_jobs_see_no_password_and_nothing_of_an_outer_recovery_script(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORC_PASSWORD", "hunter2")
    monkeypatch.setenv("TORC_RETURN_CODE", "3")
    job = flow.add("env | grep -E '^TORC_[PR]|hunter2'", name="a")
    assert flow.run().outcomes == {"failed": 1}
    assert (flow.result(job).return_code, flow.stdio(job)) == (1, "")


def test_bash_goes_by_its_name_in_messages(flow: Flow) -> None:
    job = flow.add("echo $0; absent; ./absent", name="a")
    other = flow.add("absent", name="b")
    flow.run()
    assert flow.stdio(job) == "bash\n"
    assert flow.stdio(job, "e").splitlines() == [
        "bash: line 1: absent: command not found",
        "bash: line 1: ./absent: No such file or directory",
    ]
    assert flow.stdio(other, "e") == "bash: line 1: absent: command not found\n"


LARGE = {f"TABLE_{i}": "x" * (LONG - 10 - i) for i in range(50)}


def test_a_job_with_too_large_an_environment_fails_and_names_it(flow: Flow) -> None:
    job = flow.add("true", name="a", env=LARGE)
    other = flow.add("true", name="b")
    assert flow.run().outcomes == {"failed": 1, "completed": 1}
    assert "torc: The process cannot be started: The environment takes" in flow.stdio(job, "e")
    assert "the largest variable, TABLE_0, 131,071" in flow.stdio(job, "e")
    assert flow.status(other) == "completed"


SHOWN = ("SigBlk", "SigIgn", "Umask")
COMMANDS = {
    "by itself": "/bin/cat /proc/self/status /proc/self/limits",
    "in a shell": "cat /proc/self/status | cat; cat /proc/self/limits",
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_job_has_default_signals_and_the_users_umask_and_limits(flow: Flow, command: str) -> None:
    job = flow.add(command, name="a")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    earlier = os.umask(0o027)
    ignored = [signal.SIGUSR1, signal.SIGHUP, signal.SIGPIPE, signal.SIGTTOU]
    handlers = [signal.signal(signum, signal.SIG_IGN) for signum in ignored]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (500, hard))
        flow.run()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.umask(earlier)
        for signum, handler in zip(ignored, handlers, strict=True):
            signal.signal(signum, handler)
    lines = flow.stdio(job).splitlines()
    seen = dict(line.split(":\t") for line in lines if line.startswith(SHOWN))
    of_libc = 0b11 << 31  # glibc ignores these two in every process that it spawns
    assert int(seen["SigBlk"], 16) == int(seen["SigIgn"], 16) & ~of_libc == 0
    assert seen["Umask"] == "0027"
    (files,) = [line.split() for line in lines if line.startswith("Max open files")]
    assert files[3:5] == ["500", str(hard) if hard != resource.RLIM_INFINITY else "unlimited"]


@pytest.mark.parametrize("command", ["/bin/ls -l /proc/self/fd", "exec ls -l /proc/self/fd | cat"])
def test_a_job_has_three_descriptors_and_nothing_of_the_runner(
    flow: Flow, tmp_path: Path, command: str
) -> None:
    job = flow.add(command, name="a")
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context((tmp_path / "leak").open("w"))
        inheritable = os.open(tmp_path, os.O_RDONLY)
        stack.callback(os.close, inheritable)
        os.set_inheritable(inheritable, True)
        flow.run()
    targets = [line.split(" -> ")[1] for line in flow.stdio(job).splitlines() if " -> " in line]
    assert targets[0] == "/dev/null"
    assert all(
        target.endswith(("/fd", ".o", ".e", "null")) or "pipe:" in target for target in targets
    )
    assert len(targets) == 4


def test_a_job_has_no_terminal(flow: Flow, make_flow: Callable[..., Flow]) -> None:
    job = flow.add("read x || echo at the end; : </dev/tty", name="a")
    flow.run()
    assert flow.stdio(job) == "at the end\n"
    assert "/dev/tty" in flow.stdio(job, "e")


def test_commands_of_actions_may_be_long_and_find_their_directory(flow: Flow) -> None:
    flow.add(f"rm -r {flow.output_dir}", name="a")
    commands = ["pwd", f"echo {'x' * LONG} | wc -c", "env | grep ^TORC_ | cut -d= -f1 | sort"]
    commands.append("echo $0")
    flow.client.create_workflow_action(
        WorkflowAction(
            workflow_id=flow.id,
            trigger_type=TriggerType.ON_WORKFLOW_COMPLETE,
            action_type=ActionType.RUN_COMMANDS,
            action_config={"commands": commands},
        ),
    )
    flow.run()
    (printed,) = flow.output_dir.glob("job_stdio/action_*.o")
    names = ["TORC_API_URL", "TORC_GUARD", "TORC_OUTPUT_DIR", "TORC_WORKFLOW_ID"]
    assert printed.read_text().split() == [str(flow.output_dir), str(LONG + 1), *names, "bash"]
    assert not list(flow.output_dir.rglob("*.sh"))
