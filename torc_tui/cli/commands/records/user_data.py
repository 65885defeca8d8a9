"""`torc user-data`."""

from __future__ import annotations

from typing import Any

import click
import msgspec
from msgspec import UNSET

from torc_core.errors import UsageError
from torc_core.model.artifact import UserDataPatch
from torc_core.model.ids import UserDataId
from torc_tui.cli.command import group
from torc_tui.cli.context import ID, paging, pass_settings, workflow_argument
from torc_tui.cli.output import JsonOutput
from torc_tui.cli.settings import Settings
from torc_tui.lists.user_data import USER_DATA


@group("user-data")
def user_data() -> None:
    """List, read and write user data: JSON values that jobs pass to each other."""


@user_data.command("list")
@workflow_argument
@click.option("--name", help="Only records with this name.")
@click.option("--is-ephemeral", type=bool, help="Only ephemeral records, or only permanent ones.")
@click.option("--consumer-job-id", type=ID, help="Only what this job reads.")
@click.option("--producer-job-id", type=ID, help="Only what this job writes.")
@paging
@pass_settings
def list_(settings: Settings, /, workflow: str | None, **filters: Any) -> None:
    """List the user data of a workflow."""
    chosen = settings.choose_workflow(workflow)
    found = USER_DATA.items(settings.client, chosen, **filters)
    settings.output.listing("user_data", found, USER_DATA.printed_columns)


@user_data.command()
@click.argument("user_data_id", type=ID)
@pass_settings
def get(settings: Settings, user_data_id: UserDataId) -> None:
    """Print one record, always as JSON.

    Jobs read its value with `| jq .data`.
    """
    JsonOutput().record(settings.client.get_user_data(user_data_id))


@user_data.command()
@click.argument("user_data_id", type=ID)
@click.option("-n", "--name", help="The new name.")
@click.option("-d", "--data", help="The new value, as JSON.")
@click.option("--ephemeral", type=bool, help="Whether the record is ephemeral.")
@pass_settings
def update(
    settings: Settings,
    user_data_id: UserDataId,
    name: str | None,
    data: str | None,
    *,
    ephemeral: bool | None,
) -> None:
    """Update one record."""
    if name is None and data is None and ephemeral is None:
        raise UsageError("There is nothing to change.", hint="Give --data, --name or --ephemeral.")
    value = UNSET if data is None else _json(data)
    patch = UserDataPatch(name=name, data=value, is_ephemeral=ephemeral)
    record = settings.client.update_user_data(user_data_id, patch)
    settings.output.message(
        f"User data {user_data_id} ({record.name}) was updated.", _plain(record)
    )


def _plain(record: object) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain


def _json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"--data {text!r} is not JSON: {error}.",
            hint="""Quote it for the shell, such as --data '{"lr": 0.001}'.""",
        ) from error
