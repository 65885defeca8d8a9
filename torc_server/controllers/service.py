"""Ping, version, figures, and the OpenAPI document."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Controller, MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency

from torc_core.model.workflow import (
    ACTION_ENDS,
    ALLOCATION_KEYS,
    ASSIGN_SCHEDULER,
    BATCH_REFERENCES,
    BULK_RECORDS,
    BULK_RESULTS,
    CHANGE_JOBS,
    EXCHANGE,
    EXCLUDES,
    IDEMPOTENCY_KEYS,
    JOB_GROUPS,
    RECOVERIES,
    RESET_JOBS,
    TOKEN_IN_PATH,
    WORKFLOW_RUNS,
    Health,
    Version,
)
from torc_server.edge.openapi import describe
from torc_server.metrics.traffic import Traffic
from torc_server.queries.totals import Totals, totals
from torc_server.storage.readers import Readers
from torc_server.storage.writer import Writer

TEXT_FORMAT = "text/plain; version=0.0.4"
"""The content type of one of Prometheus's formats."""

VERSION = Version(
    version="0.12.0",
    api_version="0.7.0",
    capabilities=[
        EXCHANGE,
        BULK_RECORDS,
        BULK_RESULTS,
        BATCH_REFERENCES,
        TOKEN_IN_PATH,
        WORKFLOW_RUNS,
        ACTION_ENDS,
        RESET_JOBS,
        ALLOCATION_KEYS,
        ASSIGN_SCHEDULER,
        RECOVERIES,
        JOB_GROUPS,
        CHANGE_JOBS,
        EXCLUDES,
        IDEMPOTENCY_KEYS,
    ],
)
"""The version is the reference's: its clients compare it with their own."""


class ServiceController(Controller):
    """Ping and version."""

    tags = ("service",)

    @get("/ping", operation_id="ping")
    async def ping(self) -> dict[str, str]:
        """Check that the server is up."""
        return {"status": "ok"}

    @get("/health", include_in_schema=False)
    async def health(self, state: State) -> Health:
        """Answer as ping does where monitoring looks first, and say what is wrong, if anything."""
        return await asyncio.to_thread(state.writer.health)  # a disk may be slow to answer

    @get("/metrics", include_in_schema=False)
    async def metrics(self, readers: NamedDependency[Readers], state: State) -> Response[bytes]:
        """Return figures for Prometheus."""
        found = await readers.run(totals)
        text = await asyncio.to_thread(_exposition, state.traffic, state.writer, found)
        return Response(text, media_type=TEXT_FORMAT)

    @get("/version", operation_id="get_version")
    async def get_version(self) -> Version:
        """Get the server's version and what it offers beyond the reference's protocol."""
        return VERSION

    @get("/openapi.json", media_type=MediaType.JSON, include_in_schema=False, sync_to_thread=True)
    def get_openapi(self, request: Request[Any, Any, Any]) -> bytes:
        """Return the document that describes the interface."""
        return describe(request.app, VERSION.api_version)


def _exposition(traffic: Traffic, writer: Writer, found: Totals) -> bytes:
    from torc_server.metrics.exposition import exposition  # noqa: PLC0415 - 0.1 s that few need

    return exposition(traffic, writer, found)
