"""`torc user-data`."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from torc_core.client import TorcClient
from torc_core.model.artifact import UserData, UserDataPatch
from torc_core.model.ids import JobId
from torc_core.units import counted
from torc_tui.cli.command import argument
from torc_tui.cli.options.field_values import read_json
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.texts import NAME
from torc_tui.cli.options.types import ID, WORKFLOW
from torc_tui.cli.resource import Field, Resource, resource_group, show_chosen
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.data.user_data import USER_DATA


def _create(
    client: TorcClient,
    *,
    consumer_job_id: JobId | None = None,
    producer_job_id: JobId | None = None,
    **fields: Any,
) -> UserData:
    return client.create_user_data(
        UserData(**fields), consumer_job_id=consumer_job_id, producer_job_id=producer_job_id
    )


RESOURCE = Resource(
    name="user-data",
    one="user data",
    many="user data",
    article="",
    key="user_data",
    summary="User data: JSON values that jobs pass to each other. In a job, `torc user-data get` "
    "reads one and `torc user-data update` writes it.",
    listing=USER_DATA,
    get=lambda client, user_data_id: client.get_user_data(user_data_id),
    is_always_json=True,
    create=_create,
    update=lambda client, user_data_id, **changes: client.update_user_data(
        user_data_id, UserDataPatch(**changes)
    ),
    delete=lambda client, user_data_id: client.delete_user_data(user_data_id),
    fields=(
        Field(
            name="name", spellings=("-n", "--name"), type=NAME, help="Its name.", is_required=True
        ),
        Field(name="data", spellings=("-d", "--data"), help="Its value, as JSON.", read=read_json),
        Field(
            name="is_ephemeral",
            spellings=("--ephemeral",),
            type=bool,
            is_flag=True,
            help="Clear it between runs.",
        ),
        Field(
            name="consumer_job_id",
            spellings=("--consumer-job-id",),
            type=ID,
            is_fixed=True,
            help="The job that reads it.",
        ),
        Field(
            name="producer_job_id",
            spellings=("--producer-job-id",),
            type=ID,
            is_fixed=True,
            help="The job that writes it.",
        ),
    ),
    filters=(
        click.option("--name", help="Only records with this name."),
        click.option("--is-ephemeral", type=bool, help="Only ephemeral records, or only others."),
        click.option("--consumer-job-id", type=ID, help="Only what this job reads."),
        click.option("--producer-job-id", type=ID, help="Only what this job writes."),
    ),
    example="""-n config -d '{"lr": 0.001}'""",
    change="""-d '{"lr": 0.002}'""",
)

user_data = resource_group(RESOURCE)


@user_data.command("delete-all", examples=["torc user-data delete-all 1"])
@argument("workflow", type=WORKFLOW, help="Its id, its name or `latest`.")
@pass_settings
def delete_all(settings: Settings, workflow: str) -> None:
    """Delete all user data of a workflow."""
    chosen = settings.find_workflow(workflow)
    reply = settings.client.delete_all_user_data(chosen)
    deleted = counted(reply.deleted_count or 0, "record")
    settings.output.message(
        f"Deleted {deleted} of user data of workflow {chosen}.", msgspec.to_builtins(reply)
    )


@user_data.command("list-missing", examples=["torc user-data list-missing 1"])
@workflow_argument
@pass_settings
def list_missing(settings: Settings, workflow: str | None) -> None:
    """List the user data that must have a value before the workflow can start; as JSON the ids."""
    chosen = settings.choose_workflow(workflow)
    missing = settings.client.list_missing_user_data(chosen)
    show_chosen(settings, USER_DATA, RESOURCE.key, chosen, missing)
