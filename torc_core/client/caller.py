"""What the groups of client methods stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from torc_core.client.transport import Transport

T = TypeVar("T")


class Caller:
    """One method per HTTP verb; everything else is in the transport."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def _get(self, path: str, reply: type[T], params: Mapping[str, object] | None = None) -> T:
        return self.transport.call("GET", path, reply, params=params)

    def _post(
        self,
        path: str,
        reply: type[T],
        body: object = None,
        *,
        params: Mapping[str, object] | None = None,
        timeout_s: float | None = None,
    ) -> T:
        return self.transport.call(
            "POST", path, reply, params=params, body=body, timeout_s=timeout_s
        )

    def _put(self, path: str, reply: type[T], body: object = None) -> T:
        return self.transport.call("PUT", path, reply, body=body)

    def _delete(self, path: str, reply: type[T], params: Mapping[str, object] | None = None) -> T:
        return self.transport.call("DELETE", path, reply, params=params, timeout_s=600)
