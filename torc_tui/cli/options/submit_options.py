"""The options of every command that submits something to Slurm."""

from __future__ import annotations

import click

from torc_tui.cli.options.server_host import server_host_option
from torc_tui.cli.options.shared import options

submit_options = options(
    click.option(
        "-i",
        "--ignore-missing-data",
        is_flag=True,
        help="Submit it even if input files or user data are missing.",
    ),
    click.option(
        "--output-dir",
        "-o",
        default="output",
        show_default=True,
        help="Directory of logs; compute nodes share it.",
    ),
    server_host_option,
)
"""What is chosen for the workers of a workflow; `--server-host` is in the settings."""

question_options = options(
    click.option("-y", "--no-prompts", is_flag=True, help="Do not ask before it is submitted."),
    click.option("--dry-run", is_flag=True, help="Show what would be submitted; change nothing."),
)
"""Whether to ask, and whether to do it at all."""
