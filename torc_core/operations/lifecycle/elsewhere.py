"""Whether a workflow ran in another directory than the current one.

Relative paths of files mean others there: from here its outputs would look deleted, and everything
would run again.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from torc_core.errors import ConflictError
from torc_core.host.runs import list_runs
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import modified_at


def find_elsewhere(workflow: Workflow, missing: Sequence[str]) -> ConflictError | None:
    """Return the objection to looking at files here, if a run of this machine has them elsewhere.

    Args:
        workflow: The workflow.
        missing: Relative paths at which there was a file when it was recorded, and is none here.
    """
    if not missing:
        return None
    for directory in _directories(workflow):
        number = sum(modified_at(path, directory) is not None for path in missing)
        if number:
            return ConflictError(
                f"Workflow {workflow.id} ran in {directory}: {number:,} of its files "
                f"{'is' if number == 1 else 'are'} there, and not here.",
                hint=f"Call it there, after: cd {shlex.quote(str(directory))}. "
                "To have their jobs run again here, add --force.",
            )
    return None


def _directories(workflow: Workflow) -> Iterator[Path]:
    """Yield where it ran, the latest run first."""
    for run in list_runs():
        if (run.meta.workflow_id, run.meta.workflow_name) == (id_of(workflow), workflow.name):
            yield Path(run.meta.cwd)
