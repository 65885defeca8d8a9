"""Whether a workflow ran in another directory than the current one.

Relative paths of files mean others there: from here its outputs would look deleted, and everything
would run again.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from torc_core.client import TorcClient
from torc_core.errors import ConflictError
from torc_core.model.ids import WorkflowId
from torc_core.operations.lifecycle.inputs import modified_at
from torc_core.operations.local_runs import local_runs


def find_elsewhere(
    client: TorcClient, workflow_id: WorkflowId, missing: Sequence[str]
) -> ConflictError | None:
    """Return the objection to looking at files here, if a run of this machine has them elsewhere.

    Args:
        client: The server.
        workflow_id: The workflow.
        missing: Relative paths at which there was a file when it was recorded, and is none here.
    """
    if not missing:
        return None
    runs = local_runs(client, workflow_id)
    for directory in dict.fromkeys(Path(run.meta.cwd) for run in runs):
        number = sum(modified_at(path, directory) is not None for path in missing)
        if number:
            return ConflictError(
                f"Workflow {workflow_id} ran in {directory}: {number:,} of its files "
                f"{'is' if number == 1 else 'are'} there, and not here.",
                hint=f"Call it there, after: cd {shlex.quote(str(directory))}. "
                "To have their jobs run again here, add --force.",
            )
    return None
