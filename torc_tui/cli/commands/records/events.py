"""`torc events`."""

from __future__ import annotations

import threading
from typing import Any

import click
import msgspec

from torc_core.config.bounds import MINUTES
from torc_core.model.events.event import Event, Severity, StreamedEvent
from torc_tui.cli.command import group
from torc_tui.cli.context import paging, pass_settings, workflow_argument
from torc_tui.cli.numbers import number
from torc_tui.cli.settings import Settings
from torc_tui.lists.events import EVENTS, precise_time
from torc_tui.terminal import clean


@group()
def events() -> None:
    """List events, or follow them."""


@events.command("list")
@workflow_argument
@click.option("-t", "--type", "event_type", help="Only events of this type.")
@paging
@pass_settings
def list_(
    settings: Settings, /, workflow: str | None, event_type: str | None, **filters: Any
) -> None:
    """List the events of a workflow, oldest first."""
    chosen = settings.choose_workflow(workflow)
    found = EVENTS.items(settings.client, chosen, category=event_type, **filters)
    settings.output.listing("events", found, EVENTS.printed_columns, _with_time)


@events.command()
@workflow_argument
@click.option("-d", "--duration", type=number(MINUTES), help="Stop after N minutes.")
@click.option(
    "--level",
    type=click.Choice([str(level) for level in Severity]),
    default="info",
    show_default=True,
    help="The lowest severity to show.",
)
@pass_settings
def monitor(settings: Settings, workflow: str | None, duration: float | None, level: str) -> None:
    """Follow the events of a workflow as they happen."""
    chosen = settings.choose_workflow(workflow)
    stream = settings.client.stream_events(chosen, level=level)
    timer = threading.Timer((duration or 0) * 60, stream.close)
    timer.daemon = True
    if duration is not None:
        timer.start()
    with stream:
        for numbered in stream:
            _print(settings, numbered.event)


def _print(settings: Settings, event: StreamedEvent) -> None:
    if settings.output.is_json:
        settings.output.record(_with_time(event))
        return
    data = msgspec.json.encode(event.data).decode()
    moment = precise_time(event.timestamp)
    click.echo(f"{moment}  {event.severity:<7}  {clean(event.event_type)}  {clean(data)}")


def _with_time(event: Event | StreamedEvent) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return {**plain, "timestamp_formatted": precise_time(event.timestamp)}
