"""The application: a list of its parts, no logic."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin

from torc_core.service import BASE_PATH
from torc_server.access.authentication import middleware_for
from torc_server.access.users import Users
from torc_server.background.large_work import LargeWork
from torc_server.background.task_runner import Background
from torc_server.controllers.access import (
    AccessGroupController,
    AdminController,
    SharingController,
)
from torc_server.controllers.artifacts import BulkController, UserDataController
from torc_server.controllers.claims import ClaimController
from torc_server.controllers.crud import CRUD_RESOURCES
from torc_server.controllers.event_feed import EventFeeds
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
from torc_server.storage.readers import Readers
from torc_server.storage.repeats.once import Once
from torc_server.storage.transactions import Transactions


async def provide_writer(state: State, request: Request[Any, Any, Any]) -> Transactions:
    """Return the one writer, or through what a request with a key uses it."""
    writer: Transactions = state.writer
    key = await request_key(request)
    return writer if key is None else Once(writer, key)


def provide_readers(state: State) -> Readers:
    """Return the readers."""
    readers: Readers = state.readers
    return readers


def provide_background(state: State) -> Background:
    """Return the runner of background tasks."""
    background: Background = state.background
    return background


def provide_large_work(state: State) -> LargeWork:
    """Return what does long work in slices."""
    large_work: LargeWork = state.large_work
    return large_work


def provide_feeds(state: State) -> EventFeeds:
    """Return the feeds of events."""
    feeds: EventFeeds = state.feeds
    return feeds


def provide_notifier(state: State) -> Notifier:
    """Return the notifier."""
    notifier: Notifier = state.notifier
    return notifier


def provide_users(state: State) -> Users:
    """Return the users."""
    users: Users = state.users
    return users


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
            "writer": Provide(provide_writer),
            "readers": Provide(provide_readers, sync_to_thread=False),
            "paging": Provide(provide_paging, sync_to_thread=False),
            "part": Provide(provide_part, sync_to_thread=False),
            "feeds": Provide(provide_feeds, sync_to_thread=False),
            "notifier": Provide(provide_notifier, sync_to_thread=False),
            "users": Provide(provide_users, sync_to_thread=False),
            "background": Provide(provide_background, sync_to_thread=False),
            "large_work": Provide(provide_large_work, sync_to_thread=False),
        },
        state=State({"settings": settings, "notifier": Notifier(), "users": users}),
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
