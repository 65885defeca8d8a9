"""Runs of this machine are cleared when they have ended, and stopped while they run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from torc_core.errors import ConflictError, NotFoundError
from torc_core.host.process import ProcessIdentity
from torc_core.host.runs import RunMeta, create_run, list_runs, new_run_id
from torc_core.operations.reporter import carry_out
from torc_core.operations.runs.clear import propose_clear
from torc_core.operations.runs.stop import propose_stop


def make_run(name, process=None):
    meta = RunMeta(
        run_id=new_run_id(7), workflow_id=7, workflow_name=name, url="http://127.0.0.1:9",
        output_dir="output", cwd="/", started_at="2026-03-01T12:00:00Z", process=process,
    )  # fmt: skip
    return create_run(meta)


def of_the_past():
    """The identity of a process that is gone."""
    return msgspec.structs.replace(ProcessIdentity.of(os.getpid()), pid_start=1)


def elsewhere():
    here = ProcessIdentity.of(os.getpid())
    return msgspec.structs.replace(here, boot_id="another", host="login2")


def ended(name, status="failed"):
    run = make_run(name)
    run.begin()
    run.end(status, 1)
    return run


def left():
    return sorted(run.meta.workflow_name for run in list_runs())


def test_all_that_have_ended_are_cleared_and_no_other():
    ended("failed")
    ended("complete", "completed")
    make_run("crashed", of_the_past())
    make_run("running").begin()
    make_run("starting")
    make_run("elsewhere", elsewhere())

    proposal = propose_clear(None)
    assert proposal.question.sentence == "Clear 3 runs of this machine?"
    assert carry_out(proposal).sentence == "Cleared 3 runs."

    assert left() == ["elsewhere", "running", "starting"]
    assert propose_clear(None).question is None


def test_a_run_that_cannot_be_cleared_keeps_the_others():
    first, other = ended("ended"), make_run("busy")
    other.begin()

    with pytest.raises(ConflictError, match=r"Run #7 busy of .* has not ended\.") as refusal:
        propose_clear([first.path.name, other.path.name])

    assert refusal.value.hint == f"Stop it first: torc runs stop {other.path.name}"
    assert left() == ["busy", "ended"]


def test_a_run_of_another_host_is_not_touched():
    run = make_run("far", elsewhere())

    with pytest.raises(ConflictError, match="was started on login2"):
        propose_clear([run.path.name])
    with pytest.raises(ConflictError, match="was started on login2"):
        propose_stop([run.path.name])


@pytest.mark.parametrize("name", ["..", "../runs", "/", "", "nothing"])
def test_only_what_is_listed_is_cleared(name):
    ended("stays")

    with pytest.raises(NotFoundError, match="There is no run"):
        propose_clear([name])
    assert left() == ["stays"]


def test_a_run_that_begins_after_the_question_is_not_cleared():
    run = ended("again")
    proposal = propose_clear([run.path.name])
    run.write_meta(msgspec.structs.replace(run.read_meta(), ended_at=None))

    assert carry_out(proposal).run_ids == ()
    assert left() == ["again"]


def test_a_damaged_run_is_refused_with_what_helps():
    run = ended("damaged")
    Path(run.path / "meta.json").write_text("{")

    with pytest.raises(ConflictError, match="is damaged") as refusal:
        propose_clear([run.path.name])
    assert "rm -r" in refusal.value.hint


def test_the_process_of_a_run_is_asked_to_stop():
    endless = [sys.executable, "-c", "import signal; signal.pause()"]
    with subprocess.Popen(endless) as process:
        run = make_run("endless", ProcessIdentity.of(process.pid))
        proposal = propose_stop([run.path.name])
        assert proposal.question.sentence == "Stop 1 run?"
        assert "To go on: torc run 7" in carry_out(proposal).sentence
        assert process.wait(100) == -15
    with pytest.raises(ConflictError, match="does not run: it is crashed"):
        propose_stop([run.path.name])
