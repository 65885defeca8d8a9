"""Jobs that call a Python function, one for each item of a list."""

from __future__ import annotations

import shlex
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

import msgspec

from torc_core.api.functions import Refusal, directory_of, module_being_imported, program
from torc_core.api.json_values import encode
from torc_core.client import Feature, TorcClient
from torc_core.errors import ExitCode, UsageError
from torc_core.model.artifact import UserData
from torc_core.model.ids import (
    FailureHandlerId,
    JobId,
    RequirementsId,
    SchedulerId,
    UserDataId,
    WorkflowId,
    id_of,
)
from torc_core.model.job import Job
from torc_core.operations.definition.batches import batches, create_in_batches
from torc_core.operations.definition.rollback import undone_on_failure

POSTPROCESS = "postprocess"
"""The name of the job that gets all results, behind the prefix."""


class JobFields(TypedDict, total=False):
    """What else the records of the jobs may hold; see `Job`."""

    failure_handler_id: FailureHandlerId | None
    invocation_script: str | None
    priority: int
    env: dict[str, str] | None
    cancel_on_blocking_job_failure: bool
    supports_termination: bool


def map_function_to_jobs(  # noqa: PLR0913, PLR0917 - the reference's parameters
    api: TorcClient,
    workflow_id: WorkflowId,
    module: str,
    func: str,
    params: Iterable[Any],
    postprocess_func: str | None = None,
    module_directory: str | Path | None = None,
    resource_requirements_id: RequirementsId | None = None,
    scheduler_id: SchedulerId | None = None,
    start_index: int = 1,
    name_prefix: str = "",
    depends_on_job_ids: Sequence[JobId] | None = None,
    *,
    job_names: Sequence[str] | None = None,
    check: bool = True,
    **fields: Unpack[JobFields],
) -> list[Job]:
    """Create jobs that call a function, and return them in the order of `params`.

    Each job calls `func(job_name, item)`. What that returns, as JSON, becomes the user data
    `output_NAME`, where NAME is the job's name. With `postprocess_func` there is one job more:
    once all have completed, it calls that function with the list of what they returned, in the
    same order, and what it returns becomes the user data `postprocess_result`.

    The jobs run with the interpreter that calls this, and look for the module where it is now.

    Args:
        api: The server.
        workflow_id: A workflow that exists.
        module: Name of the module that has the functions.
        func: Name of the function to call.
        params: One item for each job: anything that JSON can hold.
        postprocess_func: Name of the function that gets all results.
        module_directory: Where the module is, if Python does not find it by itself.
        resource_requirements_id: What each of the jobs needs.
        scheduler_id: The scheduler of the jobs.
        start_index: The number in the name of the first job.
        name_prefix: What all names begin with; a second round in one workflow needs one.
        depends_on_job_ids: Jobs that have to complete before any of these starts.
        job_names: Names to use instead of numbers, one for each item.
        check: Import the module in a process of its own, as the jobs will, and see whether the
            functions are there. Turn it off where only the nodes can import it.
        **fields: Further fields of the jobs.

    Raises:
        UsageError: The functions or the items cannot be used; nothing was created.
        TorcError: The server refused something; what was created by then is deleted again.
    """
    if (imported := module_being_imported()) is not None:
        raise UsageError(
            f"The module {imported} creates jobs of {module} when it is imported.",
            hint='Put what builds the workflow below `if __name__ == "__main__":`.',
        )
    items = [encode(item, f"params[{index}]") for index, item in enumerate(params)]
    names = [name_prefix + name for name in _names(len(items), job_names, start_index)]
    directory = directory_of(module, module_directory)
    if check:
        _check(module, directory, func, postprocess_func)
    shared = Job(
        workflow_id=workflow_id,
        name=name_prefix + POSTPROCESS,
        command=shlex.join(program("call", module, directory, func)),
        depends_on_job_ids=list(depends_on_job_ids or ()) or None,
        resource_requirements_id=resource_requirements_id,
        scheduler_id=scheduler_id,
        **fields,
    )
    api.refuse_lost(Job, [shared])
    data = [
        record
        for name, item in zip(names, items, strict=True)
        for record in (
            UserData(workflow_id=workflow_id, name=f"input_{name}", data={"params": item}),
            UserData(workflow_id=workflow_id, name=f"output_{name}"),
        )
    ]
    if postprocess_func is not None:
        data.append(UserData(workflow_id=workflow_id, name=f"{shared.name}_result"))

    def jobs_of(ids: list[UserDataId]) -> Iterator[Job]:
        """Return the jobs, given the ids of all user data."""
        for name, given, result in zip(names, ids[::2], ids[1::2], strict=False):
            yield _with_data(shared, [given], result, name=name)
        if postprocess_func is not None:
            command = shlex.join(program("collect", module, directory, postprocess_func))
            yield _with_data(shared, ids[1:-1:2], ids[-1], command=command, depends_on_job_ids=None)

    return _create(api, data, jobs_of)


def _names(number: int, given: Sequence[str] | None, start_index: int) -> Sequence[str]:
    """Return the names of the jobs that call the function, without their prefix.

    Raises:
        UsageError: There is nothing to call it with, or the given names do not fit.
    """
    if not number:
        raise UsageError("There are no parameters to call the function with: params is empty.")
    if given is None:
        return [str(index) for index in range(start_index, start_index + number)]
    if len(given) != number:
        raise UsageError(f"There are {number:,} items of params, and {len(given):,} job_names.")
    for name, times in Counter(given).items():
        if times > 1:
            raise UsageError(f"job_names has {name!r} {times:,} times.")
    return given


def _check(module: str, directory: Path | None, func: str, postprocess_func: str | None) -> None:
    """Refuse functions that jobs could not call.

    Raises:
        UsageError: The module cannot be imported, or has no such functions.
    """
    collectors = [] if postprocess_func is None else [postprocess_func]
    run = subprocess.run(
        program("check", module, directory, func, *collectors),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if run.returncode == ExitCode.OK:
        return
    try:
        refusal = msgspec.json.decode(run.stdout, type=Refusal)
    except msgspec.DecodeError:  # it did not get so far: a crash, or an exit while it was imported
        lines = run.stderr.strip().splitlines() or [""]
        refusal = Refusal(f"Importing the module {module} ends the program: {lines[-1]}")
    raise UsageError(refusal.message, hint=refusal.hint)


def _with_data(job: Job, inputs: list[UserDataId], output: UserDataId, **fields: Any) -> Job:
    return msgspec.structs.replace(
        job, input_user_data_ids=inputs, output_user_data_ids=[output], **fields
    )


def _create(
    api: TorcClient,
    data: Sequence[UserData],
    jobs_of: Callable[[list[UserDataId]], Iterable[Job]],
) -> list[Job]:
    """Create user data and the jobs that have it; all of it, or nothing."""
    data_ids: list[UserDataId] = []
    jobs: list[Job] = []

    def undo() -> None:
        for job in jobs:
            api.delete_job(id_of(job))
        for data_id in data_ids:
            api.delete_user_data(data_id)

    left = f"Some jobs or user data may be left in workflow {data[0].workflow_id}."
    with undone_on_failure(undo, left):
        has_bulk = api.offers(Feature.BULK_RECORDS)
        for created in create_in_batches(
            data, api.create_user_data, api.create_user_data_list, has_bulk=has_bulk
        ):
            data_ids += map(id_of, created)
        for batch in batches(jobs_of(data_ids)):
            jobs += api.create_jobs(batch)
    return jobs
