"""`torc completions`."""

from __future__ import annotations

import click

from torc_tui.cli.command import argument, command
from torc_tui.cli.output.formats import print_text
from torc_tui.cli.shells import SHELLS, script


@command(
    examples=[
        "torc completions bash > ~/.local/share/bash-completion/completions/torc",
        "torc completions fish > ~/.config/fish/completions/torc.fish",
    ]
)
@argument(
    "shell",
    type=click.Choice(list(SHELLS)),
    metavar="SHELL",
    help=f"One of: {', '.join(SHELLS)}.",
)
@click.pass_context
def completions(ctx: click.Context, shell: str) -> None:
    """Print the script that makes a shell complete commands, options and workflows."""
    print_text(script(shell, ctx.find_root().command))
