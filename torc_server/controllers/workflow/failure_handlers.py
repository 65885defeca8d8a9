"""The list of a workflow's failure handlers; the other operations are in `crud`."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency

from torc_core.model.page import Page
from torc_core.model.resources import FailureHandler
from torc_server.edge.parameters import WorkflowIdInPath
from torc_server.records import crud
from torc_server.records.pages import Paging
from torc_server.records.resources import FAILURE_HANDLER
from torc_server.storage.readers import Readers


class FailureHandlerController(Controller):
    """Failure handlers of one workflow."""

    path = "/workflows/{workflow_id:int}/failure_handlers"
    tags = ("failure handlers",)

    @get("/", operation_id="list_failure_handlers")
    async def list_failure_handlers(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInPath,
        paging: NamedDependency[Paging],
    ) -> Page[FailureHandler]:
        """List a workflow's failure handlers."""
        return await readers.run(crud.list_page, FAILURE_HANDLER, workflow_id, {}, paging)
