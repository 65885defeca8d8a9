"""What hangs under a workflow's own path: actions, remote workers, failure handlers, provenance."""

from __future__ import annotations

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from torc_core.clock import now_ms
from torc_core.model.compute import ActionClaim, ActionClaimReply, RemoteWorker, WorkflowAction
from torc_core.model.page import Page
from torc_core.model.provenance import RoCrateEntity
from torc_core.model.resources import FailureHandler
from torc_core.model.workflow import Message
from torc_server.db.readers import Readers
from torc_server.db.writer import Writer
from torc_server.parameters import Id, OptionalQueryId
from torc_server.queries import actions, records, remote_workers
from torc_server.queries.pages import Paging
from torc_server.queries.resources import FAILURE_HANDLER, RO_CRATE_ENTITY


class ActionController(Controller):
    """Workflow actions."""

    path = "/workflows/{workflow_id:int}/actions"
    tags = ("actions",)

    @post("/", status_code=200, operation_id="create_workflow_action")
    async def create_workflow_action(
        self, writer: NamedDependency[Writer], workflow_id: Id, data: JSONBody[WorkflowAction]
    ) -> WorkflowAction:
        """Keep a new action of this workflow, whatever workflow the body names."""
        return await writer.run(actions.create_action, workflow_id, data)

    @get("/", operation_id="get_workflow_actions")
    async def get_workflow_actions(
        self, readers: NamedDependency[Readers], workflow_id: Id
    ) -> list[WorkflowAction]:
        """Return all actions of a workflow."""
        return await readers.run(actions.list_actions, workflow_id)

    @get("/pending", operation_id="get_pending_actions")
    async def get_pending_actions(
        self,
        readers: NamedDependency[Readers],
        workflow_id: Id,
        trigger_type: FromQuery[list[str] | None] = None,
    ) -> list[WorkflowAction]:
        """Return the actions that are due and unclaimed."""
        return await readers.run(actions.list_pending_actions, workflow_id, trigger_type or ())

    @post("/{action_id:int}/claim", status_code=200, operation_id="claim_action")
    async def claim_action(
        self,
        writer: NamedDependency[Writer],
        workflow_id: Id,
        action_id: Id,
        data: JSONBody[ActionClaim],
    ) -> ActionClaimReply:
        """Give an action to the caller alone."""
        return await writer.run(
            actions.claim_action, workflow_id, action_id, data.compute_node_id, now_ms=now_ms()
        )


class RemoteWorkerController(Controller):
    """Machines of the user."""

    path = "/workflows/{workflow_id:int}/remote_workers"
    tags = ("remote workers",)

    @post("/", operation_id="create_remote_workers")
    async def create_remote_workers(
        self, writer: NamedDependency[Writer], workflow_id: Id, data: JSONBody[list[str]]
    ) -> list[RemoteWorker]:
        """Add machines to a workflow."""
        return await writer.run(remote_workers.add_remote_workers, workflow_id, data)

    @get("/", operation_id="list_remote_workers")
    async def list_remote_workers(
        self, readers: NamedDependency[Readers], workflow_id: Id
    ) -> list[RemoteWorker]:
        """Return a workflow's machines."""
        return await readers.run(remote_workers.list_remote_workers, workflow_id)

    @delete("/{worker:str}", status_code=200, operation_id="delete_remote_worker")
    async def delete_remote_worker(
        self, writer: NamedDependency[Writer], workflow_id: Id, worker: FromPath[str]
    ) -> RemoteWorker:
        """Take a machine from a workflow."""
        return await writer.run(remote_workers.remove_remote_worker, workflow_id, worker)


class FailureHandlerController(Controller):
    """Failure handlers of one workflow; single ones are plain records."""

    path = "/workflows/{workflow_id:int}/failure_handlers"
    tags = ("failure handlers",)

    @get("/", operation_id="list_failure_handlers")
    async def list_failure_handlers(
        self,
        readers: NamedDependency[Readers],
        workflow_id: Id,
        paging: NamedDependency[Paging],
    ) -> Page[FailureHandler]:
        """Return a page of a workflow's failure handlers."""
        return await readers.run(records.list_page, FAILURE_HANDLER, workflow_id, {}, paging)


class ProvenanceController(Controller):
    """RO-Crate entities of one workflow; single ones are plain records."""

    tags = ("ro crate entities",)

    @get("/workflows/{workflow_id:int}/ro_crate_entities", operation_id="list_ro_crate_entities")
    async def list_ro_crate_entities(
        self,
        readers: NamedDependency[Readers],
        workflow_id: Id,
        paging: NamedDependency[Paging],
        file_id: OptionalQueryId = None,
        entity_id: FromQuery[str | None] = None,
    ) -> Page[RoCrateEntity]:
        """Return a page of a workflow's RO-Crate entities."""
        wanted = {"file_id": file_id, "entity_id": entity_id}
        return await readers.run(records.list_page, RO_CRATE_ENTITY, workflow_id, wanted, paging)

    @delete(
        "/workflows/{workflow_id:int}/ro_crate_entities",
        status_code=200,
        operation_id="delete_ro_crate_entities",
    )
    async def delete_ro_crate_entities(
        self, writer: NamedDependency[Writer], workflow_id: Id
    ) -> Message:
        """Delete all RO-Crate entities of a workflow."""
        count = await writer.run(records.remove_all, RO_CRATE_ENTITY, workflow_id)
        return Message(message=f"Deleted {count}.", count=count, deleted_count=count)

    @delete(
        "/ro_crate_entities/{record_id:int}",
        status_code=200,
        operation_id="delete_ro_crate_entity",
    )
    async def delete_ro_crate_entity(
        self, writer: NamedDependency[Writer], record_id: Id
    ) -> Message:
        """Delete one RO-Crate entity; its clients want a sentence, not what it was."""
        await writer.run(records.remove, RO_CRATE_ENTITY, record_id)
        return Message(message=f"Deleted RO-Crate entity {record_id}.")
