"""Fields of records that only some servers keep: the other half of the table of features.

A server of the reference ignores fields that it does not know, and creates the record without them.
So they are looked for before anything is created or changed. What the results of jobs depend on is
refused: a workflow that runs to its end with other results than its file says is worse than none.
What only tunes a run is a warning, as the results are the same; a change of it alone is refused, as
it would change nothing. What torc states by itself is not mentioned: no user could leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

from msgspec import UNSET

from torc_core.errors import UnsupportedError
from torc_core.model.compute import ComputeNode, ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_core.units import counted

NAMES_SHOWN = 3
_LATER = (0, 35)
"""The version of the reference by which the fields that it has gained were there."""
_VERSION = re.compile(r"(\d+)\.(\d+)")


class Loss(Enum):
    """What follows where a field is lost."""

    REFUSED = auto()
    WARNED = auto()
    SILENT = auto()


class Field(NamedTuple):
    """A field of a record, as those miss it who use a server that does not keep it."""

    record: type[Any]
    name: str
    loss: Loss
    sentence: str
    """What follows."""
    instead: str = ""
    """What to do about it."""
    since: tuple[int, int] | None = None
    """The version from which servers of the reference keep it."""
    is_created: bool = False
    """They keep it in a new record, and do not change it."""

    @property
    def owner(self) -> str:
        """What has the field, in words."""
        return re.sub("(?<!^)(?=[A-Z])", " ", self.record.__name__).lower()


_ENV = "Set the variables in the commands instead: env NAME=value COMMAND."
_CREATE = "Create the workflow again, with the new value."

FIELDS = (
    Field(Workflow, "env", Loss.REFUSED, "its jobs lack these variables", _ENV, _LATER),
    Field(Job, "env", Loss.REFUSED, "the commands lack these variables", _ENV, _LATER),
    Field(
        Workflow,
        "execution_config",
        Loss.REFUSED,
        "limits, signals, exit codes and the output that is kept, also of single jobs, are the "
        "runner's defaults",
        "Leave out execution_config and stdio; limits are an option: torc run --limit-resources.",
        _LATER,
    ),
    Field(
        Workflow,
        "access_groups",
        Loss.REFUSED,
        "it is shared with no group",
        "Share it once it is created.",
        _LATER,
    ),
    Field(Workflow, "dynamic_jobs", Loss.WARNED, "no job can add jobs there", "", _LATER),
    Field(Workflow, "enable_ro_crate", Loss.WARNED, "no provenance is recorded", "", _LATER),
    Field(Job, "priority", Loss.WARNED, "the order of claims is the server's own", "", _LATER),
    Field(
        Job,
        "on_lost",
        Loss.WARNED,
        "a job that is lost with its node stays as it is until `torc workflows sync-status` ends "
        "it, and is not run again",
    ),
    Field(
        Job,
        "schedule_compute_nodes",
        Loss.SILENT,
        "nothing: torc only stores it, for other clients",
    ),
    Field(
        Workflow,
        "submission_directory",
        Loss.SILENT,
        "jobs have no TORC_WORKFLOW_SUBMISSION_DIR, and logs are looked for in `output` only",
        "",
        _LATER,
    ),
    Field(
        ScheduledComputeNode,
        "request_key",
        Loss.SILENT,
        "the comment of the Slurm job says which request a record is of",
    ),
    Field(
        ScheduledComputeNode,
        "slurm_cluster",
        Loss.SILENT,
        "allocations are those of the cluster that commands ask by default",
    ),
    *(
        Field(ComputeNode, name, Loss.SILENT, "the use of a node is not recorded", "", _LATER)
        for name in (
            *("peak_cpu_percent", "avg_cpu_percent", "peak_memory_bytes", "avg_memory_bytes"),
            "sample_count",
        )
    ),
    *(
        Field(Workflow, name, Loss.REFUSED, "it stays as it was", _CREATE, _LATER, is_created=True)
        for name in (
            "compute_node_min_time_for_new_jobs_seconds",
            "resource_monitor_config",
            "slurm_defaults",
        )
    ),
)


class Lost(NamedTuple):
    """A field that a server will not keep, and the records that state it."""

    field: Field
    names: Sequence[str]

    @property
    def sentence(self) -> str:
        """What is lost, and what follows, after "does not keep"."""
        return f"{self.field.name} of {self._owners}: {self.field.sentence}"

    @property
    def _owners(self) -> str:
        if self.field.record is not Job or not self.names:
            return f"the {self.field.owner}"
        if len(self.names) == 1:
            return f"job {self.names[0]}"
        more = len(self.names) - NAMES_SHOWN
        shown = ", ".join(self.names[:NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
        return f"{counted(len(self.names), 'job')} ({shown})"


def stated_fields_beyond(
    kind: type[Any], records: Iterable[Any], *, is_update: bool = False
) -> list[Lost]:
    """Return which fields that some servers do not keep are stated in records.

    Args:
        kind: The type of record that they are, or become, or whose fields they change.
        records: The records, or what has fields of the same names.
        is_update: They are changes.
    """
    mentioned = [
        field
        for field in FIELDS
        if field.record is kind
        and field.loss is not Loss.SILENT
        and (is_update or not field.is_created)
    ]
    names: dict[Field, list[str]] = {}
    for record in records:
        for field in mentioned:
            if _says_something(field, getattr(record, field.name, None)):
                names.setdefault(field, []).extend([record.name] if record.name else ())
    return [Lost(field, names[field]) for field in mentioned if field in names]


def _says_something(field: Field, value: object) -> bool:
    """Return whether a value would be missed: nothing is lost of one that is empty.

    But an empty one changes what was created with another.
    """
    return bool(value) or (field.is_created and value is not None and value is not UNSET)


def is_kept(field: Field, version: str) -> bool:
    """Return whether a server of the reference, of this version, keeps a field."""
    found = _VERSION.match(version)
    return bool(found and field.since and (int(found[1]), int(found[2])) >= field.since)


def not_kept(lost: Sequence[Lost], url: str, version: str) -> UnsupportedError:
    """Return the error for fields that a server would not keep.

    Args:
        lost: At least one.
        url: The server.
        version: Its version.
    """
    sentences = "; ".join(each.sentence for each in lost)
    hints = dict.fromkeys(each.field.instead for each in lost if each.field.instead)
    return UnsupportedError(
        f"The server at {url}, version {version}, does not keep {sentences}.",
        hint=" ".join([*hints, "All fields are kept by a server of torc's own: torc-server run"]),
        fields=[f"{each.field.owner}.{each.field.name}" for each in lost],
    )
