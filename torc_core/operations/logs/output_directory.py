"""The files of workflows below an output directory.

Jobs write there too, so nothing is followed or waited for: what is not a plain file with the name
of one of torc's own is not there.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple

from torc_core.client import TorcClient, every_item
from torc_core.errors import MachineError, NotFoundError
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.local_runs import local_runs
from torc_core.operations.reporter import PlainNotice
from torc_core.runner.policy.output_paths import (
    METRICS_FOLDER,
    STDIO_FOLDER,
    OutputName,
    read_name,
)

DEFAULT_OUTPUT_DIRECTORY = "output"
"""Where a runner writes by default, below its current directory."""
_FOLDERS = ("", STDIO_FOLDER, METRICS_FOLDER)


class OutputFile(NamedTuple):
    """A file below an output directory."""

    directory: Path
    relative: str
    """Below the directory: letters, digits and `_ . - /`, and no more than one folder."""
    name: OutputName

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.directory / self.relative


def left_out_notice(path: Path) -> PlainNotice:
    """Return the warning about a log that is neither searched nor bundled."""
    return PlainNotice(f"{path} was left out: it is not a regular file, or cannot be read")


def output_directories(client: TorcClient, workflow: Workflow, given: Path | None) -> list[Path]:
    """Return where runners of a workflow may have written on this machine, without repetitions.

    Runs on this machine have recorded their output directory, and so have runners in allocations,
    which may share it with this machine. After those come the default one below the current
    directory, and that below the directory which the workflow was created in.

    Args:
        client: The server.
        workflow: The workflow.
        given: A directory that a user has named: then only that.

    Raises:
        NotFoundError: The user has named one that does not exist.
    """
    if given is not None:
        if not given.is_dir():
            raise NotFoundError(
                f"The output directory {given} does not exist.",
                hint="Name the one that was given to `torc run`, with --output-dir.",
            )
        return [given]
    workflow_id = id_of(workflow)
    nodes = every_item(client.list_compute_nodes, workflow_id)
    found = [
        *(Path(run.meta.cwd, run.meta.output_dir) for run in local_runs(client, workflow_id)),
        *(Path(node.output_dir) for node in nodes if node.output_dir is not None),
        Path.cwd() / DEFAULT_OUTPUT_DIRECTORY,
    ]
    if workflow.submission_directory:
        found.append(Path(workflow.submission_directory) / DEFAULT_OUTPUT_DIRECTORY)
    return list(dict.fromkeys(found))


def shortened(path: Path) -> Path:
    """Return a path relative to the current directory, if it is below that."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def find_outputs(directory: Path) -> list[OutputFile]:
    """Return the files of all workflows below an output directory, by folder and name.

    Raises:
        MachineError: It cannot be read.
    """
    found: list[OutputFile] = []
    for folder in _FOLDERS:
        if folder and not _is_real_directory(directory / folder):
            continue
        try:
            with os.scandir(directory / folder) as entries:
                names = sorted(
                    (entry.name, name)
                    for entry in entries
                    if (name := read_name(entry.name)) is not None
                )
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise MachineError(
                f"The directory {directory / folder} cannot be read: {error.strerror}."
            ) from error
        prefix = f"{folder}/" if folder else ""
        found += [OutputFile(directory, prefix + file, name) for file, name in names]
    return found


def _is_real_directory(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def open_plain(path: Path) -> BinaryIO | None:
    """Open a file to read; None if it is a link, a device or the like, or cannot be read."""
    # Without waiting: of a named pipe nothing may ever come.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    return None
