"""Converts rows to wire structs and back: the only place that knows where the two differ.

Most fields have a column of the same name; each `TableMapping` states the exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, Row, Select, Table, bindparam, select
from sqlalchemy.sql import ColumnElement

from torc_core.decoders import convert
from torc_core.model.action import WorkflowAction
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.events.event import Event, Severity, StreamedEvent
from torc_core.model.events.types import EVENT_SEVERITY
from torc_core.model.records.provenance import RoCrateEntity
from torc_core.model.records.slurm import SlurmStats
from torc_core.model.resources import (
    FailureHandler,
    LocalScheduler,
    ResourceRequirements,
    SlurmScheduler,
)
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.wire import stated_fields
from torc_core.model.workflow import DynamicJobs, Workflow
from torc_server.storage import tables
from torc_server.storage.long_work.unfinished import is_kept
from torc_server.storage.statements import Prepared

WireT = TypeVar("WireT", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True)
class TableMapping(Generic[WireT]):
    """How a table corresponds to its wire type."""

    wire: type[WireT]
    table: Table
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Columns whose field has another name, by field."""
    decode: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Functions from the column's value to the field's, by field."""
    encode: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Functions from the field's value to the column's, by field."""
    computed: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    """Expressions of fields without a column; requests cannot set them."""

    @cached_property
    def columns(self) -> Mapping[str, ColumnElement[Any]]:
        """The columns that the wire shows, by field."""
        names = {name: self.renamed.get(name, name) for name in self.wire.__struct_fields__}
        present = self.table.c
        stored = {name: present[own].label(name) for name, own in names.items() if own in present}
        return stored | {name: value.label(name) for name, value in self.computed.items()}

    @cached_property
    def rows(self) -> Select[Any]:
        """A query for rows that `read` understands."""
        return select(*self.columns.values())

    @cached_property
    def _one(self) -> Prepared[Any]:
        columns = self.table.c
        query = self.rows.where(columns.id == bindparam("record_id"))
        of_workflow = columns.id if self.table is tables.workflow else columns.get("workflow_id")
        return Prepared(query if of_workflow is None else query.where(is_kept(of_workflow)))

    def find(self, connection: Connection, record_id: int) -> WireT | None:
        """Return the struct with an id, if there is one."""
        row = self._one.first(connection, record_id=record_id)
        return None if row is None else self.read(row)

    def read(self, row: Row[Any]) -> WireT:
        """Return the struct of a row of `rows`; columns added to the query are ignored."""
        values = dict(zip(self.columns, row, strict=False))
        for name, decode in self.decode.items():
            values[name] = decode(values[name])
        return self.wire(**values)

    def values(self, struct: msgspec.Struct) -> dict[str, Any]:
        """Return the column values that a struct or a patch states: see `stated_fields`."""
        return {
            self.renamed.get(name, name): value
            if value is None
            else self.encode.get(name, _as_is)(value)
            for name, value in stated_fields(struct)
            if name not in self.computed
        }


def _as_is(value: Any) -> Any:
    return value


def _json_text(value: str | dict[str, Any]) -> str:
    """Return JSON as text: older clients send text, newer ones the object itself."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _dynamic_jobs(value: dict[str, Any] | None) -> DynamicJobs | None:
    return None if value is None else convert(value, DynamicJobs)


def _status_number(status: JobStatus) -> int:
    return status.number


class EventMapping(TableMapping[Event]):
    """Events in lists: what the server wrote itself names its type and severity in `data`."""

    @cached_property
    def rows(self) -> Select[Any]:
        """A query that also knows the type and the severity."""
        return super().rows.add_columns(tables.event.c.event_type, tables.event.c.severity)

    def read(self, row: Row[Any]) -> Event:
        """Return the event of a row of `rows`."""
        data = row.data
        if row.event_type in EVENT_SEVERITY and isinstance(data, dict):
            severity = tuple(Severity)[row.severity]
            data = {"event_type": row.event_type, "severity": severity, **data}
        return Event(id=row.id, workflow_id=row.workflow_id, timestamp=row.timestamp, data=data)


WORKFLOW = TableMapping(
    wire=Workflow,
    table=tables.workflow,
    renamed={"metadata": "workflow_metadata", "status_id": "id"},
    decode={"dynamic_jobs": _dynamic_jobs},
    encode=dict.fromkeys(
        ("execution_config", "metadata", "resource_monitor_config", "slurm_defaults"), _json_text
    )
    | {"dynamic_jobs": msgspec.to_builtins},
)
FILE = TableMapping(wire=File, table=tables.file)
USER_DATA = TableMapping(wire=UserData, table=tables.user_data)
RO_CRATE_ENTITY = TableMapping(
    wire=RoCrateEntity, table=tables.ro_crate_entity, renamed={"metadata": "entity_metadata"}
)
RESULT = TableMapping(
    wire=Result,
    table=tables.result,
    decode={"status": JobStatus.from_number},
    encode={"status": _status_number},
    computed={
        "job_name": select(tables.job.c.name)
        .where(tables.job.c.id == tables.result.c.job_id)
        .scalar_subquery()
    },
)
SLURM_STATS = TableMapping(wire=SlurmStats, table=tables.slurm_stats)
RESOURCE_REQUIREMENTS = TableMapping(wire=ResourceRequirements, table=tables.resource_requirements)
FAILURE_HANDLER = TableMapping(wire=FailureHandler, table=tables.failure_handler)
LOCAL_SCHEDULER = TableMapping(wire=LocalScheduler, table=tables.local_scheduler)
SLURM_SCHEDULER = TableMapping(wire=SlurmScheduler, table=tables.slurm_scheduler)
COMPUTE_NODE = TableMapping(
    wire=ComputeNode, table=tables.compute_node, renamed={"suspect_at_ms": "suspect_at"}
)
SCHEDULED_COMPUTE_NODE = TableMapping(
    wire=ScheduledComputeNode, table=tables.scheduled_compute_node
)
WORKFLOW_ACTION = TableMapping(wire=WorkflowAction, table=tables.workflow_action)
EVENT = EventMapping(wire=Event, table=tables.event)
STREAMED_EVENT = TableMapping(
    wire=StreamedEvent,
    table=tables.event,
    decode={"severity": tuple(Severity).__getitem__},
)
