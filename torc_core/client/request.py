"""What an endpoint is: a request as a value, sent by the transport of the client."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from torc_core.client.events import EventStream
from torc_core.client.features import Feature
from torc_core.client.local_lists import filtered_page, matches_of, related_of
from torc_core.errors import UsageError
from torc_core.model.events.event import StreamedEvent
from torc_core.model.ids import JobId, WorkflowId
from torc_core.model.job import Job
from torc_core.model.page import Page
from torc_core.model.wire import stated_fields

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

LONG_S = 600.0
"""How long a reply may take to requests whose work grows with the workflow."""
_INCOMPLETE = "missing field"
"""In how the reference's servers say that a body lacks a field."""


class Request(msgspec.Struct, Generic[T], frozen=True):
    """One request of the HTTP interface."""

    method: str
    path: str
    """Below the base path; values from users are quoted already."""
    reply: type[T]
    """Type of the reply's body."""
    params: Mapping[str, object] | None = None
    """Query parameters; those that are None are left out."""
    body: object = None
    """A struct or JSON value to send."""
    timeout_s: float | None = None
    """How long the reply may take, if that is not what the client allows for every reply."""
    known_by: str | None = None
    """The member of the body by which the server knows a request that it has carried out, and
    repeats its reply. Other changes have a key of their own in the header `Idempotency-Key`."""

    @property
    def is_read_only(self) -> bool:
        """Whether it changes nothing at the server."""
        return self.method in {"GET", "HEAD"}

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again after it may have been carried out, to any server."""
        return self.is_read_only or self.known_by is not None


class Sender(Protocol):
    """Carries requests to a server; the seam for another transport, such as an asynchronous one."""

    def send(self, request: Request[T], /) -> T:
        """Send a request and return its decoded reply."""

    def stream(self, request: Request[StreamedEvent], /) -> EventStream:
        """Send a request whose reply are events."""


class Endpoints:
    """What the groups of endpoints have in common: one method per HTTP verb."""

    def __init__(self, transport: Sender) -> None:
        self._transport = transport

    def _get(self, path: str, reply: type[T], params: Mapping[str, object] | None = None) -> T:
        return self._transport.send(Request("GET", path, reply, params))

    def _list(
        self,
        path: str,
        reply: type[T],
        filters: Mapping[str, Any],
        known: type[Any],
        workflow_id: WorkflowId | None = None,
    ) -> T:
        """Get a page of a list.

        Args:
            path: Path of the list.
            reply: Type of the page.
            filters: Filters and paging, as the caller gave them.
            known: The `TypedDict` that declares them. The server ignores parameters that it does
                not know, so that a misspelt filter would return everything.
            workflow_id: Whose items, where that is a query parameter.

        Raises:
            TypeError: There is no such filter.
        """
        if unknown := filters.keys() - known.__optional_keys__:
            raise TypeError(f"{known.__name__} has no {', '.join(sorted(unknown))}")
        params = filters if workflow_id is None else {"workflow_id": workflow_id, **filters}
        matches, related = matches_of(known, filters), related_of(known, filters)
        if (matches or related) and not self.offers(Feature.LIST_FILTERS):
            page = filtered_page(
                lambda query: cast("Page[Any]", self._get(path, reply, query)),
                params,
                matches,
                {name: self._related_ids(filters[name], field) for name, field in related.items()},
            )
            return cast("T", page)
        return self._get(path, reply, params)

    def _related_ids(self, job_id: JobId, field: str) -> Collection[int]:
        """Return the ids that a field of a job has."""
        return frozenset(getattr(self._get(f"/jobs/{job_id}", Job), field) or ())

    def offers(self, feature: Feature) -> bool:
        """Return whether the server has a feature."""
        raise NotImplementedError

    def refuse_lost(
        self, kind: type[Any], records: Iterable[Any], *, is_update: bool = False
    ) -> None:
        """Refuse records of which the server would lose what has to be kept."""
        raise NotImplementedError

    def _post(
        self,
        path: str,
        reply: type[T],
        body: object = None,
        *,
        params: Mapping[str, object] | None = None,
        timeout_s: float | None = None,
        known_by: str | None = None,
    ) -> T:
        return self._transport.send(Request("POST", path, reply, params, body, timeout_s, known_by))

    def _put(self, path: str, reply: type[T], body: object = None) -> T:
        return self._transport.send(Request("PUT", path, reply, body=body))

    def _update(self, path: str, reply: type[S], patch: msgspec.Struct) -> S:
        """Change the fields of a record that a patch states.

        The reference's server wants a whole record, and takes the fields that have a value.
        """
        try:
            return self._put(path, reply, patch)
        except UsageError as error:
            if _INCOMPLETE not in error.message:
                raise
        self.refuse_lost(reply, [patch], is_update=True)
        stored = self._get(path, reply)
        return self._put(path, reply, msgspec.structs.replace(stored, **dict(stated_fields(patch))))

    def _delete(self, path: str, reply: type[T], params: Mapping[str, object] | None = None) -> T:
        return self._transport.send(Request("DELETE", path, reply, params, timeout_s=LONG_S))
