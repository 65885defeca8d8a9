"""The file by which the workers of a workflow reach its server, in their output directory.

The scripts, command lines and environments of allocations hold no secret: all users of a cluster
can read those of others. They name this file.
"""

from __future__ import annotations

from pathlib import Path

from torc_core.host.access_file import ServerAccess, write_access_file
from torc_core.host.embedded_server import keep_access_file
from torc_core.model.ids import WorkflowId


def access_path(output_dir: Path, workflow_id: WorkflowId) -> Path:
    """Return where the file of a workflow is, as an absolute path.

    Its name is none of those by which logs are found, so that no bundle contains it.
    """
    return output_dir.absolute() / f".slurm_access_wf{workflow_id}.json"


def write_access(output_dir: Path, workflow_id: WorkflowId, access: ServerAccess) -> Path:
    """Write the file, mode 0600, and return its path; the directory has to exist.

    That of an embedded server is written again whenever the server moves.

    Raises:
        MachineError: It cannot be written.
    """
    path = access_path(output_dir, workflow_id)
    write_access_file(path, access)
    if access.embedded_on is not None:
        keep_access_file(path)
    return path
