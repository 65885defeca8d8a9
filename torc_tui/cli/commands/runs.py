"""`torc runs`: runs of this machine, found again after a terminal was lost."""

from __future__ import annotations

import click

from torc_core.host.runs import Run, list_runs
from torc_tui.cli.context import Settings, pass_settings
from torc_tui.cli.output import Column


@click.group()
def runs() -> None:
    """Runs of this machine; they outlive the terminal that started them."""


_COLUMNS = [
    Column("RUN", lambda run: run.meta.run_id),
    Column("WORKFLOW", lambda run: run.meta.workflow_id, ">"),
    Column("NAME", lambda run: run.meta.workflow_name),
    Column("STATE", lambda run: run.meta.final_status or run.state),
    Column("STARTED", lambda run: run.meta.started_at),
    Column("HOST", lambda run: run.meta.process.host if run.meta.process else None),
    Column("PID", lambda run: run.meta.process.pid if run.meta.process else None, ">"),
    Column("DIRECTORY", lambda run: run.directory),
]


@runs.command("list")
@pass_settings
def list_(settings: Settings) -> None:
    """List runs, newest first."""
    found: list[Run] = list_runs()
    settings.output.listing("runs", found, _COLUMNS)
