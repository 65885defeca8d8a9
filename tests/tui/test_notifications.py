"""What the terminal is told of workflows that end and jobs that fail."""

from __future__ import annotations

import pytest
from waiting import wait_for

from torc_core.config.tui import TuiSettings
from torc_core.model.ids import WorkflowId
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_tui.notifications import Notifications, news_of, progress_sequence, seen_of, sequence_for

FLOW = Workflow(id=WorkflowId(7), name="study", user="tester")


def _status(run_id: int = 1, **counts: int) -> WorkflowStatus:
    return WorkflowStatus(
        workflow_id=WorkflowId(7), run_id=run_id, is_canceled=False, jobs_by_status=dict(counts)
    )


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (None, {"completed": 3}, None),
        ({"running": 1, "completed": 2}, {"completed": 3}, "#7 study is over: done"),
        ({"running": 2}, {"running": 1, "failed": 1}, "#7 study: 1 job failed"),
        ({"running": 2}, {"failed": 2}, "#7 study is over: failed, 2 jobs failed"),
        ({"running": 1}, {"running": 1}, None),
        ({"completed": 3}, {"completed": 3}, None),
    ],
)
def test_an_end_and_failures_are_news(before, now, said):
    seen = None if before is None else seen_of(_status(**before))

    assert news_of("#7 study", seen, seen_of(_status(**now))) == said


def test_a_new_run_begins_without_news():
    before, now = seen_of(_status(1, running=1)), seen_of(_status(2, failed=3))

    assert news_of("#7 study", before, now) is None


@pytest.mark.parametrize(
    ("how", "environ", "sent"),
    [
        ("off", {}, ""),
        ("bell", {}, "\a"),
        ("bell", {"TMUX": "/tmp/tmux"}, "\a"),
        ("osc9", {}, "\x1b]9;a,b\a"),
        ("osc777", {}, "\x1b]777;notify;torc;a,b\a"),
        ("osc9", {"TMUX": "/tmp/tmux"}, "\x1bPtmux;\x1b\x1b]9;a,b\a\x1b\\"),
        ("osc9", {"TERM": "screen-256color"}, "\x1bP\x1b]9;a,b\a\x1b\\"),
    ],
)
def test_each_way_to_tell_has_its_sequence(how, environ, sent):
    assert sequence_for("a;b", how, environ) == sent


@pytest.mark.parametrize("how", ["osc9", "osc777"])
def test_names_end_no_sequence(how):
    sent = sequence_for("\x1b]0;OWNED\a \x9c \x1b\\ evil" + "x" * 1000, how, {})

    assert sent.count("\x1b") == 1
    assert sent.count("\a") == 1
    assert "\x9c" not in sent
    assert len(sent) < 300


def test_progress_is_shown_once_per_change_and_taken_away():
    sent: list[str] = []
    told = Notifications(sent.append, TuiSettings(notify="off", tab_progress=True), {})
    for counts in (
        {"running": 2, "completed": 2},
        {"running": 2, "completed": 2},
        {"completed": 4},
    ):
        told.note("url", FLOW, _status(**counts))
    told.close()

    assert sent == ["\x1b]9;4;1;50\a", progress_sequence(None, {})]


def test_a_real_terminal_rings_when_the_open_workflow_ends(
    start_tui, server, client, make_workflow
):
    number = make_workflow("ringing", 1)
    screen = start_tui(server.url)
    screen.wait_for("ringing")
    screen.send("\r")
    screen.wait_for("[Jobs]", "job_0")
    screen.wait_for_silence()
    before = len(screen.output)
    (job,) = client.list_jobs(number).items

    client.manage_status_change(job.id, JobStatus.CANCELED, run_id=0)
    screen.wait_for("- canceled")
    wait_for(lambda: screen.read(0.1) or b"\a" in screen.output[before:], "the bell")

    assert screen.output[before:].count(b"\a") == 1
