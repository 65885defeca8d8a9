"""The records of recoveries."""

from __future__ import annotations

from functools import partial

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from torc_core.clock import now_ms
from torc_core.model.page import Page
from torc_core.model.records.recovery import Recovery, RecoveryHold, RecoveryPatch
from torc_server.edge.parameters import RecoveryIdInPath, WorkflowIdInQuery
from torc_server.records import recoveries as lists
from torc_server.records.pages import Paging
from torc_server.rules.runs import recoveries
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions


class RecoveryController(Controller):
    """Recoveries."""

    path = "/recoveries"
    tags = ("recoveries",)

    @post(status_code=201, operation_id="create_recovery")
    async def create_recovery(
        self, writer: NamedDependency[Transactions], data: JSONBody[Recovery]
    ) -> Recovery:
        """Record that a recovery of a workflow begins, unless another one has."""
        return await writer.run_timed(recoveries.create_recovery, data)

    @get(operation_id="list_recoveries")
    async def list_recoveries(
        self,
        readers: NamedDependency[Readers],
        workflow_id: WorkflowIdInQuery,
        part: NamedDependency[Paging],
    ) -> Page[Recovery]:
        """List the recoveries of a workflow, newest first."""
        read = partial(lists.list_recoveries, now_ms=now_ms())
        return await readers.run(read, workflow_id, part)

    @put("/{recovery_id:int}", operation_id="update_recovery")
    async def update_recovery(
        self,
        writer: NamedDependency[Transactions],
        recovery_id: RecoveryIdInPath,
        data: JSONBody[RecoveryPatch],
    ) -> Recovery:
        """Record that a recovery has finished a step, or how it ended."""
        return await writer.run_timed(recoveries.update_recovery, recovery_id, data)

    @post("/{recovery_id:int}/hold", status_code=200, operation_id="hold_recovery")
    async def hold_recovery(
        self,
        writer: NamedDependency[Transactions],
        recovery_id: RecoveryIdInPath,
        data: JSONBody[RecoveryHold],
    ) -> Recovery:
        """Hold a recovery: one's own, or one whose holder has been silent for too long."""
        return await writer.run_timed(recoveries.hold_recovery, recovery_id, data)
