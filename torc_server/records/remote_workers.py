"""Remote workers: machines of the user that can run a workflow's jobs over SSH."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.compute import RemoteWorker
from torc_core.model.ids import WorkflowId
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_ADDRESS = re.compile(rf"(?:{_NAME}@)?(?:{_NAME}|\[[0-9A-Fa-f:]+\])(?::[0-9]{{1,5}})?")
"""A name never begins with a dash, which `ssh` would take for an option."""

_column = tables.remote_worker.c


def add_remote_workers(
    connection: Connection, workflow_id: WorkflowId, workers: Sequence[str]
) -> list[RemoteWorker]:
    """Add remote workers to a workflow and return them; known ones stay.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: Something is not `[user@]host[:port]`.
    """
    find_workflow(connection, workflow_id)
    for worker in workers:
        if not _ADDRESS.fullmatch(worker):
            raise UsageError(
                f"{worker!r} is not an address of a machine.",
                hint="Use [user@]host[:port].",
                field="worker",
                value=worker,
            )
    known = {worker.worker for worker in list_remote_workers(connection, workflow_id)}
    names = list(dict.fromkeys(workers))
    new = [{"workflow_id": workflow_id, "worker": name} for name in names if name not in known]
    if new:
        connection.execute(insert(tables.remote_worker), new)
    return [RemoteWorker(worker=name, workflow_id=workflow_id) for name in names]


def list_remote_workers(connection: Connection, workflow_id: WorkflowId) -> list[RemoteWorker]:
    """Return a workflow's remote workers, by name.

    Raises:
        NotFoundError: There is no such workflow.
    """
    find_workflow(connection, workflow_id)
    names = select(_column.worker).where(_column.workflow_id == workflow_id)
    return [
        RemoteWorker(worker=name, workflow_id=workflow_id)
        for name in connection.execute(names.order_by(_column.worker)).scalars()
    ]


def remove_remote_worker(
    connection: Connection, workflow_id: WorkflowId, worker: str
) -> RemoteWorker:
    """Remove a remote worker from a workflow and return it.

    Raises:
        NotFoundError: The workflow has no such worker.
    """
    statement = delete(tables.remote_worker).where(
        _column.workflow_id == workflow_id, _column.worker == worker
    )
    if connection.execute(statement).rowcount == 0:
        raise NotFoundError.of("remote worker", worker)
    return RemoteWorker(worker=worker, workflow_id=workflow_id)
