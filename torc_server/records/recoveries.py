"""The list of a workflow's recoveries."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, func, select

from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_core.model.records.recovery import Recovery
from torc_server.records.pages import Paging, page_of
from torc_server.rules.runs.recoveries import read_recovery
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables

_recovery = tables.recovery


def list_recoveries(
    conn: Connection, workflow_id: WorkflowId, paging: Paging, *, now_ms: int
) -> Page[Recovery]:
    """Return a page of the recoveries of a workflow, newest first.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(conn, workflow_id)
    own = _recovery.c.workflow_id == workflow_id
    query = select(_recovery).where(own).order_by(_recovery.c.id.desc())
    count = select(func.count()).select_from(_recovery).where(own)
    return page_of(conn, query, count, partial(read_recovery, now_ms=now_ms), paging)
