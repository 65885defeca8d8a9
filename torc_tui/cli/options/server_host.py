"""Where compute nodes reach the embedded server."""

from __future__ import annotations

import click

from torc_tui.cli.global_options import keep
from torc_tui.cli.options.texts import HOST

server_host_option = click.option(
    "--server-host",
    type=HOST,
    metavar="HOST",
    expose_value=False,
    callback=keep,
    help="The name or address of this machine at which compute nodes reach the embedded server; "
    "by default the address from which they are reached.",
)
"""Overrides `client.slurm.server_host` in `settings.configured`; the command gets no argument."""
