"""Where a workflow's relative paths are on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from torc_core.client import TorcClient
from torc_core.host.user import expand_home
from torc_core.model.artifact import File
from torc_core.model.ids import WorkflowId
from torc_core.operations.local_runs import local_runs


def work_directories(client: TorcClient, workflow_id: WorkflowId) -> Iterator[Path]:
    """Yield where relative paths of a workflow may begin, the likeliest first.

    That is where it ran last, where it was created, and the current directory.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    for run in islice(local_runs(client, workflow_id), 1):
        yield Path(run.meta.cwd)
    created_in = client.get_workflow(workflow_id).submission_directory
    if created_in:
        yield Path(created_in)
    yield Path.cwd()


def work_directory(client: TorcClient, workflow_id: WorkflowId) -> Path:
    """Return the first of them that is there.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    return next(filter(_is_directory, work_directories(client, workflow_id)), Path.cwd())


def place_of(client: TorcClient, file: File) -> Path:
    """Return the place of a file of a workflow; it need not be there.

    A relative path is that in the first of the directories with such a file. `~` is the user's
    home.

    Raises:
        TorcError: The server refused the request, or did not answer.
    """
    path = expand_home(Path(file.path))
    if path.is_absolute():
        return path
    places = [each / path for each in work_directories(client, file.workflow_id)]
    return next(filter(is_there, places), places[0])


def is_there(path: Path) -> bool:
    """Return whether there is a file that this user could see."""
    return os.path.exists(path)  # noqa: PTH110 - a Path raises where a directory is not accessible


def _is_directory(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - as above
