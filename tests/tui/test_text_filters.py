"""A filter for a text takes a part of it in every list, `=` the whole value, and `!` all others."""

from __future__ import annotations

from contextlib import closing

import pytest
from operations.older_server import OlderServer
from tui.driving import interface

from torc_core.errors import UsageError
from torc_core.model.workflow import Workflow
from torc_tui.lists.data.files import FILES
from torc_tui.lists.data.user_data import USER_DATA
from torc_tui.lists.events import EVENTS
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.listing import Query
from torc_tui.lists.resources.allocations import ALLOCATIONS
from torc_tui.lists.resources.nodes import NODES
from torc_tui.lists.resources.requirements import REQUIREMENTS
from torc_tui.lists.resources.schedulers import SLURM_SCHEDULERS
from torc_tui.lists.results import RESULTS
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


EVERY = (*LISTS, JOBS, RESULTS)
TYPED = {"status": "running", "return_code": "7", "job_id": "7"}


@pytest.mark.parametrize("listing", EVERY, ids=lambda listing: listing.name)
def test_the_server_knows_every_filter_that_leaves_out(listing, client, make_workflow):
    number = make_workflow("filtered")
    every = listing.fetch(client, number, Query(), range(9))[0]
    for each in listing.filters:
        if each.may_exclude:
            typed = TYPED.get(each.name, "~~") if listing in (JOBS, RESULTS) else "~~"
            query = Query().filtered(each.name, f"!{typed}")
            assert listing.fetch(client, number, query, range(9))[0] == every


def test_a_lone_sign_filters_nothing_and_a_whole_value_may_begin_with_it():
    assert FILES.parameters(Query().filtered("name", "!")) == {}
    assert FILES.parameters(Query().filtered("name", "!a", is_whole=True)) == {"name": "!a"}
    assert FILES.parameters(Query().filtered("name", "! a")) == {
        "name": "a",
        "contains": "name",
        "excludes": "name",
    }


def test_a_server_that_would_ignore_the_sign_is_not_asked(server):
    with closing(OlderServer(server.url)) as client, pytest.raises(UsageError) as refused:
        FILES.asked(client, Query().filtered("name", "!a"))
    assert "cannot leave out" in refused.value.message


async def test_what_does_not_match_is_listed_while_one_types(server, make_workflow):
    for name in ("climate-1", "climate-2", "postproc"):
        make_workflow(name)
    async with interface(server.url) as ui:
        await ui.wait_for("postproc")
        await ui.press("slash")
        await ui.type("!LIMA")
        await ui.wait_for("name: !LIMA")
        await ui.wait_for(lambda: ui.board.workflows.table.total == 1)
        await ui.press("enter")
        await ui.wait_for("postproc")


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
