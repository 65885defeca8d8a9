"""User data that comes with links to jobs; everything else about artifacts is plain."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from torc_core.clock import now_ms
from torc_core.model.artifact import UserData
from torc_server.db.writer import Writer
from torc_server.parameters import OptionalQueryId
from torc_server.queries import artifacts


class UserDataController(Controller):
    """User data."""

    path = "/user_data"
    tags = ("user data",)

    @post("/", status_code=200, operation_id="create_user_data")
    async def create_user_data(
        self,
        writer: NamedDependency[Writer],
        data: JSONBody[UserData],
        producer_job_id: OptionalQueryId = None,
        consumer_job_id: OptionalQueryId = None,
    ) -> UserData:
        """Keep new user data, and link it to the jobs that write and read it."""
        return await writer.run(
            artifacts.create_user_data,
            data,
            producer_job_id=producer_job_id,
            consumer_job_id=consumer_job_id,
            now_ms=now_ms(),
        )
