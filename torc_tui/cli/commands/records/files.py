"""`torc files`."""

from __future__ import annotations

import click

from torc_core.model.artifact import File, FilePatch
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.texts import NAME, PATH
from torc_tui.cli.options.types import ID
from torc_tui.cli.resource import Field, Resource, resource_group, show_chosen
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.lists.data.files import FILES

RESOURCE = Resource(
    name="files",
    one="file",
    many="files",
    key="files",
    summary="Files that jobs read and write; dependencies follow from them.",
    listing=FILES,
    get=lambda client, file_id: client.get_file(file_id),
    create=lambda client, **fields: client.create_file(File(**fields)),
    update=lambda client, file_id, **changes: client.update_file(file_id, FilePatch(**changes)),
    delete=lambda client, file_id: client.delete_file(file_id),
    fields=(
        Field(
            name="name", spellings=("-n", "--name"), type=NAME, help="Its name.", is_required=True
        ),
        Field(
            name="path",
            spellings=("-p", "--path"),
            type=PATH,
            help="Where it is.",
            is_required=True,
        ),
    ),
    filters=(
        click.option("--produced-by-job-id", type=ID, help="Only what this job writes."),
        click.option("--name", help="Only files with this name."),
    ),
    example="-n input -p data/input.csv",
    change="-p data/other.csv",
)

files = resource_group(RESOURCE)


@files.command("list-required-existing", examples=["torc files list-required-existing 1"])
@workflow_argument
@pass_settings
def list_required_existing(settings: Settings, workflow: str | None) -> None:
    """List the files that must exist before the workflow can start; as JSON their ids."""
    chosen = settings.choose_workflow(workflow)
    required = settings.client.list_required_existing_files(chosen)
    show_chosen(settings, FILES, RESOURCE.key, chosen, required)
