"""A workflow that is created as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torc_core.client import TorcClient
from torc_core.errors import NotFoundError, TorcError
from torc_core.model.ids import WorkflowId


@contextmanager
def deleted_on_failure(client: TorcClient, workflow_id: WorkflowId) -> Iterator[None]:
    """Delete a new workflow if the block that fills it fails or is interrupted.

    Raises:
        TorcError: What the block raised; its hint names the workflow if it could not be deleted.
    """
    try:
        yield
    except BaseException as error:
        try:
            client.delete_workflow(workflow_id)
        except NotFoundError:
            pass
        except TorcError:
            if isinstance(error, TorcError):
                left = f"An incomplete workflow is left: torc workflows delete {workflow_id}"
                error.hint = f"{error.hint} {left}".strip()
        raise
