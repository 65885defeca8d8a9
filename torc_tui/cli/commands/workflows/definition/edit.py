"""`torc workflows new` and `torc workflows update`."""

from __future__ import annotations

from typing import Any

import click

from torc_core.operations.definition.edit import new_workflow, update_workflow
from torc_tui.cli.command import command
from torc_tui.cli.commands.workflows.definition.show import decoded
from torc_tui.cli.options.field_values import read_json_object
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.texts import NAME
from torc_tui.cli.settings import Settings, pass_settings


@command(examples=['torc workflows new -n nightly -d "Every night"'])
@click.option("-n", "--name", type=NAME, required=True, help="Its name.")
@click.option("-d", "--description", help="What it is for.")
@click.option("-u", "--user", help="The owner; you by default.")
@pass_settings
def new(settings: Settings, *, name: str, description: str | None, user: str | None) -> None:
    """Create a workflow without jobs, to which jobs and files are added one by one."""
    done = new_workflow(
        settings.client, name=name, description=description, user=user or settings.user
    )
    settings.output.message(done.sentence, decoded(done.workflow))


@command(
    examples=[
        "torc workflows update 12 --name nightly",
        """torc workflows update latest --project solar --metadata '{"ticket": 7}'""",
    ]
)
@workflow_argument
@click.option("-n", "--name", type=NAME, help="The new name.")
@click.option("-d", "--description", help="The new description.")
@click.option("--owner-user", "user", help="The new owner.")
@click.option("--project", help="The new project.")
@click.option(
    "--metadata",
    metavar="JSON",
    callback=read_json_object,
    help="The new metadata, a JSON object.",
)
@pass_settings
def update(settings: Settings, /, workflow: str | None, **given: Any) -> None:
    """Change the given fields of a workflow."""
    changes = {name: value for name, value in given.items() if value is not None}
    done = update_workflow(settings.client, settings.choose_workflow(workflow), changes)
    settings.output.message(done.sentence, decoded(done.workflow))
