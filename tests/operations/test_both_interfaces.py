"""The commands and the keys answer the same request in the same situation with the same sentence.

A table: request, situation, decision, sentences. Each row is carried out twice, by the command
line and by the interface, each with a workflow of its own and the same real server.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import pytest
from operations.situations import HUGE, Stage
from tui.driving import interface

from torc_core.errors import ExitCode
from torc_core.host.runs import RunState, list_runs
from torc_tui.cli.root import run_command_line
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.dialogs.dialog import Words


class Decision(Enum):
    DONE = "done"
    REFUSED = "refused, whatever the user says"
    OBJECTED = "refused unless it is forced: by --force, or by answering the dialog"


class Request(NamedTuple):
    command: str
    key: str


RUN = Request("run {id} --detach", "x")
INITIALIZE = Request("workflows initialize {id} --no-prompts", "i")
RESET = Request("workflows reset-status {id} --no-prompts", "R")
RERUN = Request("workflows reset-status {id} --failed-only --reinitialize --no-prompts", "Y")
CANCEL = Request("workflows cancel {id}", "C")
DELETE = Request("workflows delete {id} --no-prompts", "d")
CANCEL_JOB = Request("jobs cancel {job}", "c")
TERMINATE_JOB = Request("jobs terminate {job}", "t")
RETRY_JOB = Request("jobs retry {job}", "y")

DONE, REFUSED, OBJECTED = Decision
UNKNOWN = (ExitCode.NOT_FOUND, "There is no workflow {id}.")
ARCHIVED = (ExitCode.CONFLICT, "Workflow {id} is archived.")
STARTED = (ExitCode.OK, "Started #{id} {name} in the background (PID ")
READY = "1 job ready, 1 blocked."


class Row(NamedTuple):
    request: Request
    situation: str
    decision: Decision
    code: ExitCode
    sentence: str
    """The result or the refusal."""
    warning: str = ""


TABLE = [
    Row(RUN, "uninitialized", DONE, *STARTED),
    Row(RUN, "initialized", DONE, *STARTED),
    Row(RUN, "unknown", REFUSED, *UNKNOWN),
    Row(RUN, "archived", REFUSED, *ARCHIVED),
    Row(RUN, "canceled", REFUSED, ExitCode.CONFLICT, "Workflow {id} is canceled."),
    Row(RUN, "too_large", DONE, *STARTED,
        "Jobs with the requirements 'huge', such as 'c', can never run on this machine: "
        f"they need {HUGE} CPUs ("),
    Row(RUN, "output_directory_is_a_file", REFUSED, ExitCode.ENVIRONMENT,
        "The output directory output cannot be used: Not a directory."),
    Row(RUN, "another_run_is_active", DONE, *STARTED,
        "Another run of workflow {id} is active on this machine (PID {pid})."),
    Row(RUN, "input_is_missing", OBJECTED, ExitCode.CONFLICT,
        "Workflow {id} cannot start: input file missing.txt does not exist."),
    Row(INITIALIZE, "uninitialized", DONE, ExitCode.OK,
        "Initialized #{id} {name}, run 1: " + READY),
    Row(INITIALIZE, "canceled", DONE, ExitCode.OK, "Initialized #{id} {name}, run 2: " + READY),
    Row(INITIALIZE, "output_exists", DONE, ExitCode.OK,
        "Initialized #{id} {name}, run 1: 2 jobs ready, 1 blocked."),
    Row(INITIALIZE, "unknown", REFUSED, *UNKNOWN),
    Row(INITIALIZE, "archived", REFUSED, *ARCHIVED),
    Row(INITIALIZE, "running", OBJECTED, ExitCode.CONFLICT, "Workflow {id} has 1 active job."),
    Row(INITIALIZE, "input_is_missing", OBJECTED, ExitCode.CONFLICT,
        "Workflow {id} cannot start: input file missing.txt does not exist."),
    Row(RESET, "failed", DONE, ExitCode.OK, "Reset 2 jobs of #{id} {name}."),
    Row(RESET, "unknown", REFUSED, *UNKNOWN),
    Row(RESET, "archived", REFUSED, *ARCHIVED),
    Row(RESET, "running", OBJECTED, ExitCode.CONFLICT, "Workflow {id} has 1 active job."),
    Row(RERUN, "complete", REFUSED, ExitCode.CONFLICT,
        "Workflow {id} has no failed, canceled or terminated jobs."),
    Row(RERUN, "unknown", REFUSED, *UNKNOWN),
    Row(RERUN, "archived", REFUSED, *ARCHIVED),
    Row(CANCEL, "initialized", DONE, ExitCode.OK, "Canceled workflow #{id} {name}."),
    Row(CANCEL, "archived", DONE, ExitCode.OK, "Canceled workflow #{id} {name}."),
    Row(CANCEL, "canceled", DONE, ExitCode.OK, "Workflow #{id} {name} is already canceled."),
    Row(CANCEL, "complete", REFUSED, ExitCode.CONFLICT,
        "Workflow {id} is complete: there is nothing to cancel."),
    Row(CANCEL, "unknown", REFUSED, *UNKNOWN),
    Row(DELETE, "canceled", DONE, ExitCode.OK, "Deleted workflow #{id} {name}."),
    Row(DELETE, "running", DONE, ExitCode.OK, "Deleted workflow #{id} {name}."),
    Row(DELETE, "of_another_user", OBJECTED, ExitCode.ACCESS,
        "Workflow {id} ({name}) belongs to other."),
    Row(DELETE, "unknown", REFUSED, *UNKNOWN),
    Row(CANCEL_JOB, "initialized", DONE, ExitCode.OK, "Canceled job {job} (a)."),
    Row(CANCEL_JOB, "running", DONE, ExitCode.OK, "Canceled job {job} (a)."),
    Row(CANCEL_JOB, "complete", REFUSED, ExitCode.CONFLICT,
        "Job {job} (a) is completed: it cannot be canceled."),
    Row(TERMINATE_JOB, "running", DONE, ExitCode.OK, "Terminated job {job} (a)."),
    Row(TERMINATE_JOB, "initialized", REFUSED, ExitCode.CONFLICT,
        "Job {job} (a) is ready: it can be canceled, not terminated."),
    Row(RETRY_JOB, "failed", DONE, ExitCode.OK, "Retried job {job} (a)."),
    Row(RETRY_JOB, "running", REFUSED, ExitCode.CONFLICT,
        "Job {job} (a) is running: it can be canceled or terminated, not retried."),
]  # fmt: skip


def _name(row: Row) -> str:
    words = row.request.command.replace("--no-prompts", "").split()
    return "-".join([*(word for word in words if "{" not in word), row.situation])


@pytest.fixture
def stage(client, tmp_path, monkeypatch):
    """Set up workflows; what was started for them is stopped in the end."""
    monkeypatch.chdir(tmp_path)
    stages = []

    def make(name: str) -> Stage:
        stages.append(Stage(client, name))
        return stages[-1]

    yield make
    for run in list_runs():
        process = run.meta.process
        if run.state is RunState.RUNNING and process is not None and process.pid != os.getpid():
            os.kill(process.pid, signal.SIGTERM)
    known = {workflow.id for workflow in client.list_workflows().items}
    for each in stages:
        if each.id in known:
            client.delete_workflow(each.id)


@pytest.mark.parametrize("row", TABLE, ids=_name)
def test_the_command(row, server, stage):
    workflow = stage("by-command")
    getattr(workflow, row.situation)()
    facts = workflow.facts()
    before = _state(workflow)

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        arguments = row.request.command.format(**facts).split()
        code = run_command_line(["--url", server.url, *arguments])

    assert code == row.code
    if row.decision is DONE:
        assert out.getvalue().startswith(row.sentence.format(**facts))
    else:
        assert f"error: {row.sentence.format(**facts)}\n" in err.getvalue()
        assert out.getvalue() == ""
        assert _state(workflow) == before
    if row.warning:
        assert f"warning: {row.warning.format(**facts)}" in err.getvalue()
    else:
        assert "warning:" not in err.getvalue()


@pytest.mark.parametrize("row", TABLE, ids=_name)
async def test_the_key(row, server, stage):
    workflow = stage("by-key")
    facts = workflow.facts()
    sentence = row.sentence.format(**facts)
    async with interface(server.url, (160, 48)) as ui:

        def is_said() -> bool:  # files in full: the interface may have been started elsewhere
            return sentence in ui.seen().replace(f"{Path.cwd()}/", "")

        await ui.open("by-key")
        await ui.wait_for("true")
        if row.situation == "unknown":  # else it may vanish from the list before the key is pressed
            await ui.stop_refreshing()
        getattr(workflow, row.situation)()
        before = _state(workflow)

        await ui.press(row.request.key)
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm) or is_said())

        if row.decision is REFUSED:
            assert not isinstance(ui.screen, Confirm)
            assert _state(workflow) == before
            return
        if row.decision is DONE and is_said():
            return  # nothing was left to do, so nothing was asked
        await ui.rest()  # the lines of a question are mounted after it
        shown = " ".join(str(words.content) for words in ui.screen.query(Words))
        assert row.warning.format(**facts) in shown
        if row.decision is OBJECTED:
            assert sentence in shown
            await ui.press("n")
            await ui.wait_for(lambda: not isinstance(ui.screen, Confirm))
            assert _state(workflow) == before
        else:
            assert "cannot start" not in shown
            await ui.press("y")
            await ui.wait_for(sentence)


def _state(workflow: Stage) -> object:
    """What must not have changed after a refusal."""
    known = {each.id for each in workflow.client.list_workflows().items}
    if workflow.id not in known:
        return None
    return workflow.client.get_workflow_status(workflow.id), len(list_runs())
