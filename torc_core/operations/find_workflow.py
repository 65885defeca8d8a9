"""Finding the workflow or file that a user means: by id, name, `latest`, or path."""

from __future__ import annotations

from pathlib import Path

from torc_core.client import TorcClient, every_item
from torc_core.errors import NotFoundError, UsageError
from torc_core.model.ids import WorkflowId, id_of

LATEST = "latest"
_SHOWN = 5
_HINT = "To list your workflows: torc workflows list"


def find_workflow(
    client: TorcClient, reference: str, *, user: str, is_archived: bool = False
) -> WorkflowId:
    """Return the id of a workflow.

    Args:
        client: The server; not asked about an id.
        reference: An id, the name of a workflow of the user, or `latest` for the newest of them.
        user: The user.
        is_archived: Archived workflows are meant. Others are found only by name, if none of those
            that are meant has that name.

    Raises:
        NotFoundError: There is no such workflow.
        UsageError: Several have this name.
    """
    if reference.isdecimal():
        return WorkflowId(int(reference))
    if reference == LATEST:
        page = client.list_workflows(
            user=user, is_archived=is_archived, sort_by="id", reverse_sort=True, limit=1
        )
        if not page.items:
            kind = "archived workflow" if is_archived else "workflow"
            raise NotFoundError(f"{user} has no {kind}.", hint=_HINT)
        return id_of(page.items[0])
    named = [
        workflow
        for workflow in every_item(client.list_workflows, user=user, name=reference)
        if workflow.name == reference
    ]
    meant = [each for each in named if bool(each.is_archived) is is_archived] or named
    if not meant:
        raise NotFoundError(f"{user} has no workflow named {reference!r}.", hint=_HINT)
    if len(meant) > 1:
        ids = ", ".join(str(workflow.id) for workflow in meant[-_SHOWN:])
        raise UsageError(
            f"{len(meant):,} workflows of {user} are named {reference!r}.",
            hint=f"Give the id; the newest are {ids}.",
        )
    return id_of(meant[0])


def is_file(reference: str) -> bool:
    """Return whether a file is meant rather than a workflow: it exists, or looks like a path."""
    path = Path(reference)
    if reference == "-" or "/" in reference or (path.exists() and not path.is_dir()):
        return True
    from torc_core.spec import SUFFIXES  # noqa: PLC0415 - most commands know no files

    return path.suffix.lower() in SUFFIXES
