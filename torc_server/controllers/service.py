"""Ping, version and the OpenAPI document."""

from __future__ import annotations

from typing import Any

from litestar import Controller, MediaType, Request, get

from torc_core.model.workflow import (
    ACTION_ENDS,
    ALLOCATION_KEYS,
    BATCH_REFERENCES,
    BULK_RECORDS,
    BULK_RESULTS,
    EXCHANGE,
    RESET_JOBS,
    TOKEN_IN_PATH,
    WORKFLOW_RUNS,
    Version,
)
from torc_server.edge.openapi import describe

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
    async def health(self) -> dict[str, str]:
        """Answer as ping does, at the path where monitoring looks first."""
        return {"status": "ok"}

    @get("/version", operation_id="get_version")
    async def get_version(self) -> Version:
        """Get the server's version and what it offers beyond the reference's protocol."""
        return VERSION

    @get("/openapi.json", media_type=MediaType.JSON, include_in_schema=False, sync_to_thread=True)
    def get_openapi(self, request: Request[Any, Any, Any]) -> bytes:
        """Return the document that describes the interface."""
        return describe(request.app, VERSION.api_version)
