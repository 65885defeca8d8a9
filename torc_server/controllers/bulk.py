"""Many records of one kind in one call, as the 0.35 generation of clients sends them."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from torc_core.clock import now_ms
from torc_core.model.artifact import Files, UserDataList
from torc_server.db.writer import Writer
from torc_server.queries import records, resources


class BulkController(Controller):
    """Files and user data, many at a time."""

    @post("/bulk_files", status_code=200, operation_id="create_files", tags=["file"])
    async def create_files(self, writer: NamedDependency[Writer], data: JSONBody[Files]) -> Files:
        """Keep new files of one workflow; returned in the same order."""
        created = await writer.run(records.create_many, resources.FILE, data.files, now_ms=now_ms())
        return Files(files=created)

    @post("/bulk_user_data", status_code=200, operation_id="create_user_data_list")
    async def create_user_data_list(
        self, writer: NamedDependency[Writer], data: JSONBody[UserDataList]
    ) -> UserDataList:
        """Keep new user data of one workflow; returned in the same order."""
        created = await writer.run(
            records.create_many, resources.USER_DATA, data.user_data, now_ms=now_ms()
        )
        return UserDataList(user_data=created)
