"""Records of a document with the ids that they get on another server.

Pure: each function takes a record and what its references become, and returns the record to create.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from torc_core.model.action import WorkflowAction
from torc_core.model.compute import SchedulerType
from torc_core.model.ids import ComputeNodeId, JobId, SchedulerId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.operations.definition.transfer.document import LINKS, ActionRecord, JobRecord

Record = TypeVar("Record", bound=msgspec.Struct)

_LINKS_OF_JOBS = {
    field: target for field, target in LINKS["jobs"].items() if field != "depends_on_job_ids"
}
_SCHEDULER_ID = "scheduler_id"
_OF_USER_DATA = re.compile(
    r"(\buser-data\s+(?:get|update|delete)\s+"
    r"|(?:/torc-service/v1|\bTORC_API_URL\}?)/user_data/)([0-9]{1,19})(?![\w.])"
)
"""Where a number can only be the id of user data: `torc user-data get 12`, and in addresses of the
server, unlike in a path such as `user_data/12.csv`."""
_NUMBER = re.compile(r"(?<![\w.])[0-9]{1,19}(?![\w.])")


_OF_TYPE: Mapping[str | None, tuple[str, ...]] = {
    SchedulerType.SLURM: ("slurm_schedulers",),
    SchedulerType.LOCAL: ("local_schedulers",),
}


def scheduler_sections(kind: str | None) -> tuple[str, ...]:
    """Return the sections that may have a scheduler of a type, the likelier one first.

    Both have ids of their own. Where the type is not said, one of Slurm is most often meant.
    """
    return _OF_TYPE.get(kind, ("slurm_schedulers", "local_schedulers"))


class NewIds(msgspec.Struct):
    """What the ids of a document become, by section."""

    workflow_id: WorkflowId
    of: dict[str, dict[int, int]] = {}

    def scheduler(self, key: int, kind: str | None = None) -> SchedulerId | None:
        """Return the id of a scheduler, None if the document has none of that id.

        Args:
            key: Its id in the document.
            kind: Its type, see `scheduler_sections`.
        """
        found = (self.of[section].get(key) for section in scheduler_sections(kind))
        new = next((each for each in found if each is not None), None)
        return None if new is None else SchedulerId(new)


def plain(record: Record, new_ids: NewIds) -> Record:
    """Return a record that refers to nothing but its workflow."""
    return msgspec.structs.replace(record, id=None, workflow_id=new_ids.workflow_id)


def job(record: JobRecord, depends_on: list[JobId], new_ids: NewIds) -> Job:
    """Return a job as it was before it first ran.

    Args:
        record: The job in the document.
        depends_on: The jobs that it depends on, those of the same request included.
        new_ids: All else that it may name.
    """
    changed: dict[str, Any] = {}
    for field, target in _LINKS_OF_JOBS.items():
        if (value := getattr(record, field)) is not None:
            new = new_ids.of[target]
            changed[field] = new[value] if isinstance(value, int) else [new[key] for key in value]
    changed["depends_on_job_ids"] = depends_on or None
    if record.scheduler_id is not None:
        changed[_SCHEDULER_ID] = new_ids.scheduler(record.scheduler_id)
    if record.schedule_compute_nodes is not None:
        changed["schedule_compute_nodes"] = _configuration(record.schedule_compute_nodes, new_ids)
    data_ids = new_ids.of["user_data"]
    for field in ("command", "invocation_script"):
        if text := getattr(record, field):
            changed[field] = _with_new_data(text, data_ids)
    return msgspec.structs.replace(
        plain(record, new_ids),
        status=None,
        attempt_id=1,
        origin=None,
        start_time=None,
        compute_node_id=None,
        **changed,
    )


def action(record: ActionRecord, new_ids: NewIds) -> WorkflowAction:
    """Return an action as it was before it was first executed."""
    job_ids = new_ids.of["jobs"]
    return msgspec.structs.replace(
        plain(record, new_ids),
        action_config=_configuration(record.action_config, new_ids),
        job_ids=None
        if record.job_ids is None
        else [JobId(job_ids[key]) for key in record.job_ids if key in job_ids],
        trigger_count=0,
        required_triggers=1,
        executed=False,
        executed_at=None,
        executed_by=None,
    )


def result(record: Result, node_id: int, new_ids: NewIds) -> Result:
    """Return a result that was obtained on a node."""
    return msgspec.structs.replace(
        plain(record, new_ids),
        job_id=JobId(new_ids.of["jobs"][record.job_id]),
        job_name=None,
        compute_node_id=ComputeNodeId(node_id),
    )


def scheduler_of(configuration: Mapping[str, msgspec.Raw]) -> tuple[int | None, str | None]:
    """Return the id and the type of the scheduler that a configuration names."""
    return (
        _decoded(configuration.get(_SCHEDULER_ID), int),
        _decoded(configuration.get("scheduler_type"), str),
    )


def unclear_numbers(record: JobRecord) -> Iterator[int]:
    """Yield ids of a job's user data that its command may name in a way that is not recognized."""
    linked = {*(record.input_user_data_ids or ()), *(record.output_user_data_ids or ())}
    if linked:
        text = _OF_USER_DATA.sub("", record.command)
        yield from sorted(linked.intersection(map(int, _NUMBER.findall(text))))


def _configuration(configuration: Mapping[str, msgspec.Raw], new_ids: NewIds) -> dict[str, Any]:
    """Return a configuration with the id of its scheduler, and without if there is none."""
    changed: dict[str, Any] = dict(configuration)
    key, kind = scheduler_of(configuration)
    if key is not None:
        new = new_ids.scheduler(key, kind)
        changed[_SCHEDULER_ID] = new
        if new is None:
            del changed[_SCHEDULER_ID]
    return changed


def _decoded(text: msgspec.Raw | None, kind: type[Any]) -> Any:
    try:
        return None if text is None else msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _with_new_data(text: str, data_ids: Mapping[int, int]) -> str:
    def renamed(match: re.Match[str]) -> str:
        return f"{match[1]}{data_ids.get(int(match[2]), match[2])}"

    return _OF_USER_DATA.sub(renamed, text)
