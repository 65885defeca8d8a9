"""What follows the last page of the wizard: the file is written, the workflow created."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from textual.app import App

from torc_core.errors import UsageError
from torc_core.host.user import expand_home
from torc_core.operations.definition.create import Created
from torc_core.operations.definition.write_file import propose_write
from torc_core.operations.reporter import SILENT
from torc_core.spec import ExpandedWorkflow, SpecFile
from torc_core.spec.draft.check import draft_text
from torc_core.spec.draft.draft import Draft
from torc_tui.requests import Requests
from torc_tui.screens.actions.performing import agrees
from torc_tui.state.creating.recent_files import note_file
from torc_tui.state.creating.review import Ending, Goal

Make = Callable[[ExpandedWorkflow], Awaitable[Created]]
"""Creates a workflow on the server."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a draft."""

    file: SpecFile
    goal: Goal
    created: Created | None
    """None if only the file was written."""
    written: str = ""
    """The path of the file; empty if none was written."""


async def finish(
    app: App[object], requests: Requests, make: Make, draft: Draft, ending: Ending
) -> Finished | None:
    """Write the file of a complete draft, and create the workflow that it describes.

    Returns:
        What was done; None if the user wants to keep a file that is there.

    Raises:
        UsageError: There is no path to write to.
        TorcError: The file cannot be written, or the server refused the workflow.
    """
    path = ending.path_for(draft.name)
    if ending.goal is Goal.WRITE and not path:
        raise UsageError("The file has no name.", hint="Type one, or choose to create.")
    suffix = f".{ending.form}"
    text = draft_text(draft, ending.form)
    file = SpecFile(source=path or f"wizard{suffix}", suffix=suffix, text=text)
    spec = await requests.in_thread(file.expand)
    if path and not await _write(app, requests, expand_home(Path(path)), text):
        return None
    created = None if ending.goal is Goal.WRITE else await make(spec)
    return Finished(file=file, goal=ending.goal, created=created, written=path)


async def _write(app: App[object], requests: Requests, path: Path, text: str) -> bool:
    """Write the file; return whether the user agreed to it."""
    proposal = await requests.look(lambda: propose_write(path, text))
    if not await agrees(proposal, app.push_screen_wait):
        return False
    await requests.look(lambda: proposal.perform(SILENT, force=False))
    await requests.look(lambda: note_file(path))
    return True
