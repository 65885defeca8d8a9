"""The kernel's messages of a node on which jobs failed: they say what it has killed, and why."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from torc_core.characters import escape_hidden
from torc_core.host.environment import user_environment
from torc_core.host.files.output_files import create_file
from torc_core.model.status import JobStatus
from torc_core.runner.logs import log
from torc_core.runner.policy.summary import RunSummary

_TIMEOUT_S = 10
_MOST_BYTES = 4 * 2**20
"""Of the end; buffers of the kernel are smaller."""
_TIME = re.compile(rb"^\[(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\]", re.MULTILINE)
"""How `dmesg --ctime` begins a line, in local time."""
_CLOCKS_DIFFER_S = 5.0
"""The kernel's clock is not adjusted as that of the system is."""
_SYSTEM_PATHS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")


def has_failures(summary: RunSummary) -> bool:
    """Return whether the kernel may say more of how jobs of a runner ended.

    Not of those that were only interrupted with their allocation.
    """
    return bool(
        summary.outcomes.get(JobStatus.FAILED)
        or summary.outcomes.get("retried")
        or summary.over_limit
    )


def messages_since(messages: bytes, moment: float) -> bytes:
    """Return what the kernel has said since a moment; what it said before is of other jobs.

    Args:
        messages: What `dmesg --ctime` prints.
        moment: Seconds since 1970.
    """
    for line in _TIME.finditer(messages):
        if _seconds(line[1]) >= moment - _CLOCKS_DIFFER_S:
            return messages[line.start() :]
    return b""


def _seconds(local_time: bytes) -> float:
    try:
        return time.mktime(time.strptime(local_time.decode(), "%a %b %d %H:%M:%S %Y"))
    except (ValueError, OverflowError):
        return 0.0


def keep_kernel_messages(path: Path, mode: int, since: float) -> None:
    """Write the kernel's messages to a file, or say in the log why that is not possible.

    Args:
        path: The file.
        mode: Its permissions.
        since: The first moment of interest, in seconds since 1970.
    """
    environ = user_environment()
    paths = os.pathsep.join([environ.get("PATH", os.defpath), *_SYSTEM_PATHS])
    program = shutil.which("dmesg", path=paths)
    if program is None:
        log.warning("Kernel messages are not kept", error="there is no program dmesg")
        return
    try:
        answer = subprocess.run(
            [program, "--ctime"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env=environ | {"LC_ALL": "C"},
        )
        if answer.returncode != 0:
            said = answer.stderr.decode("utf-8", "replace").strip()
            log.warning("Kernel messages are not kept", error=escape_hidden(said))
            return
        create_file(path, mode)
        path.write_bytes(messages_since(answer.stdout, since)[-_MOST_BYTES:])
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("Kernel messages are not kept", error=error)
        return
    log.info("Kernel messages kept", path=str(path))
