"""The lists that lead to downloads: workflows, how their jobs ended, and their files."""

from __future__ import annotations

from aiohttp import web

from torc_core.client import TorcClient
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Workflow
from torc_tui.lists.data.files import FILES
from torc_tui.lists.listing import Listing
from torc_tui.lists.results import RESULTS
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.web.site import number_in, site_of
from torc_tui.web.tables import Table, TableRequest, read_table


async def _workflows(request: web.Request) -> web.Response:
    """List the workflows of the server."""
    site = site_of(request)
    asked = read_table(WORKFLOWS, request.query)
    table = await site.ask(lambda client: asked.fetch(client, None))
    return site.page("workflows.html", table=table)


async def _results(request: web.Request) -> web.Response:
    """List how the attempts of jobs ended, with links to what they printed."""
    return await _listed(request, RESULTS, "results.html")


async def _files(request: web.Request) -> web.Response:
    """List the files of a workflow, with links to what is in them."""
    return await _listed(request, FILES, "files.html")


async def _listed(request: web.Request, listing: Listing, template: str) -> web.Response:
    site = site_of(request)
    workflow_id = WorkflowId(number_in(request, "workflow"))
    asked = read_table(listing, request.query)
    workflow, table = await site.ask(_with_workflow, workflow_id, asked)
    return site.page(template, workflow=workflow, table=table)


def _with_workflow(
    client: TorcClient, workflow_id: WorkflowId, asked: TableRequest
) -> tuple[Workflow, Table]:
    return client.get_workflow(workflow_id), asked.fetch(client, workflow_id)


ROUTES = (
    web.get("/workflows", _workflows),
    web.get(r"/workflows/{workflow:\d{1,18}}", _results),
    web.get(r"/workflows/{workflow:\d{1,18}}/files", _files),
)
