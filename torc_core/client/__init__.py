"""The client of a torc server: one method per operation of its HTTP interface.

Method names are the reference's operation ids, arguments and answers the structs of
`torc_core.model`. Calls block; run them in threads where that matters. A client may be shared
between threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from torc_core.client.events import EventStream, NumberedEvent
from torc_core.client.jobs import JobCalls
from torc_core.client.records import RecordCalls
from torc_core.client.transport import DEFAULT_URL, Address, Transport
from torc_core.client.workflows import WorkflowCalls
from torc_core.model.page import MAX_LIMIT, Page

__all__ = ["DEFAULT_URL", "Address", "EventStream", "NumberedEvent", "TorcClient", "every_item"]

T = TypeVar("T")


class TorcClient(WorkflowCalls, JobCalls, RecordCalls):
    """A torc server, as seen from here.

    Args:
        base_url: Its address, such as `http://localhost:8080/torc-service/v1`.
        user: User name for Basic authentication.
        password: Password for Basic authentication; without it none is sent.
        token: A bearer token, as embedded servers want one.
        timeout_s: How long one answer may take.
        locate: Asked for the present address when nobody answers; see `Transport`.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        timeout_s: float = 30.0,
        locate: Callable[[], Address] | None = None,
    ) -> None:
        super().__init__(
            Transport(
                Address(base_url, token),
                user=user,
                password=password,
                timeout_s=timeout_s,
                locate=locate,
            )
        )

    @property
    def url(self) -> str:
        """The address in use now."""
        return self.transport.address.url

    @property
    def url_with_token(self) -> str:
        """The same for programs that can be given an address and nothing else."""
        return self.transport.address.with_token

    @property
    def token(self) -> str | None:
        """The bearer token in use now."""
        return self.transport.address.token

    def close(self) -> None:
        """Close the calling thread's connection."""
        self.transport.close()


def every_item(
    fetch: Callable[..., Page[T]], *arguments: object, page_size: int = MAX_LIMIT, **filters: object
) -> Iterator[T]:
    """Yield all items of a list, page after page.

    Args:
        fetch: A listing method of the client.
        *arguments: Its positional arguments.
        page_size: Items per request.
        **filters: Its filters, without offset and limit.
    """
    offset = 0
    while True:
        page = fetch(*arguments, offset=offset, limit=page_size, **filters)
        yield from page.items
        if not page.has_more or not page.items:
            return
        offset += len(page.items)
