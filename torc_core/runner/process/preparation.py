"""What has to be right before a process is started: its directories, and the size of its command.

A command that is longer than an argument may be is handed over as a file beside the logs. Jobs may
delete directories, also the one of the logs, or the one in which they all start.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from torc_core.errors import MachineError
from torc_core.host.files.output_files import make_directory, reason_at
from torc_core.model.exchange import ClaimedJob
from torc_core.runner.logs import log, restore_log_files
from torc_core.runner.policy.commands.argument_size import SizeLimits, explain_excess
from torc_core.runner.policy.commands.command_line import command_line
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure

_WIDEST = 4
"""Bytes of a character in UTF-8; quoting makes five of one that takes one."""


def ensure_log_directory(path: str, mode: int) -> None:
    """Make the directory of logs again if it has vanished.

    Args:
        path: The directory.
        mode: The permissions of the files in it.

    Raises:
        SpawnError: It cannot be made, or no file in it.
    """
    if os.path.isdir(path):  # noqa: PTH112 - for every job
        if os.access(path, os.W_OK | os.X_OK):
            return
        raise SpawnError(
            f"The log directory {path} cannot be written.",
            hint="Check its permissions, and whether its file system is mounted read-only.",
            cause=SpawnFailure.MACHINE,
        )
    try:
        make_directory(Path(path), mode)
    except OSError as error:
        raise SpawnError(
            f"The log directory {path} has vanished and cannot be created again: "
            f"{reason_at(error, Path(path))}.",
            hint="The output directory must exist, and be writable, while jobs run.",
            cause=SpawnFailure.MACHINE,
        ) from error
    restore_log_files()
    log.warning("Log directory had vanished; it was created again", path=path)


def working_directory() -> str:
    """Return where all processes start.

    Raises:
        MachineError: It was deleted.
    """
    try:
        return os.getcwd()  # noqa: PTH109 - as below
    except OSError as error:
        raise MachineError(
            f"The working directory of the runner has vanished: {error.strerror}.",
            hint="Start the run again from a directory that exists.",
        ) from error


def ensure_working_directory(path: str) -> bool:
    """Be in the working directory; enter it again if another one has taken the place of the old.

    Returns:
        Whether it was entered again.

    Raises:
        SpawnError: There is none any more.
    """
    try:
        os.getcwd()  # noqa: PTH109 - for every job
    except OSError:
        try:
            os.chdir(path)
        except OSError as error:
            raise SpawnError(
                f"The working directory {path} has vanished: {error.strerror}.",
                hint="Jobs start in it: create it, then start the run again.",
                cause=SpawnFailure.MACHINE,
            ) from error
        log.warning("Working directory had vanished; the one of that name is used", path=path)
        return True
    return False


def job_command(script: str | None, command: str, *, file: str, mode: int) -> str:
    """Return what bash is given to run for a job; what is too long for that goes into a file.

    Bash does the same then. Only in messages about the syntax, `eval` takes the place of `-c`.

    Args:
        script: The job's invocation script.
        command: The job's command.
        file: The path of that file.
        mode: Its permissions.

    Raises:
        SpawnError: The file cannot be written.
    """
    whole = command_line(script, command)
    if not _is_long(whole):
        return whole
    if script:
        # What takes the command apart again is not given more than it can take either. It need
        # not be bash: only bash has `$(<FILE)`.
        whole_with_file = command_line(script, f'eval "$(cat {shlex.quote(file)})"')
        if not _is_long(whole_with_file):
            _write(file, command, mode)
            return whole_with_file
    _write(file, whole, mode)
    return f'eval "$(<{shlex.quote(file)})"'


def _is_long(command: str) -> bool:
    """Return whether a command is longer than an argument may be."""
    if len(command) * _WIDEST < size_limits().one or "\0" in command:
        return False
    try:
        return len(os.fsencode(command)) >= size_limits().one
    except UnicodeEncodeError:  # starting it fails, and says why
        return False


def _write(file: str, command: str, mode: int) -> None:
    try:
        discard_file(file)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as output:
            output.write(os.fsencode(command))
    except OSError as error:
        raise SpawnError(
            f"The command is {len(command):,} characters long, so it needs a file, {file}, "
            f"which cannot be written: {error.strerror}.",
            hint="Look at the disk and the permissions of the output directory.",
            cause=SpawnFailure.MACHINE,
        ) from error


def may_have_file(claimed: ClaimedJob) -> bool:
    """Return whether the command of a job, or of its recovery, may have needed a file."""
    job = claimed.job
    texts = [job.command, job.invocation_script or ""]
    texts += [rule.recovery_script or "" for rule in claimed.failure_rules or ()]
    return 2 * _WIDEST * sum(map(len, texts)) >= size_limits().one


def discard_file(file: str) -> None:
    """Delete the file of a command, if there is one."""
    with contextlib.suppress(OSError):
        os.unlink(file)  # noqa: PTH108


def check_size(command: str, environment: Mapping[str, str]) -> None:
    """Refuse variables that no process can have beside its command.

    Raises:
        SpawnError: The message names the variable that takes most.
    """
    limits = size_limits()
    # All together are mostly smaller than one may be.
    size = len(command) + sum(map(len, environment.values()))
    if _WIDEST * size < limits.one // 2:
        return
    try:
        encoded = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        excess = explain_excess(len(os.fsencode(command)), encoded, limits)
    except UnicodeEncodeError:  # starting it fails, and says why
        return
    if excess is not None:
        raise SpawnError(
            f"The process cannot be started: {excess}",
            hint="Put large values into a file, and its name into the variable.",
            cause=SpawnFailure.COMMAND,
        )


@cache
def size_limits() -> SizeLimits:
    """Return what this system takes, which is fixed when a program starts."""
    stack, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return SizeLimits.of(
        os.sysconf("SC_PAGE_SIZE"), None if stack == resource.RLIM_INFINITY else stack
    )
