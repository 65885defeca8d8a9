"""A server of the reference, as seen from a client."""

from __future__ import annotations

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError
from torc_core.model.workflow import Version


class OlderServer(TorcClient):
    """It knows only the reference's calls."""

    def get_version(self):
        return Version(version="0.35.0", api_version="0.21.0")

    def assign_scheduler(self, workflow_id, scheduler_id, job_ids):
        raise NotFoundError.of("path", "/assign_scheduler")

    def create_recovery(self, recovery):
        raise NotFoundError.of("path", "/recoveries")
