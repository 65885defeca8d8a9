"""The commands of `torc logs`, each imported when it is called."""

from __future__ import annotations

import click

from torc_tui.cli.command import Entry, LazyGroup

COMMANDS = {
    "bundle": Entry("bundle:bundle", "Put the logs of a workflow into one archive."),
    "analyze": Entry("analyze:analyze", "Search logs for known errors."),
}


@click.group(cls=LazyGroup, package=__name__, entries=COMMANDS)
def logs() -> None:
    """Bundle the logs of a workflow, or search them for errors."""
