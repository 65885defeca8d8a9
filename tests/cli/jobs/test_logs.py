"""`torc jobs logs`: what a job wrote, where its runner put it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from forks.processes import Process
from forks.processes import run as run_program
from waiting import wait_for

from tests.tui.pty_screen import PtyScreen
from torc_core.model.status import JobStatus
from torc_core.model.workflow import WorkflowPatch

STDOUT = b"\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2Jplain\xff\n"
PROGRAM = [sys.executable, "-m", "torc_tui"]


def write(it, ending, data, *, attempt=1, run=1, directory="output", job=None):
    name = f"job_wf{it.id}_j{job or it.job}_r{run}_a{attempt}.{ending}"
    path = Path(directory, "job_stdio", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)
    return path.absolute()


@pytest.fixture
def call(torc, tmp_path):
    """Run it as a process, because bytes matter; `torc` has set the directory and the server."""
    assert torc

    def run(*arguments: object) -> subprocess.CompletedProcess[bytes]:
        words = [*PROGRAM, "jobs", "logs", *map(str, arguments)]
        return run_program(words, capture_output=True, timeout=100, check=False)

    return run


def test_a_pipe_gets_every_byte_of_both_files(call, stage):
    it = stage("failed")
    out, err = write(it, "o", STDOUT), write(it, "e", b"trouble")

    answer = call(it.job)

    assert answer.returncode == 0
    assert answer.stdout == STDOUT + b"trouble"
    assert answer.stderr.decode() == f"==> {out} <==\n==> {err} <==\n"


def test_one_of_the_files_can_be_chosen(call, stage):
    it = stage("failed")
    write(it, "o", b"out\n")
    write(it, "e", b"err\n")
    write(it, "recovery.e", b"recovered\n")

    stdout, stderr = call(it.job, "--stdout"), call(it.job, "--stderr")

    assert (stdout.stdout, stdout.stderr) == (b"out\n", b"")
    assert (stderr.stdout, stderr.stderr) == (b"err\nrecovered\n", b"")
    assert call(it.job, "--stdout", "--stderr").stdout == b"out\nerr\nrecovered\n"


def test_json_has_paths_and_texts(torc, stage):
    it = stage("failed")
    out, err = write(it, "o", STDOUT), write(it, "e", b"1\n2\n3\n")

    record = torc("-f", "json", "jobs", "logs", it.job, "--tail", 2).json

    assert record == {
        "workflow_id": it.id,
        "job_id": it.job,
        "job_name": "a",
        "status": "failed",
        "run_id": 1,
        "attempt_id": 1,
        "files": [
            {"name": "stdout", "path": str(out), "text": STDOUT.decode("utf-8", "replace")},
            {"name": "stderr", "path": str(err), "text": "2\n3\n"},
        ],
    }


def test_a_terminal_keeps_its_title_and_its_screen(stage, server, torc, tmp_path):
    it = stage("failed")
    write(it, "o", STDOUT + b"no end of the line \x1b[32m")
    write(it, "e", b"\xe2\x80\xaeb")
    screen = PtyScreen(
        [*PROGRAM, "jobs", "logs", str(it.job)], columns=120, rows=20, environ={}, cwd=tmp_path
    )
    try:
        screen.wait_for_end()
        shown = screen.output.decode()
    finally:
        screen.close()

    assert "\x1b[31mred\x1b[0m plain\ufffd\r\nno end of the line \x1b[32m\x1b[0m\r\n==> " in shown
    assert shown.endswith(".e <==\r\n\ufffdb\r\n")


def test_attempts_and_runs_can_be_chosen(torc, call, stage, client):
    it = stage("failed")
    client.retry_job(it.job, 1, 3)
    write(it, "o", b"first\n")
    write(it, "o", b"second\n", attempt=2)

    assert call(it.job).stdout == b"second\n"
    assert call(it.job, "--attempt", 1).stdout == b"first\n"
    assert call(it.job, "--run-id", 1, "--attempt", 2).stdout == b"second\n"
    for options in (("--attempt", 3), ("--run-id", 7), ("--attempt", 1, "--run-id", 7)):
        answer = torc("jobs", "logs", it.job, *options)
        assert answer.code == 4
        assert f"Job {it.job} (a) has no" in answer.err
        assert f"torc results list {it.id} -j {it.job} --all-runs" in answer.err


def test_output_that_is_not_here_is_looked_for_where_it_is_said_to_be(torc, call, stage):
    it = stage("failed")
    write(it, "o", b"far\n", directory="far away")

    answer = torc("jobs", "logs", it.job)

    assert answer.code == 4
    assert "It ran on here. Name the output directory" in answer.err
    assert call(it.job, "-o", "far away").stdout == b"far\n"


def test_a_job_that_has_not_run_has_none(torc, stage):
    it = stage("initialized")

    answer = torc("jobs", "logs", it.second)

    assert answer.code == 5
    assert f"Job {it.second} (b) is blocked and has not run, so there is no output." in answer.err
    assert f"torc jobs logs {it.second} --follow" in answer.err


def test_what_is_not_kept_is_said(torc, stage, client):
    it = stage("failed")
    client.update_workflow(it.id, WorkflowPatch(execution_config={"stdio": {"mode": "no_stdout"}}))
    write(it, "e", b"")

    answer = torc("jobs", "logs", it.job, "--stdout")
    assert (answer.code, answer.err) == (4, f"error: The stdout of job {it.job} (a) is not kept.\n")
    answer = torc("jobs", "logs", it.job)
    assert (answer.code, answer.err) == (0, f"Job {it.job} (a) has written nothing.\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("{job}", "--follow", "--attempt", "1"), 2),
        (("{job}", "--follow", "--run-id", "1"), 2),
        (("{job}", "--follow", "-f", "json"), 2),
        (("{job}", "--tail", "-1"), 2),
        (("999999999",), 4),
    ],
    ids=str,
)
def test_what_cannot_be_printed_is_refused(arguments, code, torc, stage):
    it = stage("failed")

    answer = torc("jobs", "logs", *(each.format(job=it.job) for each in arguments))

    assert (answer.code, answer.out) == (code, "")
    assert "Traceback" not in answer.err


def test_the_help_has_an_example(torc):
    assert "torc jobs logs 12 --follow --tail 20" in torc("jobs", "logs", "--help").out


class Follower:
    """`torc jobs logs --follow`, whose stdout is read while it runs."""

    def __init__(self, job: int, *options: object) -> None:
        self.process = Process(
            [*PROGRAM, "jobs", "logs", str(job), "--follow", *map(str, options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.read = b""

    def wait_for(self, text: bytes) -> None:
        def has_come():
            self.read += self.process.stdout.read() or b""
            return text in self.read

        wait_for(has_come, repr(text))

    def end(self) -> tuple[int, bytes]:
        out, _ = self.process.communicate(timeout=100)
        return self.process.returncode, self.read + (out or b"")


@pytest.fixture
def follow(torc):
    assert torc
    started = []

    def start(*arguments):
        started.append(Follower(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def test_what_is_written_is_followed_until_the_job_ends(follow, stage):
    it = stage("running")
    write(it, "o", b"old\nrecent\nbegun")

    following = follow(it.job, "--tail", 2)
    following.wait_for(b"begun")
    write(it, "o", b" and ended\n")
    following.wait_for(b" and ended\n")
    write(it, "e", b"trouble\n")
    following.wait_for(b"trouble\n")
    write(it, "o", b"last\n")
    it.complete_job(it.job, "completed", 0)

    assert following.end() == (0, b"recent\nbegun and ended\ntrouble\nlast\n")


def test_a_job_that_waits_is_followed_through_its_attempts(follow, stage, client):
    it = stage("failed")
    write(it, "o", b"old\n")
    client.retry_job(it.job, 1, 5)
    following = follow(it.job, "--stdout")
    client.claim_next_jobs(it.id, 1)
    client.start_job(it.job, 1, it.node)
    write(it, "o", b"second\n", attempt=2)
    following.wait_for(b"second\n")
    it.complete_job(it.job, "failed", 3, attempt_id=2)

    assert following.end() == (0, b"second\n")


def test_a_job_that_is_canceled_meanwhile_is_waited_for_no_longer(follow, stage, client):
    it = stage("initialized")
    following = follow(it.second)
    client.manage_status_change(it.second, JobStatus.CANCELED, 1)

    assert following.end() == (5, b"")


def test_a_job_that_waits_in_a_canceled_workflow_is_waited_for_no_longer(follow, stage, client):
    it = stage("initialized")
    following = follow(it.second)
    client.cancel_workflow(it.id)

    assert following.end() == (5, b"")
    assert follow(it.second).end() == (5, b"")


def test_a_job_of_a_canceled_workflow_is_run_by_resuming_that(torc, stage, client):
    it = stage("uninitialized")
    client.cancel_workflow(it.id)

    assert f"torc workflows resume {it.id}" in torc("jobs", "logs", it.second).err


def test_what_is_deleted_once_the_job_has_completed_is_printed_to_its_end(follow, stage):
    it = stage("running")
    path = write(it, "o", b"begun\n")
    following = follow(it.job)
    following.wait_for(b"begun\n")
    write(it, "o", b"ended\n")
    path.unlink()
    it.complete_job(it.job, "completed", 0)

    assert following.end() == (0, b"begun\nended\n")


def test_an_attempt_that_is_over_at_once_is_not_missed(follow, stage, client):
    it = stage("running")
    write(it, "o", b"first\n")
    following = follow(it.job)
    following.wait_for(b"first\n")
    write(it, "o", b"second\n", attempt=2)
    client.retry_job(it.job, 1, 5)  # as a failure handler does it, while the job is running
    client.claim_next_jobs(it.id, 1)
    client.start_job(it.job, 1, it.node)
    it.complete_job(it.job, "completed", 0, attempt_id=2)

    assert following.end() == (0, b"first\nsecond\n")


def test_what_is_not_kept_is_not_waited_for(follow, stage, client):
    it = stage("running")
    client.update_workflow(it.id, WorkflowPatch(execution_config={"stdio": {"mode": "none"}}))

    assert follow(it.job).end() == (4, b"")
