"""What shells complete beside commands and options: workflows, HPC profiles."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from torc_core.errors import TorcError
from torc_core.host.connect import connect_running
from torc_core.model.workflow import Workflow
from torc_core.operations.find_workflow import LATEST
from torc_tui.cli.settings import Settings
from torc_tui.terminal import clean

TIMEOUT_S = 1.0
"""How long a key press may wait for the server."""
_OFFERED = 50
_NEEDS_NO_QUOTES = re.compile(r"[\w.@%+=-]+")


def complete_workflow(ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
    """Return the user's newest workflows whose id or name begins so.

    A server that does not answer, or is not running, offers nothing; none is started.
    """
    try:
        workflows = _newest_workflows(ctx)
    except (TorcError, click.Abort):
        return []
    return [item for item in _items(workflows) if item.value.startswith(incomplete)]


def complete_workflow_or_file(ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
    """Return workflows for what begins like one of them, else let the shell complete files."""
    found = complete_workflow(ctx, incomplete) if incomplete else []
    return found or [CompletionItem(incomplete, type="file")]


def complete_profile(ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
    """Return the profiles whose names begin so; Slurm is not asked."""
    from torc_core.operations.hpc.profiles import all_profiles  # noqa: PLC0415 - slow to import

    try:
        profiles = all_profiles(Settings(ctx).configured.hpc)
    except TorcError:
        return []
    return [
        CompletionItem(each.name, help=clean(each.display_name))
        for each in profiles
        if each.name.startswith(incomplete) and _NEEDS_NO_QUOTES.fullmatch(each.name)
    ]


def _newest_workflows(ctx: click.Context) -> list[Workflow]:
    settings = Settings(ctx)
    client = connect_running(settings.choice, timeout_s=TIMEOUT_S)
    if client is None:
        return []
    page = client.list_workflows(
        user=settings.user, is_archived=False, sort_by="id", reverse_sort=True, limit=_OFFERED
    )
    return page.items


def _items(workflows: list[Workflow]) -> Iterator[CompletionItem[str]]:
    for workflow in workflows:
        yield CompletionItem(str(workflow.id), help=clean(workflow.name))
    names = [workflow.name for workflow in workflows]
    if names:
        yield CompletionItem(LATEST, help=clean(names[0]))
    for name in names:
        if names.count(name) == 1 and _NEEDS_NO_QUOTES.fullmatch(name) and not name.isdecimal():
            yield CompletionItem(name)
