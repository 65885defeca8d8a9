"""`torc events`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from torc_core.client import TorcClient
from torc_core.client.features import Feature
from torc_core.config.bounds import MINUTES
from torc_core.errors import NotFoundError, UnsupportedError
from torc_core.model.events.event import Event, Severity, StreamedEvent
from torc_core.model.events.text import event_type_of
from torc_core.model.events.types import EVENT_SEVERITY, USER_EVENT
from torc_core.model.ids import WorkflowId
from torc_core.moments import iso_moment
from torc_core.operations.follow_events import EventFollower, Following
from torc_tui.cli.options.field_values import read_json
from torc_tui.cli.options.numbers import number, setting
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.output.diagnostics import say
from torc_tui.cli.output.formats import json_line
from torc_tui.cli.resource import Field, Resource, resource_group
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.cells import utc_moment
from torc_tui.lists.events import EVENTS
from torc_tui.terminal import clean

Condition = Callable[[Event | StreamedEvent], bool]

category_filter = click.option(
    *("-c", "--category", "-t", "--type", "category"),
    help="Only events of this type, or with this category.",
)


def _with_time(event: Event | StreamedEvent) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return {**plain, "timestamp_formatted": iso_moment(event.timestamp / 1000)}


def _is_of(category: str) -> Condition:
    """Return the condition that an event is of a type or category."""

    def check(event: Event | StreamedEvent) -> bool:
        event_type = event_type_of(event)
        if category == USER_EVENT:  # what the server calls any other type
            return event_type not in EVENT_SEVERITY
        return category == event_type or (
            isinstance(event.data, dict) and category == event.data.get("category")
        )

    return check


def _select(filters: dict[str, Any]) -> Condition | None:
    """Return the condition of a filter that the reference's server ignores."""
    category = filters["category"]
    return None if category is None else _is_of(category)


RESOURCE = Resource(
    name="events",
    one="event",
    many="events",
    article="an",
    key="events",
    summary="Events: what has happened to a workflow, stored and as it happens.",
    listing=EVENTS,
    get=lambda client, event_id: client.get_event(event_id),
    create=lambda client, **fields: client.create_event(Event(timestamp=0, **fields)),
    delete=lambda client, event_id: client.delete_event(event_id),
    fields=(
        Field(
            name="data",
            spellings=("-d", "--data"),
            help="What happened, as JSON.",
            is_required=True,
            read=read_json,
        ),
    ),
    filters=(category_filter,),
    select=_select,
    to_json=_with_time,
    example="""-d '{"type": "note", "message": "inputs checked"}'""",
    label=lambda event: f" ({event_type_of(event)})",
)

events = resource_group(RESOURCE)


@events.command("get-latest-event", examples=["torc events get-latest-event 1"])
@workflow_argument
@pass_settings
def get_latest_event(settings: Settings, workflow: str | None) -> None:
    """Show the latest event of a workflow."""
    chosen = settings.choose_workflow(workflow)
    newest = EVENTS.items(settings.client, chosen, sort_by="id", reverse_sort=True, limit=1)
    event = next(newest, None)
    if event is None:
        raise NotFoundError(
            f"Workflow {chosen} has no events.", hint=f"torc events monitor {chosen}"
        )
    settings.output.record(_with_time(event))


@events.command(
    examples=["torc events monitor 1 --level warning", "torc -f json events monitor 1 -d 10"]
)
@workflow_argument
@click.option("-d", "--duration", type=number(MINUTES), help="Stop after N minutes.")
@click.option(
    *("-p", "--poll-interval", "longest_pause_s"),
    type=setting("poll_interval"),
    default=60,
    help="Longest wait before reconnecting after a lost connection, in seconds. Events "
    "are shown as they happen.",
)
@category_filter
@click.option(
    "--level",
    type=click.Choice([str(level) for level in Severity]),
    default="info",
    help="The lowest severity to show.",
)
@click.option(
    "--filename",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append the events to this file too, each as a line of JSON.",
)
@pass_settings
def monitor(
    settings: Settings,
    /,
    workflow: str | None,
    *,
    duration: float | None,
    category: str | None,
    filename: Path | None,
    **how: Any,
) -> None:
    """Follow the events of a workflow as they happen."""
    chosen = settings.choose_workflow(workflow)
    follower = EventFollower(
        lambda: settings.client, chosen, Following(**how), _Link(settings.client, chosen).tell
    )
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(filename.open("ab", buffering=0)) if filename else None
        if duration is not None:
            timer = threading.Timer(duration * 60, follower.stop)
            timer.daemon = True
            timer.start()
        is_wanted = _is_of(category) if category is not None else lambda _: True
        for event in filter(is_wanted, follower):
            _print(settings, event, file)


class _Link:
    """The connection to the server, as users hear of it."""

    def __init__(self, client: TorcClient, workflow_id: WorkflowId) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self._was_lost = False

    def tell(self, is_live: bool) -> None:
        """Say that it was lost, and when it is back what was missed."""
        if not is_live:
            say("connection lost; reconnecting")
        elif self._was_lost:
            try:
                self._client.require(Feature.NUMBERED_EVENTS, ID=self._workflow_id)
            except UnsupportedError as lack:
                say(f"connected again. {lack.message} {lack.hint}")
        self._was_lost = not is_live


def _print(settings: Settings, event: StreamedEvent, file: BinaryIO | None) -> None:
    shown = _with_time(event)
    if file is not None:
        file.write(f"{json_line(shown)}\n".encode())
    kind, data = clean(event.event_type), json_line(event.data)
    line = f"{utc_moment(event.timestamp)}  {event.severity:<7}  {kind}  {data}"
    settings.output.message(line, shown)
