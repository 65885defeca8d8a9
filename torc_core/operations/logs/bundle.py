"""Put the logs of a workflow into one archive, to be kept or sent to others."""

from __future__ import annotations

import gzip
import io
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from torc_core.client import TorcClient
from torc_core.clock import utc_now
from torc_core.errors import MachineError, NotFoundError
from torc_core.host.files.output_files import PRIVATE
from torc_core.host.files.replacement import replacing
from torc_core.model.ids import WorkflowId
from torc_core.model.workflow import Workflow
from torc_core.operations.facts import title_of
from torc_core.operations.logs.output_directory import (
    OutputFile,
    find_outputs,
    left_out_notice,
    open_plain,
    output_directories,
)
from torc_core.operations.logs.tar_stream import end_archive, write_member
from torc_core.operations.reporter import PlainNotice, Reporter, warn_of_all
from torc_core.units import counted, format_bytes

METADATA = "bundle_metadata.json"
_FILES_BETWEEN_NOTICES = 100


class BundleMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says of itself, in the reference's words."""

    workflow_id: WorkflowId
    workflow_name: str
    workflow_description: str | None
    workflow_user: str
    collected_at: str
    """UTC, ISO 8601 with milliseconds and Z."""
    files_collected: int
    total_size_bytes: int
    """Of these files, not compressed."""


class Bundled(msgspec.Struct, frozen=True, kw_only=True):
    """The logs of a workflow were put into a bundle."""

    path: Path
    title: str
    metadata: BundleMetadata

    @property
    def sentence(self) -> str:
        """What was done."""
        files = counted(self.metadata.files_collected, "file")
        size = format_bytes(self.metadata.total_size_bytes)
        return f"Bundled {files} ({size}) of workflow {self.title}: {self.path}"


def bundle_logs(
    client: TorcClient,
    workflow_id: WorkflowId,
    output_dir: Path | None,
    bundle_dir: Path,
    reporter: Reporter,
) -> Bundled:
    """Write `wf{id}.tar.gz` with the logs of a workflow; an older one stays if that fails.

    Args:
        client: The server.
        workflow_id: The workflow.
        output_dir: The output directory of its runners, if that is not to be looked for.
        bundle_dir: Where the bundle goes; created if it does not exist.
        reporter: Where progress and warnings go.

    Raises:
        NotFoundError: There is no such workflow, or none of its logs.
        MachineError: The bundle cannot be written, or a log cannot be read.
    """
    workflow = client.get_workflow(workflow_id)
    files = _files_of(workflow_id, output_directories(client, workflow, output_dir))
    path = bundle_dir / f"wf{workflow_id}.tar.gz"
    try:
        bundle_dir.mkdir(parents=True, exist_ok=True)
        # Readable by its owner alone, as logs are; the header says neither name nor time.
        with (
            replacing(path, mode=PRIVATE) as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=0, compresslevel=6) as archive,
        ):
            metadata = _write(cast("BinaryIO", archive), workflow, workflow_id, files, reporter)
    except OSError as error:
        raise MachineError(
            f"The bundle {path} cannot be written: {error.strerror or error}.",
            hint="Choose another directory for it, with --bundle-dir.",
        ) from error
    return Bundled(path=path, title=title_of(workflow), metadata=metadata)


def _files_of(workflow_id: WorkflowId, directories: Sequence[Path]) -> list[OutputFile]:
    """Return the files of a workflow; of those that are called the same, the first."""
    files = {
        file.relative: file
        for directory in reversed(directories)
        for file in find_outputs(directory)
        if file.name.workflow_id == workflow_id
    }
    if not files:
        places = ", ".join(map(str, directories))
        raise NotFoundError(
            f"There are no logs of workflow {workflow_id} in {places}.",
            hint="Name the output directory of its runners, with --output-dir.",
        )
    return [files[relative] for relative in sorted(files)]


def _write(
    archive: BinaryIO,
    workflow: Workflow,
    workflow_id: WorkflowId,
    files: Sequence[OutputFile],
    reporter: Reporter,
) -> BundleMetadata:
    """Write the members: below one folder, by names of our own; last what the bundle is."""
    number = total = 0
    left_out: list[PlainNotice] = []
    for done, each in enumerate(files):
        if done % _FILES_BETWEEN_NOTICES == 0:
            notice = PlainNotice(f"bundling logs: {done:,} of {counted(len(files), 'file')}")
            reporter.progress(notice, done / len(files))
        data = open_plain(each.path)
        if data is None:
            left_out.append(left_out_notice(each.path))
            continue
        with data:
            status = os.fstat(data.fileno())
            member = f"wf{workflow_id}/{each.relative}"
            write_member(archive, member, status.st_size, status.st_mtime, data)
        number, total = number + 1, total + status.st_size
    warn_of_all(reporter, left_out)
    metadata = BundleMetadata(
        workflow_id=workflow_id,
        workflow_name=workflow.name,
        workflow_description=workflow.description,
        workflow_user=workflow.user,
        collected_at=utc_now(),
        files_collected=number,
        total_size_bytes=total,
    )
    text = msgspec.json.format(msgspec.json.encode(metadata), indent=2)
    name = f"wf{workflow_id}/{METADATA}"
    write_member(archive, name, len(text), time.time(), io.BytesIO(text))
    end_archive(archive)
    return metadata
