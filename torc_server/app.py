"""The application: a list of its parts, no logic."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin

from torc_core.service import BASE_PATH
from torc_server.access.authentication import middleware_for
from torc_server.access.users import Users
from torc_server.controllers.access import (
    AccessGroupController,
    AdminController,
    SharingController,
)
from torc_server.controllers.artifacts import BulkController, UserDataController
from torc_server.controllers.claims import ClaimController
from torc_server.controllers.crud import CRUD_RESOURCES
from torc_server.controllers.events import EventController
from torc_server.controllers.exchange import ExchangeController
from torc_server.controllers.jobs import JobController, JobListController
from torc_server.controllers.reports import ReportController
from torc_server.controllers.service import ServiceController
from torc_server.controllers.spawning import SpawnController
from torc_server.controllers.transitions import TransitionController
from torc_server.controllers.workflow.actions import ActionController
from torc_server.controllers.workflow.control import WorkflowControlController
from torc_server.controllers.workflow.failure_handlers import FailureHandlerController
from torc_server.controllers.workflow.overviews import OverviewController
from torc_server.controllers.workflow.provenance import ProvenanceController
from torc_server.controllers.workflow.recoveries import RecoveryController
from torc_server.controllers.workflow.remote_workers import RemoteWorkerController
from torc_server.controllers.workflow.runs import WorkflowRunController
from torc_server.controllers.workflow.tasks import TaskController
from torc_server.controllers.workflow.workflows import WorkflowController
from torc_server.edge import problems
from torc_server.edge.addresses import check_address
from torc_server.edge.bodies import BodyRequest
from torc_server.edge.body_budget import BodyBudget
from torc_server.edge.generations import GenerationResponse
from torc_server.edge.idempotency import request_key
from torc_server.edge.parameters import provide_paging, provide_part
from torc_server.edge.tracing import add_span_id
from torc_server.edge.warnings import add_warnings
from torc_server.settings import ServerSettings
from torc_server.storage.notify import Notifier
from torc_server.storage.repeats.once import Once
from torc_server.storage.transactions import Transactions

_PARTS = ("readers", "feeds", "notifier", "users", "background", "large_work")
"""What handlers are given of the application's state, by its name there."""


def _part_of(state: State, name: str) -> Callable[[], Any]:
    """Return what provides a part of the state, which the lifespan may still have to make."""

    def part() -> Any:
        return getattr(state, name)

    return part


def _writer_of(state: State) -> Callable[[Request[Any, Any, Any]], Awaitable[Transactions]]:
    """Return what provides the one writer, or through what a request with a key uses it."""

    async def writer(request: Request[Any, Any, Any]) -> Transactions:
        key = await request_key(request)
        return state.writer if key is None else Once(state.writer, key)

    return writer


class Application(Litestar):
    """Litestar without the plugins that it adds for types which are never on the wire."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        """Return the one for msgspec; that for pydantic takes 35 ms to import."""
        return [*plugins, MsgspecDIPlugin()]


def create_app(settings: ServerSettings) -> Litestar:
    """Return the application; it serves inside a `lifespan`.

    Raises:
        MachineError: The file of users cannot be read.
        UsageError: It has none.
    """
    users = Users(settings.auth_file, remember_s=settings.remember_credentials_s)
    if settings.auth_file is not None:
        users.load()
    state = State({"settings": settings, "notifier": Notifier(), "users": users})
    return Application(
        path=BASE_PATH,
        route_handlers=[
            ServiceController,
            WorkflowController,
            ActionController,
            RemoteWorkerController,
            FailureHandlerController,
            ProvenanceController,
            AccessGroupController,
            SharingController,
            AdminController,
            EventController,
            UserDataController,
            BulkController,
            JobController,
            JobListController,
            ClaimController,
            ReportController,
            TransitionController,
            WorkflowControlController,
            OverviewController,
            TaskController,
            WorkflowRunController,
            RecoveryController,
            SpawnController,
            ExchangeController,
            *CRUD_RESOURCES,
        ],
        dependencies={
            "writer": Provide(_writer_of(state)),
            "paging": Provide(provide_paging, sync_to_thread=False),
            "part": Provide(provide_part, sync_to_thread=False),
            **{name: Provide(_part_of(state, name), sync_to_thread=False) for name in _PARTS},
        },
        state=state,
        middleware=[*middleware_for(settings, users), BodyBudget(settings.max_bodies_bytes)],
        exception_handlers=problems.HANDLERS,
        request_class=BodyRequest,
        response_class=GenerationResponse,
        before_request=check_address,
        before_send=[add_span_id, add_warnings],
        request_max_body_size=settings.max_body_bytes,
        openapi_config=None,  # `openapi` describes it
        logging_config=None,
    )
