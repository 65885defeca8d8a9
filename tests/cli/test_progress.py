"""The line of counts while a run lasts."""

from __future__ import annotations

import threading
import time

from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.errors import UnreachableError
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.reports.time_left import TimeLeft
from torc_core.runner.policy.summary import Progress
from torc_tui.cli.output.live_counts import SERVER_FAILS, LiveCounts, progress_line


class Silent(TorcClient):
    """A server that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.gate = threading.Event()

    def get_workflow_status(self, _workflow_id):
        self.asked.set()
        assert self.gate.wait(100)
        raise UnreachableError("no")


def test_a_server_that_does_not_answer_does_not_delay_the_end(capsys):
    client = Silent()
    with LiveCounts(client, 1, interval_s=0.01):
        assert client.asked.wait(100)
        begin = time.monotonic()
    assert time.monotonic() - begin < 20

    before = {each for each in threading.enumerate() if each.name == "progress"}
    client.gate.set()
    wait_for(lambda: not any(each.is_alive() for each in before), "the thread to end")
    assert capsys.readouterr().err == ""


def test_the_line_begins_with_whom_the_runner_waits_for():
    counts = {"completed": 1, "running": 1}
    assert progress_line(counts, 0.0) == "1/2 jobs 50% · 1 running"
    line = progress_line(counts, 0.0, "waiting for 1 job of another runner")
    assert line == "1/2 jobs 50% · waiting for 1 job of another runner · 1 running"


def test_a_time_left_is_shown_only_if_it_is_known():
    counts = {"completed": 5, "ready": 5}
    assert progress_line(counts, 2.0) == "5/10 jobs 50% · 5 ready · 2/s"
    left = TimeLeft(least=600.0, most=900.0)
    assert progress_line(counts, 2.0, left=left).endswith("2/s · 10m 00s to 15m 00s left")


class Full(TorcClient):
    """A server with a full disk: it answers questions, and takes no reports."""

    def get_workflow_status(self, workflow_id):
        return WorkflowStatus(
            id=workflow_id, is_canceled=False, run_id=1, jobs_by_status={"running": 1}
        )


def test_a_server_that_takes_no_reports_is_named_until_it_does(capsys):
    shown = ""

    def is_shown(text):
        nonlocal shown
        shown += capsys.readouterr().err
        return shown.endswith(text)

    with LiveCounts(Full(), 1, interval_s=0.01) as counts:
        counts.note(Progress(running=1, waiting=0, outcomes={}, is_server_failing=True))
        wait_for(lambda: is_shown(f"0/1 jobs 0% · {SERVER_FAILS} · 1 running\n"), "the reason")
        counts.note(Progress(running=1, waiting=0, outcomes={}))
        wait_for(lambda: is_shown("0/1 jobs 0% · 1 running\n"), "the counts")
