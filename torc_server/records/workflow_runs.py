"""The list of a workflow's runs."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, func, select

from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_core.model.records.workflow_run import WorkflowRun
from torc_server.records.pages import Paging, order, page_of
from torc_server.rules.runs.records import RUNS, read_run
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables

_run = tables.workflow_run


def list_runs(
    conn: Connection, workflow_id: WorkflowId, paging: Paging, *, now_ms: int
) -> Page[WorkflowRun]:
    """Return a page of the runs of a workflow.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: Runs have no such field to sort by.
    """
    find_workflow(conn, workflow_id)
    own = _run.c.workflow_id == workflow_id
    query = RUNS.where(own).order_by(
        *order(dict(_run.c), ["id"], paging.sort_by, reverse=paging.reverse_sort)
    )
    count = select(func.count()).select_from(_run).where(own)
    return page_of(conn, query, count, partial(read_run, now_ms=now_ms), paging)
