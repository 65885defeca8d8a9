"""What the interface looks like, and may do: options of `torc tui`, and of `torc` alone."""

from __future__ import annotations

import click

from torc_core.config.tui import THEMES
from torc_tui.cli.global_options import keep

theme_option = click.option(
    "--theme",
    type=click.Choice(THEMES.words),
    expose_value=False,
    callback=keep,
    help="Colors of the interface; by default those that suit the terminal's background.",
)
ascii_option = click.option(
    "--ascii",
    "ascii_only",
    is_flag=True,
    expose_value=False,
    callback=keep,
    help="Draw the interface with ASCII characters only.",
)
readonly_option = click.option(
    "--readonly",
    "--read-only",
    "readonly",
    is_flag=True,
    expose_value=False,
    callback=keep,
    help="Change nothing: keys of the interface that would are refused.",
)
"""All override `client.tui` in `settings.configured`; the command gets no argument."""
