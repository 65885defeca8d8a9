"""Parameters that many routes share, with their bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg, PathParameter, QueryParameter
from litestar.typing import FieldDefinition

from torc_core.model.ids import (
    ActionId,
    ComputeNodeId,
    EventId,
    GroupId,
    JobId,
    RecoveryId,
    TaskId,
    WorkflowId,
    WorkflowRunId,
)
from torc_core.model.page import MAX_LIMIT
from torc_core.units import MAX_INTEGER
from torc_server.records.pages import Paging

_IN_PATH = PathParameter(ge=1, le=MAX_INTEGER)
_IN_QUERY = QueryParameter(ge=1, le=MAX_INTEGER)

Id = Annotated[int, _IN_PATH]
"""An id of any record in the path."""
WorkflowIdInPath = Annotated[WorkflowId, _IN_PATH]
JobIdInPath = Annotated[JobId, _IN_PATH]
ComputeNodeIdInPath = Annotated[ComputeNodeId, _IN_PATH]
ActionIdInPath = Annotated[ActionId, _IN_PATH]
EventIdInPath = Annotated[EventId, _IN_PATH]
GroupIdInPath = Annotated[GroupId, _IN_PATH]
TaskIdInPath = Annotated[TaskId, _IN_PATH]
RecoveryIdInPath = Annotated[RecoveryId, _IN_PATH]
WorkflowRunIdInPath = Annotated[WorkflowRunId, _IN_PATH]

WorkflowIdInQuery = Annotated[WorkflowId, _IN_QUERY]

OptionalQueryId = Annotated[int | None, _IN_QUERY]
"""An id in the query that may be missing."""

Count = Annotated[int, QueryParameter(ge=0, le=MAX_INTEGER)]
"""An offset or a limit in the query."""

RunId = Annotated[int, PathParameter(ge=0, le=MAX_INTEGER)]
"""A run of the workflow, in the path; 0 before the first."""

Contains = Annotated[
    str | None,
    QueryParameter(
        description="Names of text filters, joined by commas, for which a part of the text is "
        "enough, in either case. The others compare the whole text.",
    ),
]
"""Which text filters of a list look for a part."""

Excludes = Annotated[
    str | None,
    QueryParameter(
        description="Names of filters, joined by commas, of which the list has the items that do "
        "not match, those without a value among them.",
    ),
]
"""Which filters of a list leave out what they match."""

SortName = Literal["none", "gpus_runtime_memory", "gpus_memory_runtime"]
"""The names of `SortMethod`, written out, so that the document gets no schema of that name."""

_Offset = Annotated[
    int, QueryParameter(ge=0, le=MAX_INTEGER, description="How many items to skip.")
]
_Limit = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=MAX_INTEGER,
        description=f"The most items to return; at most {MAX_LIMIT:,}.",
    ),
]


def provide_paging(
    offset: _Offset = 0,
    limit: _Limit = MAX_LIMIT,
    sort_by: Annotated[
        str | None, QueryParameter(description="A field of the items; by default their id.")
    ] = None,
    *,
    reverse_sort: Annotated[bool, QueryParameter(description="Sort in descending order.")] = False,
) -> Paging:
    """Return the page that the query asks for: the dependency `paging`."""
    return Paging(offset=offset, limit=limit, sort_by=sort_by, reverse_sort=reverse_sort)


def provide_part(offset: _Offset = 0, limit: _Limit = MAX_LIMIT) -> Paging:
    """Return the same for a list with a fixed order: the dependency `part`."""
    return Paging(offset=offset, limit=limit)


def parameters_of(handler: HTTPRouteHandler) -> dict[str, FieldDefinition]:
    """Return the parameters of a handler and of what it depends on, by their names in requests."""
    dependencies = handler.resolve_dependencies()
    waiting = list(handler.parsed_fn_signature.parameters.items())
    found = {}
    while waiting:
        name, field = waiting.pop(0)
        if name in dependencies:
            waiting += dependencies[name].parsed_fn_signature.parameters.items()
        elif isinstance(field.kwarg_definition, ParameterKwarg):
            found[field.kwarg_definition.name or name] = field
    return found
