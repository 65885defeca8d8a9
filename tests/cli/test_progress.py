"""The line of counts while a run lasts."""

from __future__ import annotations

import threading
import time

from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.errors import UnreachableError
from torc_tui.cli.output.live_counts import LiveCounts, progress_line


class Silent(TorcClient):
    """A server that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.gate = threading.Event()

    def get_workflow_status(self, _workflow_id):
        self.asked.set()
        assert self.gate.wait(60)
        raise UnreachableError("no")


def test_a_server_that_does_not_answer_does_not_delay_the_end(capsys):
    client = Silent()
    with LiveCounts(client, 1, interval_s=0.01):
        assert client.asked.wait(30)
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
