"""`torc plot-resources`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from torc_core.model.ids import JobId
from torc_tui.cli.command import argument, command
from torc_tui.cli.options.id_lists import id_list
from torc_tui.cli.output.formats import print_text
from torc_tui.cli.settings import Settings, pass_settings


@command(
    "plot-resources",
    examples=[
        "torc plot-resources output/resource_utilization/resource_metrics_*.db -o plots",
        "torc plot-resources output/resource_utilization/*.db --job-ids 15,16 -f terminal",
    ],
)
@argument(
    "db_paths",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    help="Databases below `resource_utilization` in the output directory.",
)
@click.option(
    "-o",
    "--output-dir",
    type=click.Path(path_type=Path),
    default=".",
    help="Where the plots go; created if it does not exist.",
)
@id_list("-j", "--job-ids", help="Plot only these jobs; their ids, separated by commas.")
@click.option(
    "-p", "--prefix", default="resource_plot", help="What the names of the files begin with."
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["html", "json", "terminal"]),
    default="html",
    help="Pages for a browser, figures for plotly, or text on stdout.",
)
@pass_settings
def plot_resources(
    settings: Settings,
    /,
    db_paths: tuple[Path, ...],
    output_dir: Path,
    job_ids: list[JobId] | None,
    prefix: str,
    form: str,
) -> None:
    """Plot what jobs used over time, from the databases of their runs.

    There is one plot of each job (CPU, memory, processes), one of the CPU and one of the memory of
    all jobs, and one of their peaks and averages. The pages need no network.
    """
    chosen = job_ids or ()
    if form == "terminal":
        from torc_tui.plots.terminal import plots  # noqa: PLC0415 - slow to import

        width = shutil.get_terminal_size().columns
        colors = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for plot in plots(db_paths, chosen, width, colors=colors):
            print_text(f"{plot}\n")
        return
    from torc_tui.plots.write import Target, write_plots  # noqa: PLC0415 - slow to import

    target = Target(directory=output_dir, prefix=prefix, format=form)
    with settings.reporter() as reporter:
        written = write_plots(db_paths, chosen, target, reporter)
    settings.output.message(written.sentence, written.record)
