"""Runs that went on without the interface are mentioned when it is back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest
from tui.driving import interface

from torc_core.clock import utc_now
from torc_core.host.directories import state_directory
from torc_core.host.runs import Run, RunMeta, RunState, RunStatus, create_run, new_run_id
from torc_tui.lists.runs import RUNS
from torc_tui.screens.dialogs.runs import RunsDialog
from torc_tui.state.recent import runs_since_last_visit, worth_mentioning
from torc_tui.state.visit import note_visit


def make_run(number, url, name="climate", *, is_detached=True):
    meta = RunMeta(
        run_id=new_run_id(number),
        workflow_id=number,
        workflow_name=name,
        url=url,
        output_dir="output",
        cwd=str(Path.cwd()),
        started_at=utc_now(),
        is_detached=is_detached,
    )
    return create_run(meta)


def test_a_run_that_lives_is_mentioned_each_time():
    make_run(1, "http://127.0.0.1:9").begin()

    assert len(runs_since_last_visit()) == 1
    assert len(runs_since_last_visit()) == 1


def visit_a_minute_ago():
    note_visit()
    stamp = state_directory() / "last_visit"
    os.utime(stamp, (time.time() - 60, time.time() - 60))


def test_a_run_that_was_watched_to_its_end_is_not_mentioned():
    visit_a_minute_ago()
    run = make_run(1, "http://127.0.0.1:9", is_detached=False)
    run.begin()
    run.end("completed", 0)

    assert runs_since_last_visit() == []


def test_a_run_that_ended_is_mentioned_once():
    visit_a_minute_ago()
    run = make_run(1, "http://127.0.0.1:9")
    run.begin()
    run.end("completed", 0)

    assert [each.meta.final_status for each in runs_since_last_visit()] == ["completed"]
    assert runs_since_last_visit() == []


def test_before_the_first_visit_only_what_lives_is_mentioned():
    run = make_run(1, "http://127.0.0.1:9")
    run.begin()
    run.end("failed", 1)

    assert runs_since_last_visit() == []


def test_a_damaged_run_directory_disturbs_nobody():
    run = make_run(1, "http://127.0.0.1:9")
    (run.path / "meta.json").write_text("{")
    broken = make_run(2, "http://127.0.0.1:9")
    broken.write_meta(msgspec.structs.replace(broken.read_meta(), started_at="yesterday"))

    assert [each.meta.workflow_id for each in runs_since_last_visit()] == [2]


async def test_the_dialog_leads_to_the_workflow(server, make_workflow):
    number = make_workflow("climate", 4)
    make_workflow("newer", 1)
    make_run(number, server.url).begin()
    async with interface(server.url) as ui:
        await ui.wait_for(lambda: isinstance(ui.screen, RunsDialog))
        await ui.wait_for("go on without the interface")
        await ui.wait_for("climate")
        await ui.wait_for("l output")
        await ui.press("enter")
        await ui.wait_for(f"climate #{number} ▸ Jobs")
        await ui.wait_for("job_3")


async def test_keys_that_come_before_the_dialog_is_seen_go_to_the_list(server, make_workflow):
    number = make_workflow("climate", 4)
    make_workflow("newer", 1)
    make_run(number, server.url).begin()
    async with interface(server.url) as ui:
        await ui.wait_for(lambda: isinstance(ui.screen, RunsDialog))
        assert "l output" not in ui.seen()
        await ui.press("j", "enter")
        await ui.wait_for(f"climate #{number} ▸ Jobs")


async def test_what_ended_well_and_runs_of_other_servers_are_only_mentioned(server, make_workflow):
    number = make_workflow("climate", 4)
    visit_a_minute_ago()
    make_run(8, "http://127.0.0.1:9", "elsewhere").begin()
    done = make_run(number, server.url)
    done.begin()
    done.end("completed", 0)
    async with interface(server.url) as ui:
        await ui.wait_for("1 run goes on, 1 run ended while you were away. H shows them.")
        assert not isinstance(ui.screen, RunsDialog)


async def test_once_something_was_typed_runs_are_only_mentioned(server, make_workflow):
    number = make_workflow("climate", 4)
    make_run(number, server.url).begin()
    async with interface(server.url) as ui:
        ui.app.typed.has_begun = True
        await ui.wait_for("1 run goes on. H shows them.")
        assert not isinstance(ui.screen, RunsDialog)


NOON = "2026-03-01T12:00:00+00:00"
NOON_S = 1772366400.0


def make_found(state, *, ended_at=None, updated_at=None, is_detached=True, **meta):
    fields = {
        "run_id": "r", "workflow_id": 1, "workflow_name": "w", "url": "u", "output_dir": "o",
        "cwd": "/", "started_at": NOON,
    }  # fmt: skip
    return Run(
        directory="/d",
        meta=RunMeta(**fields | meta, ended_at=ended_at, is_detached=is_detached),
        status=RunStatus(updated_at=updated_at) if updated_at else None,
        state=state,
    )


@pytest.mark.parametrize(
    ("run", "last_visit", "is_mentioned"),
    [
        (make_found(RunState.RUNNING), None, True),
        (make_found(RunState.STARTING), NOON_S + 99, True),
        (make_found(RunState.RUNNING, is_detached=False), NOON_S + 99, True),
        (make_found(RunState.ENDED, ended_at=NOON), None, False),
        (make_found(RunState.ENDED, ended_at=NOON), NOON_S - 1, True),
        (make_found(RunState.ENDED, ended_at=NOON), NOON_S, False),
        (make_found(RunState.ENDED, ended_at=NOON, is_detached=False), NOON_S - 1, False),
        (make_found(RunState.CRASHED, updated_at=NOON, is_detached=False), NOON_S - 1, True),
        (make_found(RunState.CRASHED, updated_at="2026-03-01T12:00:00"), NOON_S - 1, True),
        (make_found(RunState.CRASHED, updated_at="2026-03-01T12:00:00"), NOON_S, False),
        (make_found(RunState.CRASHED), NOON_S - 1, True),
        (make_found(RunState.CRASHED), NOON_S + 1, False),
        (make_found(RunState.CRASHED, started_at="yesterday"), 1.0, False),
        (make_found(RunState.ELSEWHERE, updated_at=NOON), NOON_S - 1, True),
        (make_found(RunState.ELSEWHERE, ended_at=NOON, updated_at="2030-01-01"), NOON_S, False),
    ],
)
def test_which_runs_are_worth_mentioning(run, last_visit, is_mentioned):
    assert worth_mentioning([run], last_visit) == ([run] if is_mentioned else [])


def test_without_a_state_directory_there_are_no_runs(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))

    note_visit()
    assert runs_since_last_visit() == []


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize(
    ("run", "state", "jobs"),
    [
        (make_found(RunState.RUNNING), ("▶ running", "yellow"), ""),
        (make_found(RunState.STARTING), ("◌ starting", "blue"), ""),
        (make_found(RunState.CRASHED), ("✗ crashed", "red"), ""),
        (
            msgspec.structs.replace(make_found(RunState.CRASHED), jobs_left=2),
            ("✗ crashed, 2 jobs left running", "red"),
            "",
        ),
        (make_found(RunState.ELSEWHERE), ("? other host", "magenta"), ""),
        (make_found(RunState.ENDED), ("- ended", "magenta"), ""),
        (make_found(RunState.ENDED, final_status="completed"), ("✓ completed", "green"), ""),
        (make_found(RunState.ENDED, final_status="failed"), ("✗ failed", "red"), ""),
        (make_found(RunState.ENDED, final_status="canc\x1b"), ("- canc␛", "magenta"), ""),
    ],
)
def test_how_a_run_looks(run, state, jobs):
    cells = RUNS.row(run).cells

    assert cells[2] == state
    assert cells[3].text == jobs
    assert [cells[0].text, cells[1].text, cells[4].text] == ["1", "w", "03-01 13:00:00"]


def test_the_jobs_of_a_run_are_counted_by_status():
    run = msgspec.structs.replace(
        make_found(RunState.RUNNING),
        status=RunStatus(updated_at=NOON, counts={"completed": 1200, "failed": 0, "canceled": 2}),
    )

    assert RUNS.row(run).cells[3].text == "1,200 completed  2 canceled"
