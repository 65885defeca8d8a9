"""A filter for a text takes a part of it in every list; `=` takes the whole value."""

from __future__ import annotations

import pytest
from tui.driving import interface

from torc_core.model.workflow import Workflow
from torc_tui.lists.data.files import FILES
from torc_tui.lists.data.user_data import USER_DATA
from torc_tui.lists.events import EVENTS
from torc_tui.lists.listing import Query
from torc_tui.lists.resources.allocations import ALLOCATIONS
from torc_tui.lists.resources.nodes import NODES
from torc_tui.lists.resources.requirements import REQUIREMENTS
from torc_tui.lists.resources.schedulers import SLURM_SCHEDULERS
from torc_tui.lists.workflows import WORKFLOWS

LISTS = [
    EVENTS, FILES, ALLOCATIONS, NODES, REQUIREMENTS, SLURM_SCHEDULERS, USER_DATA, WORKFLOWS,
]  # fmt: skip


@pytest.fixture
def server(make_server):
    """One of the test's own: it counts the rows of the list of workflows."""
    return make_server()


@pytest.mark.parametrize("listing", LISTS, ids=lambda listing: listing.name)
def test_the_server_knows_every_filter_that_takes_a_part(listing, client, make_workflow):
    number = make_workflow("filtered")
    for each in listing.filters:
        if each.may_be_part:
            total, _ = listing.fetch(client, number, Query().filtered(each.name, "~~"), range(9))
            assert total == 0


async def test_workflows_are_found_by_a_part_of_the_name_in_either_case(server, make_workflow):
    for name in ("Climate-1", "climate-2", "postproc"):
        make_workflow(name)
    async with interface(server.url) as ui:
        await ui.wait_for("postproc")
        await ui.press("f")
        await ui.type("LIMA")
        await ui.press("enter")
        await ui.wait_for("name: LIMA")
        await ui.wait_for(lambda: ui.board.workflows.table.total == 2)
        await ui.press("escape")
        await ui.wait_for("postproc")


async def test_only_own_workflows_are_shown_though_a_name_contains_ones_own(
    server, client, make_workflow
):
    make_workflow("own")
    other = client.create_workflow(Workflow(name="other", user="tester2"))
    async with interface(server.url) as ui:
        await ui.wait_for("own")
        assert ui.board.workflows.table.total == 1
        await ui.press("f", "tab", "tab")
        await ui.wait_for("[User]")
        await ui.press(*["backspace"] * len("tester"))
        await ui.type("ESTER")
        await ui.press("enter")
        await ui.wait_for("other")
    client.delete_workflow(other.id)


async def test_the_same_value_is_the_whole_one(server, make_workflow):
    make_workflow("run")
    make_workflow("rerun")
    async with interface(server.url) as ui:
        await ui.wait_for("rerun")
        await ui.press("G", "=")
        await ui.wait_for("name = run")
        await ui.wait_for(lambda: ui.board.workflows.table.total == 1)
