"""`torc workflows export` and `torc workflows import`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from torc_core.operations.definition.transfer.export_workflow import export_workflow
from torc_core.operations.definition.transfer.files import document_to_write
from torc_core.operations.definition.transfer.import_workflow import (
    ImportOptions,
    import_workflow,
)
from torc_core.spec.load import open_named
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.shared import workflow_argument
from torc_tui.cli.options.texts import NAME
from torc_tui.cli.output.formats import copy_out
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc workflows export 12 -o workflow.json",
        "torc workflows export latest --include-results --include-events -o complete.json",
        "torc workflows export 12 | gzip > workflow.json.gz",
    ]
)
@workflow_argument
@click.option("-o", "--output", metavar="FILE", help="Write to this file; by default to stdout.")
@click.option(
    "--include-results", is_flag=True, help="Also the results of all runs, and their nodes."
)
@click.option("--include-events", is_flag=True, help="Also the events.")
@pass_settings
def export(
    settings: Settings,
    workflow: str | None,
    *,
    output: str | None,
    include_results: bool,
    include_events: bool,
) -> None:
    """Export a workflow to a JSON file that any torc server can import.

    The file holds the whole workflow: jobs, files, user data, requirements, schedulers, failure
    handlers and actions, with their ids. An existing file is replaced once the new one is complete.
    """
    workflow_id = settings.choose_workflow(workflow)
    with settings.reporter() as reporter, _target(output) as target:
        done = export_workflow(
            settings.client,
            workflow_id,
            target,
            include_results=include_results,
            include_events=include_events,
            reporter=reporter,
        )
    if output is None:
        return
    counts = {
        section: done.counts.get(section, 0)
        for section in ("jobs", "files", "user_data", "results", "events")
    }
    settings.output.message(
        f"{done.sentence[:-1]} to {output}.",
        {
            "success": True,
            "workflow_id": workflow_id,
            "workflow_name": done.name,
            "output_file": output,
            **counts,
        },
    )


@contextmanager
def _target(output: str | None) -> Iterator[BinaryIO]:
    """Open a file, or a temporary one that is copied to stdout once it is complete."""
    if output is not None:
        with document_to_write(output) as file:
            yield file
        return
    with tempfile.TemporaryFile() as file:
        yield file
        copy_out(file)


@command(
    "import",
    examples=[
        "torc workflows import workflow.json",
        "torc workflows import workflow.json --name 'my copy' --skip-results",
        "gunzip < workflow.json.gz | torc workflows import -",
    ],
)
@argument("file", type=click.Path(), help="An exported workflow; `-` for standard input.")
@click.option(
    "--name", type=NAME, help="The name of the new workflow; by default the one in the file."
)
@click.option("--skip-results", is_flag=True, help="Do not import the results in the file.")
@click.option(
    "--skip-events",
    is_flag=True,
    help="Do not warn of events in the file; they are never imported.",
)
@pass_settings
def import_(
    settings: Settings, file: str, *, name: str | None, skip_results: bool, skip_events: bool
) -> None:
    """Import a workflow from an exported file: all of it, or nothing.

    You own the new workflow. It has new ids, and all its jobs are uninitialized.
    """
    with (
        settings.reporter() as reporter,
        open_named(file, "an exported workflow") as (source, source_name),
    ):
        done = import_workflow(
            settings.client,
            source,
            source_name,
            ImportOptions(
                user=settings.user, name=name, skip_results=skip_results, skip_events=skip_events
            ),
            reporter,
        )
    settings.output.message(
        done.sentence,
        {
            "success": True,
            "workflow_id": done.workflow_id,
            "workflow_name": done.name,
            **{section: done.counts[section] for section in ("jobs", "files", "user_data")},
        },
    )
