"""Undoing a creation that fails halfway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError, TorcError
from torc_core.model.ids import WorkflowId


@contextmanager
def undone_on_failure(undo: Callable[[], object], left: str) -> Iterator[None]:
    """Undo something if the block that needs it fails or is interrupted.

    Args:
        undo: Does it.
        left: What to tell the user if that fails too, as a sentence.

    Raises:
        TorcError: What the block raised; its hint ends with that sentence if undoing failed.
    """
    try:
        yield
    except BaseException as error:
        try:
            undo()
        except NotFoundError:
            pass
        except TorcError:
            if isinstance(error, TorcError):
                error.hint = f"{error.hint} {left}".strip()
        raise


def deleted_on_failure(client: TorcClient, workflow_id: WorkflowId) -> AbstractContextManager[None]:
    """Delete a new workflow if the block that fills it fails or is interrupted."""
    return undone_on_failure(
        partial(client.delete_workflow, workflow_id),
        f"An incomplete workflow is left: torc workflows delete {workflow_id}",
    )
