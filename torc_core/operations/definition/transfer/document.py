"""The document of an exported workflow: its version, its sections, what refers to what.

The form is that of the reference's version 1.0: an object with `export_version`, `exported_at`,
`workflow`, and one list for each kind of record, as the server has them, with the ids that they had
there. `compute_nodes` is our own: without it nothing says on which machine a result was obtained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from torc_core.model.action import WorkflowAction
from torc_core.model.artifact import File, UserData
from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job
from torc_core.model.resources import (
    FailureHandler,
    LocalScheduler,
    ResourceRequirements,
    SlurmScheduler,
)
from torc_core.model.result import Result
from torc_core.model.workflow import Workflow

EXPORT_VERSION = "1.0"

_ABSENT = msgspec.Raw()

# JSON that is only handed on stays text: as objects it could take fifty times the memory.


class UserDataRecord(UserData, frozen=True, kw_only=True):
    """User data, as it stands in a document."""

    data: msgspec.Raw = _ABSENT


class JobRecord(Job, frozen=True, kw_only=True):
    """A job, as it stands in a document."""

    schedule_compute_nodes: dict[str, msgspec.Raw] | None = None


class ActionRecord(WorkflowAction, frozen=True, kw_only=True):
    """A workflow action, as it stands in a document."""

    action_config: dict[str, msgspec.Raw]


class ComputeNodeRecord(ComputeNode, frozen=True, kw_only=True):
    """A compute node, as it stands in a document."""

    scheduler: msgspec.Raw = _ABSENT


class Numbered(Protocol):
    """A record of a document."""

    @property
    def id(self) -> int | None:
        """What others refer to it by."""


R = TypeVar("R", bound=Numbered)


class Records(Generic[R]):
    """The records of a section, kept as text and decoded one at a time.

    Objects would take three times the memory.

    Args:
        kind: The type of the records.
    """

    def __init__(self, kind: type[R]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._texts: list[bytes] = []
        self.positions: dict[int, int] = {}
        """Where the record with an id stands."""

    def append(self, text: bytes, record: R) -> None:
        """Add a record that was decoded from this text."""
        if record.id is not None:
            self.positions[record.id] = len(self._texts)
        self._texts.append(text)

    def size_of(self, position: int) -> int:
        """Return how many bytes a record has."""
        return len(self._texts[position])

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, position: int) -> R:
        return self._decoder.decode(self._texts[position])

    def __iter__(self) -> Iterator[R]:
        return map(self._decoder.decode, self._texts)


class Document(msgspec.Struct):
    """An exported workflow that has been read, and that refers to nothing outside of it."""

    workflow: Workflow
    files: Records[File]
    user_data: Records[UserDataRecord]
    resource_requirements: Records[ResourceRequirements]
    slurm_schedulers: Records[SlurmScheduler]
    local_schedulers: Records[LocalScheduler]
    failure_handlers: Records[FailureHandler]
    jobs: Records[JobRecord]
    workflow_actions: Records[ActionRecord]
    results: Records[Result]
    compute_nodes: Records[ComputeNodeRecord]
    dependencies: list[tuple[int, ...]] = []
    """For each job the positions of the jobs that it names."""
    num_events: int = 0
    """They are counted and left out: a server gives events the time at which it gets them, and what
    they say is about jobs and nodes by ids that mean others there."""


SECTIONS: Mapping[str, type[Numbered]] = {
    "files": File,
    "user_data": UserDataRecord,
    "resource_requirements": ResourceRequirements,
    "slurm_schedulers": SlurmScheduler,
    "local_schedulers": LocalScheduler,
    "failure_handlers": FailureHandler,
    "jobs": JobRecord,
    "workflow_actions": ActionRecord,
    "compute_nodes": ComputeNodeRecord,
    "results": Result,
}
"""The lists of a document but for its events, and what is in them."""

LINKS: Mapping[str, Mapping[str, str]] = {
    "jobs": {
        "depends_on_job_ids": "jobs",
        "input_file_ids": "files",
        "output_file_ids": "files",
        "input_user_data_ids": "user_data",
        "output_user_data_ids": "user_data",
        "resource_requirements_id": "resource_requirements",
        "failure_handler_id": "failure_handlers",
    },
    "results": {"job_id": "jobs"},
}
"""By section and field, the section in which a record has to be that the field names. Servers keep
these references whole; ids of schedulers and the jobs of actions may outlive what they name."""


def ids_in(record: Numbered, field: str) -> Sequence[int]:
    """Return the ids that a field of `LINKS` names."""
    value = getattr(record, field)
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
