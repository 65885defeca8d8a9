"""What a job of `map_function_to_jobs` does: call a function, and keep what it returns."""

from __future__ import annotations

import os
import random
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torc_core.api.connection import make_api
from torc_core.api.functions import load
from torc_core.api.json_values import encode
from torc_core.client import every_item
from torc_core.clock import SystemClock
from torc_core.errors import ConflictError, ExitCode, UsageError
from torc_core.model.artifact import UserDataPatch
from torc_core.model.ids import JobId
from torc_core.model.job import Job
from torc_core.runner.logs import log_to_stream
from torc_core.runner.server.patience import Patience

WAIT_S = 20 * 60.0
"""How long a server may be away before a result is given up; runners wait as long by default."""


def call(module: str, directory: Path | None, name: str) -> ExitCode:
    """Call a function with the name of this job and its item of the list."""
    return _call(module, directory, name, _name_and_item)


def collect(module: str, directory: Path | None, name: str) -> ExitCode:
    """Call a function with what the functions of the jobs before returned, in their order."""
    return _call(module, directory, name, lambda _job, inputs: (inputs,))


def _name_and_item(job: Job, inputs: list[Any]) -> Sequence[Any]:
    match inputs:
        case [{"params": item}]:
            return job.name, item
    raise ConflictError(
        f"Job {job.id} reads {len(inputs):,} user data, and not the one with its parameters.",
        hint="Create it with map_function_to_jobs, and add no other user data to it.",
    )


def _call(
    module: str,
    directory: Path | None,
    name: str,
    arguments_of: Callable[[Job, list[Any]], Sequence[Any]],
) -> ExitCode:
    """Call a function and keep its result; one that raises an exception fails the job.

    Raises:
        TorcError: The server does not answer, the function is not there, or its result is no JSON.
    """
    log_to_stream(sys.stderr)
    job_id = _job_id()
    api = make_api()
    ask = Patience(WAIT_S, SystemClock(), jitter=random.random).ask
    job = ask(partial(api.get_job, job_id))
    records = ask(
        lambda: list(every_item(api.list_user_data, job.workflow_id, consumer_job_id=job.id))
    )
    arguments = arguments_of(job, [record.data for record in records])
    function = load(module, name, directory)
    try:
        result = function(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the function's answer
        traceback.print_exception(error)
        return ExitCode.JOBS_FAILED
    patch = UserDataPatch(data=encode(result, f"{name}(…)"))
    for output in job.output_user_data_ids or ():
        ask(partial(api.update_user_data, output, patch))
    return ExitCode.OK


def _job_id() -> JobId:
    text = os.environ.get("TORC_JOB_ID", "")
    if not text.isdecimal():
        raise UsageError(
            "This is a command of jobs that map_function_to_jobs creates; TORC_JOB_ID says which.",
            hint="Run the workflow: torc run WORKFLOW",
        )
    return JobId(int(text))
