"""Runs of this machine, each with a directory by which it is found again.

A run directory holds `meta.json` (what runs, since when, under which process), `status.json`
(counts, rewritten while it runs), the runner's log, and a copy of the workflow file if it came
from one. Its process holds a lock on `lock`; a run without an end whose process is gone has
crashed. A run on another host, or in another container, is never judged by its pid.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from torc_core.clock import utc_now
from torc_core.errors import ConflictError, MachineError, NotFoundError
from torc_core.host.directories import private_directory, runs_directory
from torc_core.host.environment import user_environment
from torc_core.host.files.deletion import delete_directory, delete_left_over
from torc_core.host.files.json_file import read_record, write_record
from torc_core.host.files.locks import FileLock, try_lock_file
from torc_core.host.files.log_tail import log_tail
from torc_core.host.files.output_files import PRIVATE, create_file
from torc_core.host.process import ProcessIdentity, detach, our_program
from torc_core.masking import mask
from torc_core.model.ids import WorkflowId

_CLAIM_TIMEOUT_S = 30.0
"""How long a runner may take to start; on a cold network file system its imports take seconds."""
KEEP_ENDED = 50
"""How many ended runs are kept before the oldest are deleted."""


class RunState(StrEnum):
    """The state of a run."""

    STARTING = "starting"
    RUNNING = "running"
    ENDED = "ended"
    CRASHED = "crashed"
    """Its process is gone and recorded no end."""
    ELSEWHERE = "elsewhere"
    """It was started on another host or in another container, and only there it is known whether
    it is running."""


class RunMeta(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of `meta.json`: what runs, where, and how it ended."""

    run_id: str
    workflow_id: WorkflowId
    workflow_name: str
    url: str
    token: str | None = None
    is_embedded: bool = False
    """The server is the one that torc starts by itself."""
    output_dir: str
    cwd: str
    options: dict[str, Any] = {}
    """The runner's options."""
    started_at: str
    """UTC, ISO 8601."""
    is_detached: bool = False
    """It continues without the terminal that started it."""
    process: ProcessIdentity | None = None
    """The runner's process; None before it has started."""
    ended_at: str | None = None
    final_status: str | None = None
    """`completed`, `failed`, `canceled` or `interrupted`."""
    exit_code: int | None = None

    def is_of(self, workflow_id: WorkflowId, url: str, *, is_embedded: bool) -> bool:
        """Return whether it is a run of this workflow; the embedded server may have a new URL."""
        is_same_server = self.url == url or (self.is_embedded and is_embedded)
        return is_same_server and self.workflow_id == workflow_id


class RunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of `status.json`: how far a run is."""

    updated_at: str
    counts: dict[str, int] = {}
    """How many attempts this runner completed, by status."""
    running: int = 0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as found on disk."""

    directory: str
    meta: RunMeta
    status: RunStatus | None
    state: RunState
    jobs_left: int = 0
    """How many of its jobs run on, if it crashed, until the next run of the workflow has them."""


class RunDirectory:
    """One run's directory; `meta` is read and replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: FileLock | None = None

    @property
    def log_path(self) -> Path:
        """The runner's log."""
        return self.path / "runner.log"

    def read_meta(self) -> RunMeta:
        """Return what runs in this directory.

        Raises:
            NotFoundError: No run, or an unreadable one.
        """
        meta = read_record(self.path / "meta.json", RunMeta)
        if meta is None:
            raise NotFoundError(
                f"{self.path} is not the directory of a run.",
                hint="Choose a run from `torc runs list`.",
            )
        return meta

    def write_meta(self, meta: RunMeta) -> None:
        """Replace `meta.json`."""
        write_record(self.path / "meta.json", meta)

    def write_status(self, counts: dict[str, int], running: int) -> None:
        """Replace `status.json`."""
        status = RunStatus(updated_at=utc_now(), counts=counts, running=running)
        write_record(self.path / "status.json", status)

    def write_spec(self, text: str, suffix: str) -> None:
        """Keep the workflow file that the run came from, under its suffix."""
        path = self.path / f"workflow{suffix}"
        create_file(path, PRIVATE)
        path.write_text(text, "utf-8")

    def begin(self) -> RunMeta:
        """Claim the run for this process.

        Raises:
            ConflictError: Another process has claimed it.
        """
        self._lock = try_lock_file(self.path / "lock")
        if self._lock is None:
            raise ConflictError(f"Run {self.path.name} belongs to another process.")
        meta = msgspec.structs.replace(self.read_meta(), process=ProcessIdentity.of(os.getpid()))
        self.write_meta(meta)
        return meta

    def end(self, final_status: str, exit_code: int) -> None:
        """Record how the run ended, and release it."""
        self.write_meta(
            msgspec.structs.replace(
                self.read_meta(),
                ended_at=utc_now(),
                final_status=final_status,
                exit_code=exit_code,
            )
        )
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def read(self) -> Run:
        """Return the run as it is now."""
        meta = self.read_meta()
        return Run(
            directory=str(self.path),
            meta=meta,
            status=read_record(self.path / "status.json", RunStatus),
            state=_state(meta),
        )


def create_run(meta: RunMeta) -> RunDirectory:
    """Create the directory of a new run, and delete those of the oldest ended ones."""
    directory = RunDirectory(private_directory(runs_directory() / meta.run_id))
    directory.write_meta(meta)
    prune_runs()
    return directory


def new_run_id(workflow_id: WorkflowId) -> str:
    """Return a unique name for a run that sorts by time."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return f"{moment}-wf{workflow_id}-{secrets.token_hex(3)}"


def start_run(directory: RunDirectory) -> ProcessIdentity:
    """Start a runner for the run in a session of its own, so that it outlives this process.

    Returns once the runner has claimed the run.

    Raises:
        MachineError: It exited before that; the run is recorded as failed.
        OSError: It cannot be started.
    """
    directory.write_meta(msgspec.structs.replace(directory.read_meta(), is_detached=True))
    create_file(directory.log_path, PRIVATE)
    with directory.log_path.open("ab") as log:
        process = subprocess.Popen(
            our_program("torc_core.runner", "--run-dir", str(directory.path)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory.read_meta().cwd,
            env=user_environment(),
            start_new_session=True,
        )
    claimed = _wait_until_claimed(directory, process)
    detach(process)
    return claimed


def _wait_until_claimed(
    directory: RunDirectory, process: subprocess.Popen[bytes]
) -> ProcessIdentity:
    deadline = time.monotonic() + _CLAIM_TIMEOUT_S
    while True:
        exit_code = process.poll()  # before the record is read: it is written before the exit
        if claimed := directory.read_meta().process:
            return claimed
        if exit_code is not None:
            exit_code = exit_code if exit_code >= 0 else 128 - exit_code  # as a shell says it
            directory.end("failed", exit_code)
            raise MachineError(
                f"The runner exited at once with exit code {exit_code}; "
                f"{log_tail(directory.log_path)}",
                hint=f"Its whole log: {directory.log_path}",
            )
        if time.monotonic() > deadline:
            return ProcessIdentity.of(process.pid)
        time.sleep(0.01)


def list_runs() -> list[Run]:
    """Return the runs of this state directory, newest first; unreadable ones are left out."""
    runs = []
    for path in sorted(runs_directory().iterdir(), reverse=True):
        with contextlib.suppress(NotFoundError):  # unreadable, or just pruned
            runs.append(RunDirectory(path).read())
    return runs


def without_secrets(run: Run) -> Run:
    """Return a run as it may be shown: without its token, and with its URL's password masked."""
    meta = msgspec.structs.replace(run.meta, token=None, url=mask(run.meta.url))
    return msgspec.structs.replace(run, meta=meta)


def prune_runs(keep: int = KEEP_ENDED) -> None:
    """Delete the oldest runs that ended, beyond `keep`; no other run is deleted."""
    ended = [run for run in list_runs() if run.state is RunState.ENDED]
    for run in ended[keep:]:
        delete_directory(Path(run.directory))
    for path in runs_directory().iterdir():
        delete_left_over(path)


def _state(meta: RunMeta) -> RunState:
    if meta.ended_at is not None:
        return RunState.ENDED
    if meta.process is None:
        return RunState.STARTING
    if not meta.process.is_local():
        return RunState.ELSEWHERE
    return RunState.RUNNING if meta.process.is_alive() else RunState.CRASHED
