"""RO-Crate entities of a workflow; the other operations are in `crud`."""

from __future__ import annotations

from litestar import Controller, delete, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from torc_core.model.page import Page
from torc_core.model.records.provenance import RoCrateEntity
from torc_core.model.workflow import Message
from torc_server.controllers.crud_routes import deleted
from torc_server.controllers.replies import replying
from torc_server.edge.parameters import Id, OptionalQueryId, WorkflowIdInPath
from torc_server.records import crud
from torc_server.records.pages import Paging
from torc_server.records.resources import RO_CRATE_ENTITY
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


class ProvenanceController(Controller):
    """RO-Crate entities, where they differ from other CRUD resources.

    Clients expect a message when they delete one, not the entity.
    """

    tags = ("ro crate entities",)

    @get("/workflows/{workflow_id:int}/ro_crate_entities", operation_id="list_ro_crate_entities")
    async def list_ro_crate_entities(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        paging: NamedDependency[Paging],
        file_id: OptionalQueryId = None,
        entity_id: FromQuery[str | None] = None,
    ) -> Page[RoCrateEntity]:
        """List a workflow's RO-Crate entities."""
        filters = {"file_id": file_id, "entity_id": entity_id}
        return await readers.run(crud.list_page, RO_CRATE_ENTITY, workflow_id, filters, paging)

    @delete(
        "/workflows/{workflow_id:int}/ro_crate_entities",
        status_code=200,
        operation_id="delete_ro_crate_entities",
    )
    async def delete_ro_crate_entities(
        self, writer: NamedDependency[Transactions], workflow_id: WorkflowIdInPath
    ) -> Message:
        """Delete all RO-Crate entities of a workflow."""
        return await writer.run(replying(deleted, crud.delete_all), RO_CRATE_ENTITY, workflow_id)

    @delete(
        "/ro_crate_entities/{record_id:int}",
        status_code=200,
        operation_id="delete_ro_crate_entity",
    )
    async def delete_ro_crate_entity(
        self, writer: NamedDependency[Transactions], record_id: Id
    ) -> Message:
        """Delete an RO-Crate entity."""
        reply = Message(message=f"Deleted RO-Crate entity {record_id}.")
        return await writer.run(replying(lambda _: reply, crud.delete), RO_CRATE_ENTITY, record_id)
