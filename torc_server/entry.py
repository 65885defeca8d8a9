"""Entry of the server's commands: errors become two lines and an exit code."""

from __future__ import annotations

import sys

import click

from torc_core.errors import ExitCode, TorcError


def enter(command: click.Command, name: str) -> None:
    """Run a command; user errors never end in a traceback."""
    try:
        command.main(prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(ExitCode.INTERRUPTED)
    except TorcError as error:
        click.echo(f"{name}: {error.message}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
        sys.exit(error.exit_code)
