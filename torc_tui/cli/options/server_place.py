"""Which of the servers that torc starts: by its database, and its port."""

from __future__ import annotations

import click

from torc_core.config.bounds import PORT
from torc_tui.cli.options.numbers import number

database_option = click.option(
    "--database",
    metavar="FILE",
    help="The SQLite file of the server, created if it does not exist; by default that of the "
    "embedded server.",
)
port_option = click.option(
    "--port",
    type=number(PORT._replace(unit="port")),
    help="The port of the server on this machine; by default a free one.",
)
