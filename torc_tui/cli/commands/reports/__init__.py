"""The commands of `torc reports`, each imported when it is called."""

from __future__ import annotations

import click

from torc_tui.cli.command import Entry, LazyGroup

COMMANDS = {
    "summary": Entry("summary:summary", "Show the progress of a workflow."),
    "results": Entry("results:results", "Report results with the paths of all their logs."),
    "failures": Entry("failures:failures", "Group failed jobs by what they have in common."),
    "check-resource-utilization": Entry(
        "utilization:check_resource_utilization",
        "Show which jobs used more memory, CPU or time than they state.",
    ),
}


@click.group(cls=LazyGroup, package=__name__, entries=COMMANDS)
def reports() -> None:
    """Summaries of a workflow: its progress, its results, the resources it used."""
