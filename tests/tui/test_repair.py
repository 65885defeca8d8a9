"""Why a job is where it is, live; reruns with a preview; the next failed job."""

from __future__ import annotations

import pytest
from operations.situations import node_here
from tui.driving import interface
from tui.runs_here import FALLS, run

from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_tui.screens.dialogs.confirm import Confirm
from torc_tui.screens.dialogs.reader import Reader
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.screens.repair.why import WhyScreen


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in a directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def chained(client):
    """Three jobs, each after the one before, initialized."""
    workflow = client.create_workflow(Workflow(name="chained", user="tester"))
    before = []
    for name in ("first", "second", "third"):
        job = Job(
            workflow_id=workflow.id, name=name, command="true", depends_on_job_ids=list(before)
        )
        before = [client.create_job(job).id]
    client.initialize_jobs(workflow.id)
    return workflow.id


def fail(client, job, node):
    """Report a job as failed."""
    result = Result(
        job_id=job.id,
        workflow_id=job.workflow_id,
        run_id=0,
        compute_node_id=node,
        return_code=3,
        exec_time_minutes=0.1,
        completion_time="2026-01-01T00:00:00.000Z",
        status=JobStatus.FAILED,
    )
    client.complete_job(job.id, JobStatus.FAILED, 0, result)


async def test_why_a_job_waits_is_said_and_follows_what_happens(server, client, chained):
    async with interface(server.url) as ui:
        await ui.open("chained")
        await ui.wait_for("third")
        await ui.press("G", "exclamation_mark")
        await ui.wait_for(lambda: isinstance(ui.screen, WhyScreen))
        await ui.wait_for("second  (blocked)")
        await ui.wait_for("third ← second ← first")
        await ui.wait_for("(first): it is ready, and waits for a runner")
        await ui.wait_for("no runner is active")
        first = client.list_jobs(chained).items[0]
        client.manage_status_change(first.id, JobStatus.CANCELED, 0)
        await ui.wait_for("canceled because of job")
        await ui.press("q", "g", "exclamation_mark")
        await ui.wait_for("canceled by a user, at")


async def test_the_keys_that_an_answer_names_work_in_it(server, client, chained):
    fail(
        client,
        client.list_jobs(chained).items[0],
        client.create_compute_node(node_here(chained)).id,
    )
    async with interface(server.url) as ui:
        await ui.open("chained")
        await ui.wait_for("✗ failed")
        await ui.press("exclamation_mark")
        await ui.wait_for("its log: press l")
        await ui.wait_for("l logs")
        await ui.press("y")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.press("n")
        await ui.wait_for(lambda: ui.screen is ui.board)
        await ui.press("F")
        await ui.wait_for("1 failed job")
        await ui.press("exclamation_mark")
        await ui.wait_for("its log: press l")
        await ui.press("l")
        await ui.wait_for(lambda: isinstance(ui.screen, LogScreen))


async def test_a_rerun_names_what_runs_and_runs_it(server, client, here):
    async with interface(server.url) as ui:
        await run(ui, here, FALLS)
        await ui.wait_for("✗ 2 failed")
        await ui.press("Y")
        await ui.wait_for(lambda: isinstance(ui.screen, Confirm))
        await ui.wait_for("Rerun 3 jobs of #")
        await ui.wait_for("2 failed jobs: big, bug")
        await ui.wait_for("1 canceled job: after")
        await ui.wait_for("0 completed jobs are kept.")
        await ui.wait_for("Then it runs on this machine, and keeps running after you quit.")
        await ui.press("y")
        await ui.wait_for("✓ 2 completed")
        await ui.press("Y")
        await ui.wait_for("1 failed job: bug")
        await ui.wait_for("2 completed jobs are kept.")
        await ui.press("n")


async def test_a_rerun_is_where_the_workflow_ran_and_not_where_the_interface_was_started(
    server, here, monkeypatch, tmp_path_factory
):
    async with interface(server.url) as ui:
        await run(ui, here, FALLS)
        await ui.wait_for("✗ 2 failed")
        monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
        await ui.press("Y")
        await ui.wait_for("Its jobs run in ")
        await ui.press("y")
        await ui.wait_for("✓ 2 completed")  # the file of the first attempt is there


async def test_without_failures_there_is_nothing_to_rerun(server, make_workflow):
    make_workflow("spotless")
    async with interface(server.url) as ui:
        await ui.open("spotless")
        await ui.press("Y")
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
        await ui.wait_for("has no failed, canceled or terminated jobs")


async def test_the_next_failed_job_is_found_far_out_of_sight(server, client, make_workflow):
    number = make_workflow("long", 3000)
    jobs = client.list_jobs(number, sort_by="id", limit=3000).items
    node = client.create_compute_node(node_here(number)).id
    for at in (7, 2500):
        fail(client, jobs[at], node)
    async with interface(server.url) as ui:
        await ui.open("long")
        await ui.wait_for("job_5 ")
        table = ui.board.pane.table
        for at in (7, 2500, 7):
            await ui.press("N")
            await ui.wait_for(lambda at=at: table.cursor == at)
        await ui.wait_for("Went on from the top: none of the jobs below failed.")
        await ui.press("1", "1", "N")
        await ui.wait_for(lambda: table.cursor == 2999 - 2500)
        await ui.press("2", "N")
        await ui.wait_for(lambda: table.cursor_row and table.cursor_row.item.name == "job_2500")
        await ui.press("f")
        await ui.type("job_1")
        await ui.press("enter", "N")
        await ui.wait_for("None of these jobs failed.")
        await ui.press("escape", "left", "g", "N")
        await ui.wait_for(lambda: ui.board.workflows.selected_workflow().job_counts["failed"] > 0)
        await ui.press("right", "tab", "N")
        await ui.wait_for("N goes on in the lists of jobs and workflows.")
