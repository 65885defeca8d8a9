"""What `torc run` says of jobs that it stopped, and of how to go on."""

from __future__ import annotations

import signal
import sys

from tests.tui.pty_screen import PtyScreen

LIMITED = """\
name: limited
resource_requirements: [{name: short, num_cpus: 1, memory: 1g, runtime: PT1S}]
jobs:
- {name: slow, command: sleep 60, resource_requirements: short}
- {name: fine, command: "true"}
- {name: after, command: "true", depends_on: [slow]}
"""
TRAPPED = """\
name: trapped
jobs:
- {name: waits, command: "trap '' TERM; echo; sleep 60 & wait; wait", supports_termination: true}
"""


def test_jobs_that_exceeded_a_limit_are_named(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(LIMITED)

    answer = torc("run", "w.yaml", "--limit-resources")

    assert answer.code == 1
    assert "stopped: slow exceeded its runtime of 1.0s." in answer.err
    assert "Raise what they lacked, and run what is left: torc recover " in answer.err
    assert "Or run what is left without limits: torc run " in answer.err
    assert "Continue with what is left" not in answer.err
    assert "(jobs were stopped, and no other may run)" in answer.out
    assert "complete)" not in answer.out


def test_limits_are_said_to_programs(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(LIMITED)

    (found,) = torc("-f", "json", "run", "w.yaml", "--limit-resources").json["over_limit"]

    assert (found["name"], found["limit"]) == ("slow", "its runtime of 1.0s")


def test_an_interrupt_says_what_happens_and_how_to_hurry(server, tmp_path):
    (tmp_path / "w.yaml").write_text(TRAPPED)
    screen = PtyScreen(
        [sys.executable, "-m", "torc_tui", "run", "w.yaml"],
        columns=100,
        rows=30,
        environ={"TORC_API_URL": server.url},
        cwd=tmp_path,
    )
    try:
        screen.wait_for("1 running")
        screen.process.send_signal(signal.SIGINT)
        screen.wait_for("Stopping 1 job; Ctrl-C again kills those still running.")
        assert screen.end(signal.SIGINT) == 130
    finally:
        screen.close()
    shown = "\n".join(screen.lines)
    assert "Continue with what is left: torc run" in shown


def test_a_failure_of_another_run_is_not_looked_for_in_this_ones_directory(torc, tmp_path):
    (tmp_path / "w.yaml").write_text("name: failing\njobs: [{name: bad, command: exit 3}]\n")
    first = torc("-f", "json", "run", "w.yaml", "-o", "first").json["workflow_id"]
    (job,) = torc("-f", "json", "jobs", "list", first).json["jobs"]

    said = torc("run", first, "-o", "second").err

    assert f"failed: bad, exit code 3; its output: torc jobs logs {job['id']}" in said
    assert "second/job_stdio" not in said
