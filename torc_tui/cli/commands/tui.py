"""`torc tui`."""

from __future__ import annotations

import os
import sys

from torc_core.errors import UsageError
from torc_core.host.connect import connect
from torc_core.host.environment import keep_to_ourselves
from torc_core.operations.lifecycle.run import runner_options
from torc_tui.cli.command import command
from torc_tui.cli.settings import Settings, pass_settings
from torc_tui.terminal import prepare


@command(examples=["torc tui", "torc tui --standalone"])
@pass_settings
def tui(settings: Settings) -> int:
    """Open the terminal interface. Runs continue if you quit or lose the connection."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The interface needs a terminal.",
            hint="In scripts, use the other commands: torc --help",
        )
    given = set(os.environ)
    prepare(os.environ)
    keep_to_ourselves(os.environ.keys() - given)
    from torc_tui.app import run  # noqa: PLC0415 - Textual reads its settings when imported

    return run(
        lambda: connect(settings.choice),
        user=settings.user,
        run_options=runner_options(settings.configured),
        slurm=settings.configured.slurm,
    )
