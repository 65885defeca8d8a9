"""The parameters that many routes share, with their bounds."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar.params import FromQuery, PathParameter, QueryParameter

from torc_core.model.page import MAX_LIMIT
from torc_core.units import MAX_INTEGER
from torc_server.queries.pages import Paging

Id = Annotated[int, PathParameter(ge=1, le=MAX_INTEGER)]
"""An id in the path."""

QueryId = Annotated[int, QueryParameter(ge=1, le=MAX_INTEGER)]
"""An id in the query."""

OptionalQueryId = Annotated[int | None, QueryParameter(ge=1, le=MAX_INTEGER)]
"""An id in the query that may be missing."""

Count = Annotated[int, QueryParameter(ge=0, le=MAX_INTEGER)]
"""An offset or a limit in the query."""

SortMethod = Literal["none", "gpus_runtime_memory", "gpus_memory_runtime"]
"""How ready jobs are put in order before they are handed out: `packing.SORT_METHODS`."""


def provide_paging(
    offset: Count = 0,
    limit: Count = MAX_LIMIT,
    sort_by: FromQuery[str | None] = None,
    *,
    reverse_sort: FromQuery[bool] = False,
) -> Paging:
    """Return which part of a list the query asks for: the dependency `paging`."""
    return Paging(offset=offset, limit=limit, sort_by=sort_by, reverse_sort=reverse_sort)
