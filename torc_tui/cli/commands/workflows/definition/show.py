"""`torc workflows list` and `torc workflows get`."""

from __future__ import annotations

import contextlib
from typing import Any

import click
import msgspec

from torc_core.model.workflow import Workflow
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import owner_option, paging, workflow_argument
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.workflows import WORKFLOWS


@command(
    "list",
    examples=[
        "torc workflows list",
        "torc workflows list --all-users --sort-by name --limit 20",
        "torc -f json workflows list --archived-only",
    ],
)
@click.option("--all-users", is_flag=True, help="Workflows of all users.")
@click.option("-u", "--user", help="Workflows of this user; yours by default.")
@click.option("--archived-only", is_flag=True, help="Only archived workflows.")
@click.option("--include-archived", is_flag=True, help="Archived workflows too.")
@paging
@pass_settings
def list_(
    settings: Settings,
    /,
    *,
    all_users: bool,
    user: str | None,
    archived_only: bool,
    include_archived: bool,
    **page: Any,
) -> None:
    """List workflows."""
    found = WORKFLOWS.items(
        settings.client,
        None,
        user=None if all_users else user or settings.user,
        is_archived=None if include_archived else archived_only,
        **page,
    )
    settings.output.listing("workflows", found, WORKFLOWS.printed_columns, decoded)


@command(examples=["torc workflows get 12", "torc -f json workflows get latest"])
@workflow_argument
@owner_option
@pass_settings
def get(settings: Settings, workflow: str | None) -> None:
    """Show a workflow and its settings."""
    found = settings.client.get_workflow(settings.choose_workflow(workflow))
    settings.output.record(decoded(found))


def decoded(workflow: Workflow) -> dict[str, Any]:
    """Return a workflow with its JSON texts as objects, as the reference prints it."""
    plain: dict[str, Any] = msgspec.to_builtins(workflow)
    for name in ("metadata", "slurm_defaults", "resource_monitor_config", "execution_config"):
        if isinstance(plain.get(name), str):
            with contextlib.suppress(msgspec.MsgspecError):  # the reference stores any text
                plain[name] = msgspec.json.decode(plain[name])
    return plain
