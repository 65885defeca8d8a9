"""The kernel's messages of a node on which jobs failed: they say what it has killed, and why."""

from __future__ import annotations

import os
import shutil
import subprocess
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


def keep_kernel_messages(path: Path, mode: int) -> None:
    """Write the kernel's messages to a file, or say in the log why that is not possible.

    Args:
        path: The file.
        mode: Its permissions.
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
        path.write_bytes(answer.stdout[-_MOST_BYTES:])
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("Kernel messages are not kept", error=error)
        return
    log.info("Kernel messages kept", path=str(path))
