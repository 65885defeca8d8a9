"""Records of recoveries: only with servers that name the capability."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.filters import Part
from torc_core.client.request import Endpoints
from torc_core.model.ids import RecoveryId, WorkflowId
from torc_core.model.page import Page
from torc_core.model.records.recovery import Recovery, RecoveryHold, RecoveryPatch


class RecoveryEndpoints(Endpoints):
    """Operations on recoveries."""

    def create_recovery(self, recovery: Recovery) -> Recovery:
        """Record that a recovery begins; its holder has it for a minute.

        Raises:
            ConflictError: Another has begun it, or some other recovery of the workflow has not
                ended; or the workflow is archived or at another run.
        """
        return self._post("/recoveries", Recovery, recovery, known_by="holder")

    def list_recoveries(self, workflow_id: WorkflowId, **filters: Unpack[Part]) -> Page[Recovery]:
        """Return a page of the recoveries of a workflow, newest first."""
        return self._list("/recoveries", Page[Recovery], filters, Part, workflow_id)

    def update_recovery(self, recovery_id: RecoveryId, patch: RecoveryPatch) -> Recovery:
        """Report a finished step or the outcome; its holder has it for a further minute.

        Raises:
            ConflictError: Another holds it by now, or it has ended.
        """
        return self._put(f"/recoveries/{recovery_id}", Recovery, patch)

    def hold_recovery(self, recovery_id: RecoveryId, holder: str) -> Recovery:
        """Take over a recovery whose holder is silent, or keep one's own for a further minute.

        Raises:
            ConflictError: Another holds it, or it has ended; or the workflow is archived.
        """
        body = RecoveryHold(holder=holder)
        path = f"/recoveries/{recovery_id}/hold"
        return self._post(path, Recovery, body, known_by="holder")
