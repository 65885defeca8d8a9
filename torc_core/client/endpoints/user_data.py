"""User data."""

from __future__ import annotations

from typing import Unpack

from torc_core.client.filters import UserDataFilters
from torc_core.client.request import LONG_S, Endpoints
from torc_core.model.artifact import UserData, UserDataList, UserDataPatch
from torc_core.model.ids import JobId, UserDataId, WorkflowId
from torc_core.model.page import Page
from torc_core.model.workflow import Message


class UserDataEndpoints(Endpoints):
    """Operations on the user data of a workflow."""

    def create_user_data(
        self,
        user_data: UserData,
        *,
        consumer_job_id: JobId | None = None,
        producer_job_id: JobId | None = None,
    ) -> UserData:
        """Create user data, and its links to jobs if they are named."""
        params = {"consumer_job_id": consumer_job_id, "producer_job_id": producer_job_id}
        return self._post("/user_data", UserData, user_data, params=params)

    def create_user_data_list(self, user_data: list[UserData]) -> list[UserData]:
        """Create user data of one workflow together; returned in the same order."""
        body = UserDataList(user_data=user_data)
        return self._post("/bulk_user_data", UserDataList, body, timeout_s=LONG_S).user_data

    def list_user_data(
        self, workflow_id: WorkflowId, **filters: Unpack[UserDataFilters]
    ) -> Page[UserData]:
        """Return a page of user data."""
        path = "/user_data"
        return self._list(path, Page[UserData], filters, UserDataFilters, workflow_id)

    def get_user_data(self, user_data_id: UserDataId) -> UserData:
        """Return one piece of user data."""
        return self._get(f"/user_data/{user_data_id}", UserData)

    def update_user_data(self, user_data_id: UserDataId, patch: UserDataPatch) -> UserData:
        """Change the given fields of user data."""
        return self._update(f"/user_data/{user_data_id}", UserData, patch)

    def delete_user_data(self, user_data_id: UserDataId) -> UserData:
        """Delete one piece of user data."""
        return self._delete(f"/user_data/{user_data_id}", UserData)

    def delete_all_user_data(self, workflow_id: WorkflowId) -> Message:
        """Delete all user data of a workflow."""
        return self._delete("/user_data", Message, {"workflow_id": workflow_id})
