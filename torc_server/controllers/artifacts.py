"""Records beyond `crud`: user data with links to jobs, and many records in one call."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from torc_core.model.artifact import Files, UserData, UserDataList
from torc_core.model.result import Results
from torc_server.controllers.replies import replying
from torc_server.edge.parameters import OptionalQueryId
from torc_server.records import artifacts, crud, resources
from torc_server.storage.transactions import Transactions


class UserDataController(Controller):
    """User data."""

    path = "/user_data"
    tags = ("user data",)

    @post("/", status_code=200, operation_id="create_user_data")
    async def create_user_data(
        self,
        writer: NamedDependency[Transactions],
        data: JSONBody[UserData],
        producer_job_id: OptionalQueryId = None,
        consumer_job_id: OptionalQueryId = None,
    ) -> UserData:
        """Create user data and link it to the jobs that write and read it."""
        return await writer.run_timed(
            artifacts.create_user_data,
            data,
            producer_job_id=producer_job_id,
            consumer_job_id=consumer_job_id,
        )


class BulkController(Controller):
    """Many records in one call; files and user data as clients of the 0.35 generation send them."""

    @post("/bulk_files", status_code=200, operation_id="create_files", tags=["files"])
    async def create_files(
        self, writer: NamedDependency[Transactions], data: JSONBody[Files]
    ) -> Files:
        """Create files of one workflow; returned in the same order."""
        return await writer.run_timed(
            replying(lambda made: Files(files=made), crud.create_many),
            resources.FILE,
            data.files,
        )

    @post(
        "/bulk_user_data",
        status_code=200,
        operation_id="create_user_data_list",
        tags=["user data"],
    )
    async def create_user_data_list(
        self, writer: NamedDependency[Transactions], data: JSONBody[UserDataList]
    ) -> UserDataList:
        """Create user data of one workflow; returned in the same order."""
        return await writer.run_timed(
            replying(lambda made: UserDataList(user_data=made), crud.create_many),
            resources.USER_DATA,
            data.user_data,
        )

    @post("/bulk_results", status_code=200, operation_id="create_results", tags=["results"])
    async def create_results(
        self, writer: NamedDependency[Transactions], data: JSONBody[Results]
    ) -> Results:
        """Create results of one workflow; returned in the same order."""
        return await writer.run_timed(
            replying(lambda made: Results(results=made), crud.create_many),
            resources.RESULT,
            data.results,
        )
