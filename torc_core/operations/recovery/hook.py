"""The hook of a recovery: a command that repairs what torc cannot, before jobs run again.

It runs on this machine as the user who recovers the workflow. So the program has to be that user's
or root's, and it runs for another user's workflow only with --trust.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from torc_core.characters import escape_hidden
from torc_core.client import Feature, TorcClient
from torc_core.errors import AccessError, MachineError, UsageError
from torc_core.host.environment import user_environment
from torc_core.host.process import detach
from torc_core.masking import mask
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.reporter import PlainNotice
from torc_core.runner.server.node import url_for_jobs

MOST_LINES = 1_000
"""Of its output; the rest is read and dropped."""
_MOST_LINE = 500
"""Characters of a line that are kept."""
_GRACE_S = 5.0
_INTERPRETERS = ("bash", "sh", "dash", "zsh", "ksh", "python", "perl", "ruby", "node", "Rscript")
"""Programs whose first argument is what they execute; python3.11 is one too."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """A command that may be run."""

    command: str
    """As it was given."""
    arguments: tuple[str, ...]
    """The program, with its path, and its arguments without the id of the workflow."""


def check_hook(command: str, workflow: Workflow, *, user: str, trust: bool) -> Hook:
    """Return the hook if it can be run, and may.

    Args:
        command: A program and its arguments, quoted as for a shell; no shell reads them.
        workflow: What is recovered.
        user: Who recovers it.
        trust: Run it even for the workflow of another user.

    Raises:
        UsageError: It is not a command.
        AccessError: The workflow, the program or its script is another user's.
        MachineError: There is no such program or script, or it is not executable.
    """
    if workflow.user != user and not trust:
        raise AccessError(
            f"Workflow {workflow.id} ({workflow.name}) belongs to {workflow.user}: no recovery "
            f"hook runs for it in the name of {user}.",
            hint="What the hook reads from it was written by others. To run it anyway, add "
            "--trust.",
        )
    words = _split(command)
    path = user_environment().get("PATH", os.defpath)
    program = shutil.which(words[0], path=path) or _missing(words[0], command)
    _check_owner(Path(program), command)
    script = _script_of(program, words[1:])
    if script is not None:
        if not script.is_file():
            raise MachineError(
                f"The recovery hook {command!r} cannot be run: there is no file {script}.",
                hint="A relative path is below the current directory.",
            )
        _check_owner(script, command)
    return Hook(command=command, arguments=(program, *words[1:]))


def run_hook(
    hook: Hook, client: TorcClient, workflow: Workflow, on_line: Callable[[PlainNotice], None]
) -> None:
    """Run a hook to its end.

    Args:
        hook: The hook.
        client: The server; commands of torc in the hook ask the same one.
        workflow: What is recovered; the hook gets its id as the last argument, and as
            TORC_WORKFLOW_ID.
        on_line: Is called with each line of its output, from this thread.

    Raises:
        MachineError: It could not be started, or failed.
    """
    try:
        process = subprocess.Popen(
            [*hook.arguments, str(id_of(workflow))],
            env=_environment(client, workflow),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that all of it can be ended
        )
    except OSError as error:
        raise MachineError(
            f"The recovery hook {hook.command!r} cannot be run: {error.strerror}.",
            hint="Does it begin with a line such as #!/bin/bash? Or name its interpreter: "
            "'bash FILE'.",
        ) from error
    try:
        for line in _lines_of(process):
            on_line(PlainNotice(f"  {line}"))
        exit_code = process.wait()
    except BaseException:
        _end(process)
        raise
    if exit_code:
        how = f"exit code {exit_code}" if exit_code > 0 else f"signal {-exit_code}"
        raise MachineError(
            f"The recovery hook {hook.command!r} failed with {how}, so nothing was reset.",
            hint="Correct it, or repair the workflow by hand, and recover again.",
            exit_code=exit_code,
        )


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(
            f"The recovery hook {command!r} is not a command: {error}.",
            hint="Quote it as for a shell: --recovery-hook 'bash fix.sh'",
        ) from error
    if not words or "\0" in command:
        raise UsageError(
            "The recovery hook is not a command.",
            hint="Name a program and its arguments: --recovery-hook 'bash fix.sh'",
        )
    return words


def _missing(program: str, command: str) -> str:
    """Say why a program cannot be executed."""
    if "/" in program and Path(program).is_file():
        raise MachineError(
            f"The recovery hook {command!r} cannot be run: {program} is not executable.",
            hint=f"Make it so: chmod +x {shlex.quote(program)}",
        )
    where, hint = " on PATH", "A script of the current directory is named like ./fix.sh."
    if "/" in program:
        where, hint = "", "A relative path is below the current directory."
    raise MachineError(
        f"The recovery hook {command!r} cannot be run: there is no program {program}{where}.",
        hint=hint,
    )


def _script_of(program: str, arguments: list[str]) -> Path | None:
    """Return the file that an interpreter executes; None for other programs, and for `-c`."""
    name = Path(program).name.rstrip("0123456789.")
    if name not in _INTERPRETERS or not arguments or arguments[0].startswith("-"):
        return None
    return Path(arguments[0])


def _check_owner(path: Path, command: str) -> None:
    """Refuse a program that others may have written."""
    found = path.stat()
    why = decide_distrust(found.st_uid, found.st_mode, os.getuid())
    if why is not None:
        raise AccessError(
            f"The recovery hook {command!r} is not run: {path} {why}.",
            hint="Copy it to a file of your own, look at it, and name that.",
        )


def decide_distrust(owner: int, mode: int, user: int) -> str | None:
    """Return why others may have written a program; None if they cannot have. Pure.

    Args:
        owner: Whose file it is.
        mode: Who may write it.
        user: Who is to run it.
    """
    if owner not in {user, 0}:
        return "belongs to another user"
    return "can be written by everyone" if mode & stat.S_IWOTH else None


def _environment(client: TorcClient, workflow: Workflow) -> dict[str, str]:
    environment = user_environment()
    scripts = sysconfig.get_path("scripts")
    path = environment.get("PATH", os.defpath)
    if scripts not in path.split(":"):
        environment["PATH"] = f"{path}:{scripts}"
    environment["TORC_WORKFLOW_ID"] = str(id_of(workflow))
    environment["TORC_API_URL"] = url_for_jobs(
        client, with_token=client.offers(Feature.TOKEN_IN_PATH)
    )
    for name, value in (("TORC_TOKEN", client.token), ("TORC_PASSWORD", client.password)):
        if value is not None:
            environment[name] = value
    return environment


def _lines_of(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield the lines of its output until it ends, though what it left running may go on."""
    assert process.stdout is not None
    lines: list[str] = []
    has_news = threading.Condition()

    def read(stream: BinaryIO) -> None:
        number = 0
        with contextlib.suppress(OSError, ValueError), stream:
            for raw in iter(lambda: stream.readline(2**16), b""):
                number += 1
                with has_news:
                    if number <= MOST_LINES:
                        lines.append(_shown(raw))
                    has_news.notify()

    thread = threading.Thread(target=read, args=(process.stdout,), name="hook", daemon=True)
    thread.start()
    is_over = False
    while not is_over:
        is_over = process.poll() is not None
        if is_over:
            thread.join(1.0)  # what it printed last
        with has_news:
            if not lines and not is_over:
                has_news.wait(0.1)
            news, lines[:] = list(lines), []
        yield from news


def _shown(raw: bytes) -> str:
    text = raw.decode("utf-8", "backslashreplace").rstrip()
    return escape_hidden(mask(text[:_MOST_LINE].replace("\t", "    ")))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what a hook has started, as it is not waited for any more."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    except (ProcessLookupError, PermissionError):  # it is over, or has become another user's
        detach(process)
