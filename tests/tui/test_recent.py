"""Runs that went on without the interface are mentioned when it is back."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
from tui.driving import interface

from torc_core.clock import utc_now
from torc_core.host.directories import state_directory
from torc_core.host.runs import RunMeta, create_run, new_run_id
from torc_tui.screens.dialogs.runs import RunsDialog
from torc_tui.state.recent import note_visit, runs_since_last_visit


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
    run.write_status({"completed": 3}, 0)
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
        await ui.wait_for("while you were away")
        await ui.wait_for("climate")
        await ui.press("enter")
        await ui.wait_for(f"climate #{number} ▸ Jobs")
        await ui.wait_for("job_3")
