"""Ids of stored records, one type for each kind, so that they cannot be mixed up.

At run time they are integers. They are made where text or JSON comes in: by msgspec for fields
that have these types, and by calling the type for parameters of paths and of command lines.
"""

from __future__ import annotations

from typing import NewType, Protocol, TypeVar

from torc_core.errors import ProtocolError

WorkflowId = NewType("WorkflowId", int)
JobId = NewType("JobId", int)
FileId = NewType("FileId", int)
UserDataId = NewType("UserDataId", int)
RequirementsId = NewType("RequirementsId", int)
ComputeNodeId = NewType("ComputeNodeId", int)
SchedulerId = NewType("SchedulerId", int)
"""The id of a scheduler's settings; a scheduler's own numbers are plain integers."""
AllocationId = NewType("AllocationId", int)
FailureHandlerId = NewType("FailureHandlerId", int)
ActionId = NewType("ActionId", int)
ResultId = NewType("ResultId", int)
EventId = NewType("EventId", int)
GroupId = NewType("GroupId", int)
JobGroupId = NewType("JobGroupId", int)
TaskId = NewType("TaskId", int)
RecoveryId = NewType("RecoveryId", int)
WorkflowRunId = NewType("WorkflowRunId", int)
"""The id of a workflow run's record; the number of a run is a plain integer."""

_Id_co = TypeVar("_Id_co", bound=int, covariant=True)


class Record(Protocol[_Id_co]):
    """What a server numbers when it is created."""

    @property
    def id(self) -> _Id_co | None:
        """None until it is stored."""


def id_of(record: Record[_Id_co]) -> _Id_co:
    """Return the id of a stored record.

    Raises:
        ProtocolError: It has none, although it comes from a server.
    """
    if record.id is None:
        raise ProtocolError(f"The server sent a {type(record).__name__} without an id.")
    return record.id
