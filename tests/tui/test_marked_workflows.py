"""What is asked of marked workflows is asked of all of them, in one question."""

from __future__ import annotations

import pytest
from tui.driving import interface

from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_tui.screens.dialogs.confirm import Confirm, ConfirmByName
from torc_tui.screens.dialogs.reader import Reader


@pytest.fixture
def server(make_server):
    """One of the test's own: it counts the rows of the list of workflows."""
    return make_server()


async def _mark_all(ui, number: int) -> None:
    await ui.wait_for(lambda: ui.board.workflows.table.total == number)
    await ui.press("g", *["space"] * number)
    await ui.wait_for(f"{number} marked")


async def test_all_marked_workflows_are_deleted_after_one_question(server, client, make_workflow):
    kept = make_workflow("kept")
    gone = [make_workflow(name) for name in ("one", "two")]
    async with interface(server.url, (120, 35)) as ui:
        await ui.wait_for("two")
        await ui.press("g", "space", "space", "d")
        await ui.wait_for("Delete 2 workflows?")
        assert isinstance(ui.screen, Confirm)
        for number, name in zip(gone, ("one", "two"), strict=True):
            await ui.wait_for(f"#{number} {name}")
        said = " ".join(str(each.render()) for each in ui.screen.query("Words"))
        assert "kept" not in said
        await ui.press("y")
        await ui.wait_for("Deleted 2 workflows.")
        await ui.wait_for(lambda: "marked" not in ui.seen())
    left = {workflow.id for workflow in client.list_workflows().items}
    assert left & {kept, *gone} == {kept}


async def test_without_a_mark_it_is_the_workflow_under_the_cursor(server, make_workflow):
    make_workflow("above")
    number = make_workflow("under")
    async with interface(server.url) as ui:
        await ui.wait_for("under")
        await ui.press("g", "d")
        await ui.wait_for(f"Delete workflow #{number} under?")


async def test_a_single_mark_counts_more_than_the_cursor(server, make_workflow):
    make_workflow("beside")
    number = make_workflow("marked")
    async with interface(server.url) as ui:
        await ui.wait_for("marked")
        await ui.press("g", "space", "G", "C")
        await ui.wait_for(f"Cancel WORKFLOW #{number} marked?")


async def test_inside_a_workflow_keys_are_about_that_one_whatever_is_marked(server, make_workflow):
    make_workflow("one")
    number = make_workflow("two")
    async with interface(server.url, (160, 48)) as ui:
        await ui.wait_for("one")
        await ui.press("g", "space", "space")
        await ui.open("two")
        await ui.press("C")
        await ui.wait_for(f"Cancel WORKFLOW #{number} two?")


async def test_what_is_refused_is_left_out_and_said_before_and_after(server, client, make_workflow):
    open_one = make_workflow("open")
    ended = make_workflow("ended")
    for job in client.list_jobs(ended).items:
        client.manage_status_change(job.id, JobStatus.CANCELED, 0)
    async with interface(server.url) as ui:
        await _mark_all(ui, 2)
        await ui.press("C")
        await ui.wait_for("Cancel 1 of 2 workflows?")
        await ui.wait_for(f"Left out: #{ended} ended:")
        await ui.press("y")
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
        await ui.wait_for(f"#{ended} ended:")
        await ui.wait_for(f"Canceled workflow #{open_one} open.")
        await ui.press("q")
        await ui.wait_for("Canceled 1 of 2 workflows.")
    assert client.get_workflow_status(open_one).is_canceled
    assert not client.get_workflow_status(ended).is_canceled


async def test_what_is_possible_for_none_is_not_asked(server, client, make_workflow):
    numbers = [make_workflow(name) for name in ("one", "two")]
    for number in numbers:
        client.cancel_workflow(number)
    async with interface(server.url) as ui:
        await _mark_all(ui, 2)
        await ui.press("x")
        await ui.wait_for("Run: this is possible for none of 2 workflows.")
        await ui.wait_for(f"#{numbers[0]} one: Workflow {numbers[0]} is canceled.")


async def test_many_jobs_are_deleted_only_by_typing_how_many_workflows(
    server, client, make_workflow
):
    numbers = [make_workflow("small"), make_workflow("large", 101)]
    async with interface(server.url) as ui:
        await _mark_all(ui, 2)
        await ui.press("d")
        await ui.wait_for("To confirm, type 2 workflows")
        assert isinstance(ui.screen, ConfirmByName)
        await ui.type("2 workflows")
        await ui.press("enter")
        await ui.wait_for("Deleted 2 workflows.")
    assert not {each.id for each in client.list_workflows().items} & set(numbers)


async def test_a_workflow_of_another_user_is_not_deleted_among_others(
    server, client, make_workflow
):
    own = make_workflow("own")
    foreign = client.create_workflow(Workflow(name="foreign", user="other"))
    client.create_jobs([Job(workflow_id=foreign.id, name="job", command="true")])
    async with interface(server.url, (120, 35)) as ui:
        await ui.wait_for("own")
        await ui.press("a")
        await ui.wait_for("foreign")
        await _mark_all(ui, 2)
        await ui.press("d")
        await ui.wait_for("Read-only until now")
        await ui.press("y")
        await ui.wait_for("Delete 1 of 2 workflows?")
        await ui.wait_for("belongs to other.")
        await ui.press("y")
        await ui.wait_for(lambda: isinstance(ui.screen, Reader))
    left = {workflow.id for workflow in client.list_workflows().items}
    assert left & {own, foreign.id} == {foreign.id}
    client.delete_workflow(foreign.id)


async def test_marks_far_out_of_sight_count_too(server, client, make_workflow):
    number = make_workflow("wide", 6000)
    async with interface(server.url) as ui:
        await ui.open("wide")
        await ui.wait_for("6,000 jobs")
        await ui.press("g", "space")
        table = ui.board.opened.details.tab.table
        for at in range(200, 6000, 200):  # until the first rows are no longer kept
            table.move_to(at)
            await ui.wait_for(lambda at=at: table.window.row(at) is not None)
        assert table.window.row(0) is None
        await ui.press("G")
        await ui.wait_for(lambda: table.cursor_row is not None)
        await ui.press("space", "c")
        await ui.wait_for("Cancel 2 jobs")
    assert client.get_workflow_status(number).jobs_by_status["canceled"] == 0


async def test_all_marked_workflows_are_initialized_together(server, client, make_workflow):
    numbers = [make_workflow(name) for name in ("one", "two")]
    before = [client.get_workflow_status(number).run_id for number in numbers]
    async with interface(server.url) as ui:
        await _mark_all(ui, 2)
        await ui.press("i")
        await ui.wait_for("Initialize 2 workflows?")
        await ui.press("y")
        await ui.wait_for("Initialized 2 workflows.")
        await ui.wait_for("2 marked")
    after = [client.get_workflow_status(number).run_id for number in numbers]
    assert [b + 1 for b in before] == after
