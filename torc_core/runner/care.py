"""A caretaker: a runner that claims nothing, and looks after the jobs of a dead one.

It keeps the lease of the jobs, reports how they end, and ends those that are canceled, and all of
them if the workflow is deleted. The next runner of the workflow on this machine takes them over;
otherwise it leaves when they have ended.

Before it is registered as a node its log is that of the guard.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from torc_core.decoders import convert
from torc_core.errors import (
    MachineError,
    NotFoundError,
    ServerError,
    TorcError,
    TransportError,
)
from torc_core.host.files.json_file import read_record
from torc_core.runner.execution import server_client
from torc_core.runner.logs import log, log_error
from torc_core.runner.policy.limits import CARETAKER_S
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.process.abandoned import end_abandoned
from torc_core.runner.process.guard_client import RECORD, GuardRecord
from torc_core.runner.runner import Runner
from torc_core.runner.running import SHORT_GRACE_S
from torc_core.runner.server.node import is_deleted
from torc_core.runner.signals import stopping_on_signals

_RETRY_S = 5.0


def wait_to_retry() -> None:
    """Wait before the next try, when a server or this machine has failed in what may pass."""
    time.sleep(_RETRY_S)


def care(directory: Path, *, pause: Callable[[], None] = wait_to_retry) -> int:
    """Look after the jobs of the guard in a directory, and return the exit code.

    Args:
        directory: The guard's.
        pause: Waits before the next try.
    """
    give_up_at: float | None = None
    failure = ""
    while (guard := read_record(directory / RECORD, GuardRecord)) is not None:
        if give_up_at is None and not guard.process.is_alive():
            give_up_at = time.monotonic() + CARETAKER_S
        if give_up_at is not None and time.monotonic() > give_up_at:
            log.warning("Caretaker leaves; the next runner reports how the jobs have ended")
            break
        try:
            return _run(directory, guard)
        except (TransportError, ServerError, MachineError) as error:
            if error.message != failure:
                failure = error.message
                log.warning("Caretaker cannot begin; it tries again", error=failure)
            pause()
        except TorcError as error:
            log_error(error)
            return error.exit_code
    return 0


def _run(directory: Path, guard: GuardRecord) -> int:
    care, options = guard.care, convert(guard.care.options, RunnerOptions)
    client = server_client(
        care.url, care.token, is_embedded=care.is_embedded, access_file=options.access_file
    )
    runner = Runner(client, options)
    try:
        with stopping_on_signals(runner.stop):
            return runner.run().exit_code
    except NotFoundError as error:
        if not is_deleted(client, guard.workflow_id):
            raise ServerError(error.message) from error
        log.warning("Workflow was deleted; its processes are ended", error=error.message)
        end_abandoned(directory, guard, grace_s=options.grace_s, short_s=SHORT_GRACE_S)
        return error.exit_code
