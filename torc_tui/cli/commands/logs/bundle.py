"""`torc logs bundle`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from torc_core.operations.logs.bundle import bundle_logs
from torc_tui.cli.command import command
from torc_tui.cli.options.shared import output_dir_option, workflow_argument
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=["torc logs bundle 12", "torc logs bundle 12 -o /scratch/output --bundle-dir bundles"]
)
@workflow_argument
@output_dir_option
@click.option(
    "--bundle-dir",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default=".",
    help="Where the bundle goes.",
)
@pass_settings
def bundle(
    settings: Settings, workflow: str | None, output_dir: Path | None, bundle_dir: Path
) -> None:
    """Put the logs of a workflow into one archive, wf{ID}.tar.gz.

    It holds the output of jobs and of actions, the logs of runners and of Slurm, databases of
    samples, and bundle_metadata.json. Only you may read it: jobs may have printed secrets.
    """
    chosen = settings.choose_workflow(workflow)
    with settings.reporter() as reporter:
        done = bundle_logs(settings.client, chosen, output_dir, bundle_dir, reporter)
    settings.output.message(
        done.sentence, {"bundle": str(done.path), **msgspec.structs.asdict(done.metadata)}
    )
