"""Plain HTTP, as a stranger would speak it."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

BASE = "/torc-service/v1"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str
    body: Any = field(init=False)

    def __post_init__(self):
        is_json = self.headers.get("content-type", "").startswith("application/json")
        self.body = json.loads(self.text) if is_json and self.text else None

    @property
    def problem(self) -> dict[str, Any]:
        return self.body["error"]


class Http:
    """A new connection per request; query parameters by keyword."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, method, path, /, body=None, headers=None, **query) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=100)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        target = BASE + path + ("?" + urlencode(query) if query else "")
        try:
            connection.request(method, target, data, headers or {})
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, received, answer.read().decode())
        finally:
            connection.close()

    def make_workflow(self, **values) -> int:
        reply = self("POST", "/workflows", {"name": "w", "user": "u"} | values)
        assert reply.status == 200, reply.text
        return reply.body["id"]
