"""Run directories: created, claimed, read, listed and pruned."""

from __future__ import annotations

import os
import secrets
import shlex
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
from torc_core.host.files.json_file import RecordError, load_record, read_record, write_record
from torc_core.host.files.locks import FileLock, is_locked, try_lock_file
from torc_core.host.files.log_tail import log_tail
from torc_core.host.files.output_files import PRIVATE, create_file
from torc_core.host.process import ProcessIdentity, detach, our_program
from torc_core.host.runs.status import RunStatus, last_known
from torc_core.masking import mask
from torc_core.model.ids import WorkflowId

_CLAIM_TIMEOUT_S = 30.0
"""How long a runner may take to start; on a cold network file system its imports take seconds."""
_CREATED_WITHIN_S = 5.0
"""How long after its directory the record of a run may be written."""
_SPEC = "workflow"
"""The copy of the workflow file, without its suffix."""
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
    DAMAGED = "damaged"
    """Its directory does not say what runs."""


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


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as found on disk."""

    directory: str
    meta: RunMeta
    status: RunStatus | None
    state: RunState
    jobs_left: int = 0
    """How many of its jobs run on, if it crashed, until the next run of the workflow has them."""


class DamagedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A directory among those of runs that does not say what runs."""

    directory: str
    state: RunState = RunState.DAMAGED
    problem: str
    """What is wrong with it: a sentence."""
    hint: str
    """What to do about it."""

    @property
    def name(self) -> str:
        """The id that the run had, if the directory still has its name."""
        return Path(self.directory).name


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
        try:
            return self._load_meta()
        except RecordError as error:
            raise NotFoundError(
                f"{self.path} is not the directory of a run: its meta.json {error}.",
                hint="Choose a run from `torc runs list`.",
            ) from error

    def _load_meta(self) -> RunMeta:
        return load_record(self.path / "meta.json", RunMeta)

    def write_meta(self, meta: RunMeta) -> None:
        """Replace `meta.json`."""
        write_record(self.path / "meta.json", meta)

    def write_spec(self, text: str, suffix: str) -> None:
        """Keep the workflow file that the run came from, under its suffix."""
        path = self.path / f"{_SPEC}{suffix}"
        create_file(path, PRIVATE)
        path.write_text(text, "utf-8")

    @property
    def spec_file(self) -> Path | None:
        """The copy of the workflow file that the run came from, if it came from one."""
        return next(iter(sorted(self.path.glob(f"{_SPEC}*"))), None)

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

    def read(self) -> Run | DamagedRun:
        """Return the run as it is now."""
        try:
            meta = self._load_meta()
        except RecordError as error:
            return self._damaged(f"Its meta.json {error}.")
        status, state = read_record(self.path / "status.json", RunStatus), _state(meta)
        if status is not None and state is RunState.CRASHED:
            status = last_known(status)
        return Run(directory=str(self.path), meta=meta, status=status, state=state)

    def _damaged(self, problem: str) -> DamagedRun:
        path, shown = self.path, shlex.quote(str(self.path))
        if not path.is_dir():
            problem, hint = "It is not a directory.", f"If you do not need it: rm {shown}"
        elif is_locked(path / "lock"):
            hint = f"Its runner is at work. Wait until that has ended, then: rm -r {shown}"
        else:
            log = "Its runner.log may say what ran. " if self.log_path.is_file() else ""
            hint = f"{log}No runner is at work there. If you do not need it: rm -r {shown}"
        return DamagedRun(directory=str(path), problem=problem, hint=hint)


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
    try:
        return _wait_until_claimed(directory, process)
    finally:
        if process.returncode is None:
            detach(process)


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
    """Return the runs of this state directory, newest first; damaged ones are left out."""
    return [run for run in list_all_runs() if isinstance(run, Run)]


def list_all_runs() -> list[Run | DamagedRun]:
    """Return the runs of this state directory, those with the latest names first."""
    paths = sorted(runs_directory().iterdir(), reverse=True)
    runs = [RunDirectory(path).read() for path in paths]
    return [run for run in runs if isinstance(run, Run) or not _comes_or_goes(Path(run.directory))]


def _comes_or_goes(path: Path) -> bool:
    """Return whether a directory has just been created, or deleted: it has no record."""
    try:
        is_new = time.time() - path.lstat().st_mtime < _CREATED_WITHIN_S
        return is_new and path.is_dir() and not os.path.lexists(path / "meta.json")
    except OSError:
        return not os.path.lexists(path)


def without_secrets(run: Run | DamagedRun) -> Run | DamagedRun:
    """Return a run as it may be shown: without its token, and with its URL's password masked."""
    if isinstance(run, DamagedRun):
        return run
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
