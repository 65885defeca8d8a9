"""Columns, live filters, marks of all rows and saved filters, as one uses them."""

from __future__ import annotations

import pytest
from nodes import compute_node
from tui.driving import interface

from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_tui.panes.tabs.events import EventsTab
from torc_tui.panes.tabs.jobs import JobsTab


@pytest.fixture
def workflow(client, make_workflow):
    """Five jobs, of which one has failed with exit code 3."""
    number = make_workflow("columns", jobs=5)
    job = client.list_jobs(number).items[0]
    node = client.create_compute_node(make_node(number))
    run_id = client.get_workflow_status(number).run_id
    result = Result(
        job_id=job.id, workflow_id=number, run_id=run_id, compute_node_id=node.id, return_code=3,
        exec_time_minutes=1.5, completion_time="2026-01-01T00:01:30.000Z", status="failed",
        peak_memory_bytes=3 << 30, peak_cpu_percent=150.0,
    )  # fmt: skip
    client.complete_job(job.id, "failed", run_id, result)
    return number


def make_node(number):
    return compute_node(workflow_id=number, hostname="r12n03", num_cpus=2, memory_gb=4.0)


def table_of(ui):
    return ui.board.opened.details.tab_of(JobsTab).table


async def test_jobs_show_what_their_attempts_took_and_where(client, server, workflow):
    async with interface(server.url, (200, 48)) as ui:
        await ui.open("columns")
        words = ("job_0", "failed", "1m 30s", " 3 ", "3.0 GiB", "150%", "r12n03")
        await ui.wait_for(
            lambda: any(all(word in line for word in words) for line in ui.seen().splitlines())
        )


async def test_columns_are_chosen_ordered_and_remembered(server, workflow):
    async with interface(server.url, (120, 30)) as ui:
        await ui.open("columns")
        await ui.wait_for("job_4")
        await ui.press(",")
        await ui.wait_for("Columns of Jobs")
        await ui.press("G", "space", "g", ">", "space", "enter")  # origin; ID behind Name, hidden
        await ui.wait_for(lambda: table_of(ui).listing.columns[-1].title == "Origin")
        titles = [column.title for column in table_of(ui).listing.columns]
        assert titles[0] == "Name"
        assert titles[-1] == "Origin"
        assert "ID" not in titles
        assert ui.app.remembered.of_list("Jobs").columns == tuple(titles)


async def test_rows_follow_what_is_typed_and_escape_takes_it_back(server, workflow):
    async with interface(server.url) as ui:
        await ui.open("columns")
        await ui.wait_for(lambda: table_of(ui).total == 5)
        await ui.press("/")
        await ui.wait_for("Name:")
        await ui.type("B_3q")
        await ui.wait_for(lambda: table_of(ui).total == 0)
        await ui.press("backspace")
        await ui.wait_for(lambda: table_of(ui).total == 1)
        await ui.press("escape")
        await ui.wait_for(lambda: table_of(ui).total == 5)
        await ui.press("/", "tab")
        await ui.wait_for("Status:")
        await ui.type("fail")
        await ui.wait_for(lambda: table_of(ui).total == 1)
        await ui.press("enter")
        await ui.wait_for("status: fail")
        assert table_of(ui).has_focus
        await ui.press("escape")
        await ui.wait_for(lambda: table_of(ui).total == 5)


async def test_a_column_is_named_before_a_colon_and_left_when_that_is_taken_back(server, workflow):
    async with interface(server.url) as ui:
        await ui.open("columns")
        await ui.wait_for(lambda: table_of(ui).total == 5)
        await ui.press("/")
        await ui.wait_for("Name:")
        await ui.type("status: fail")
        await ui.wait_for(lambda: table_of(ui).total == 1)
        await ui.wait_for("status: fail")
        await ui.press(*["backspace"] * len("status: fail"))
        await ui.type("b_3")
        await ui.wait_for(lambda: table_of(ui).query_state.filters == {"name": "b_3"})
        await ui.press("enter")
        await ui.wait_for("name: b_3")


async def test_all_rows_of_the_filter_are_marked_also_those_out_of_sight(
    client, server, make_workflow
):
    number = make_workflow("marked", jobs=2)
    client.create_jobs(
        [Job(workflow_id=number, name=f"more_{at}", command="true") for at in range(700)]
    )
    async with interface(server.url) as ui:
        await ui.open("marked")
        await ui.wait_for(lambda: table_of(ui).total == 702)
        await ui.press("/")
        await ui.type("more")
        await ui.press("enter")
        await ui.wait_for(lambda: table_of(ui).total == 700)
        await ui.press("*")
        await ui.wait_for("700 marked")
        jobs = ui.board.opened.details.tab.selected_jobs()
        assert {job.name for job in jobs} == {f"more_{at}" for at in range(700)}
        await ui.press("-")
        await ui.wait_for(lambda: not table_of(ui).marks)


async def test_the_order_goes_from_column_to_column_that_the_server_can_sort(server, workflow):
    async with interface(server.url) as ui:
        await ui.open("columns")
        await ui.wait_for("job_4")
        await ui.press(">")
        await ui.press(">")
        await ui.wait_for("Name▲")
        await ui.press("<", "<")
        await ui.wait_for("sorted by Command")
        await ui.press("6")
        await ui.wait_for("The server cannot sort by Exit.")


async def test_a_filter_is_saved_with_order_and_columns_and_applied_again(server, workflow):
    async with interface(server.url) as ui:
        await ui.open("columns")
        await ui.wait_for(lambda: table_of(ui).total == 5)
        await ui.press("/", "tab")
        await ui.type("ready")
        await ui.press("enter", "2", "2")
        await ui.wait_for("Name▼")
        await ui.press("B")
        await ui.wait_for("Save this filter as")
        await ui.type("waiting ones")
        await ui.press("enter")
        await ui.wait_for("Saved as waiting ones")
        await ui.press("escape", "1")
        await ui.wait_for(lambda: table_of(ui).total == 5)
        await ui.press("b")
        await ui.wait_for("Saved filters")
        await ui.press("enter")
        await ui.wait_for(lambda: table_of(ui).total == 4)
        await ui.wait_for("Name▼")
        await ui.press("b", "ctrl+d")
        await ui.wait_for(lambda: not ui.app.remembered.of_list("Jobs").saved)


async def test_order_and_columns_last_and_a_filter_does_not(server, workflow, make_workflow):
    async with interface(server.url) as ui:
        await ui.open("columns")
        await ui.wait_for(lambda: table_of(ui).total == 5)
        await ui.press("2", "2")
        await ui.wait_for("Name▼")
        await ui.press("f")
        await ui.type("job_1")
        await ui.press("enter")
        await ui.wait_for(lambda: table_of(ui).total == 1)
        remembered = ui.app.remembered
    make_workflow("another", jobs=3)
    async with interface(server.url) as ui:
        ui.app.remembered = remembered
        await ui.open("another")
        await ui.wait_for("Name▼")
        await ui.wait_for("3 jobs")
        assert "name:" not in ui.seen()
        await ui.press(":")
        await ui.type("columns Status,ID")
        await ui.press("enter")
        await ui.wait_for("by Name▼")
        await ui.press(":")
        await ui.type("sort usual")
        await ui.press("enter")
        await ui.wait_for(lambda: "by Name▼" not in ui.seen())
        assert ui.app.remembered.of_list("Jobs").order is None


async def test_the_latest_events_stay_the_latest(server, workflow):
    async with interface(server.url, (160, 48)) as ui:
        await ui.open("columns")
        await ui.press("e")
        await ui.wait_for("workflow_started")
        await ui.press("1")
        await ui.wait_for(lambda: ui.app.remembered.of_list("Events").order)
        remembered = ui.app.remembered
    async with interface(server.url, (160, 48)) as ui:
        ui.app.remembered = remembered
        await ui.open("columns")
        details, latest = ui.board.opened.details, ui.board.opened.latest
        await ui.press("e")
        await ui.wait_for("[Events]")
        assert latest.table.query_state == latest.listing.order
        assert details.tab_of(EventsTab).table.query_state != latest.listing.order


async def test_two_thousand_marked_jobs_are_canceled_after_a_question(
    client, server, make_workflow
):
    number = make_workflow("bulk", jobs=1)
    client.create_jobs(
        [Job(workflow_id=number, name=f"more_{at}", command="true") for at in range(1_999)]
    )
    client.initialize_jobs(number)
    async with interface(server.url) as ui:
        await ui.open("bulk")
        await ui.wait_for(lambda: table_of(ui).total == 2_000)
        await ui.press("*")
        await ui.wait_for("2,000 marked")
        await ui.press("c")
        await ui.wait_for("Cancel 2,000 jobs?")
        await ui.press("y", "j", "j")
        await ui.wait_for("Canceled 2,000 jobs.")
        assert table_of(ui).cursor == 2
    assert client.list_jobs(number, status="canceled", limit=1).total_count == 2_000
