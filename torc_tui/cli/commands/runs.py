"""`torc runs`: runs on this machine, found again after a terminal was lost."""

from __future__ import annotations

from torc_core.host.runs import without_secrets
from torc_tui.cli.command import group
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.runs import RUNS


@group()
def runs() -> None:
    """Runs on this machine, which continue when their terminals are closed."""


@runs.command("list", examples=["torc runs list", "torc -f json runs list"])
@pass_settings
def list_(settings: Settings) -> None:
    """List runs, newest first."""
    settings.output.listing("runs", RUNS.page().items, RUNS.printed_columns, without_secrets)
