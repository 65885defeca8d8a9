"""`torc hpc generate`."""

from __future__ import annotations

import click

from torc_core.operations.hpc.generate import generate_profile
from torc_tui.cli.command import command
from torc_tui.cli.options.texts import NAME
from torc_tui.cli.output.formats import print_text
from torc_tui.cli.settings import Settings, pass_settings


@command(
    examples=[
        "torc hpc generate",
        "torc hpc generate --skip-stdby -o mycluster-profile.toml",
        'torc hpc generate --name mycluster --display-name "My Research Cluster"',
    ]
)
@click.option("--name", type=NAME, help="What to call the profile; by default as the cluster.")
@click.option("--display-name", type=NAME, help="Its name for people.")
@click.option("-o", "--output", metavar="FILE", help="Write to this file; by default to stdout.")
@click.option(
    "--skip-stdby",
    is_flag=True,
    help="Leave out stand-by partitions, whose names end in -stdby.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@pass_settings
def generate(
    settings: Settings,
    *,
    name: str | None,
    display_name: str | None,
    output: str | None,
    skip_stdby: bool,
    force: bool,
) -> None:
    """Describe the Slurm cluster at hand as a profile, for a configuration file.

    Its comments say what is worth a look, such as partitions whose nodes differ.
    """
    generated = generate_profile(
        settings.slurm,
        name=name,
        display_name=display_name,
        skips_standby=skip_stdby,
        output=output,
        force=force,
    )
    if output is None and not settings.output.is_json:
        print_text(generated.toml)
    else:
        settings.output.message(generated.sentence, generated)
