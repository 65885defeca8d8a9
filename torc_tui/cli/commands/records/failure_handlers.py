"""`torc failure-handlers`."""

from __future__ import annotations

from torc_tui.cli.options.shared import limits
from torc_tui.cli.resource import Resource, resource_group
from torc_tui.lists.resources.failure_handlers import FAILURE_HANDLERS

RESOURCE = Resource(
    name="failure-handlers",
    one="failure handler",
    many="failure handlers",
    key="failure_handlers",
    summary="Failure handlers: rules that say, by exit code, whether a failed job is retried.",
    listing=FAILURE_HANDLERS,
    get=lambda client, handler_id: client.get_failure_handler(handler_id),
    paging=limits,
)

failure_handlers = resource_group(RESOURCE)
