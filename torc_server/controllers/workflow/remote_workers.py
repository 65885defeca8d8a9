"""Remote workers of a workflow."""

from __future__ import annotations

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from torc_core.model.compute import RemoteWorker
from torc_server.edge.parameters import WorkflowIdInPath
from torc_server.records import remote_workers
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


class RemoteWorkerController(Controller):
    """Remote workers of one workflow."""

    path = "/workflows/{workflow_id:int}/remote_workers"
    tags = ("remote workers",)

    @post("/", operation_id="create_remote_workers")
    async def create_remote_workers(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        data: JSONBody[list[str]],
    ) -> list[RemoteWorker]:
        """Add remote workers to a workflow."""
        return await writer.run(remote_workers.add_remote_workers, workflow_id, data)

    @get("/", operation_id="list_remote_workers")
    async def list_remote_workers(
        self, readers: NamedDependency[Readers], workflow_id: WorkflowIdInPath
    ) -> list[RemoteWorker]:
        """List a workflow's remote workers."""
        return await readers.run(remote_workers.list_remote_workers, workflow_id)

    @delete("/{worker:str}", status_code=200, operation_id="delete_remote_worker")
    async def delete_remote_worker(
        self,
        writer: NamedDependency[Transactions],
        workflow_id: WorkflowIdInPath,
        worker: FromPath[str],
    ) -> RemoteWorker:
        """Remove a remote worker from a workflow."""
        return await writer.run(remote_workers.remove_remote_worker, workflow_id, worker)
