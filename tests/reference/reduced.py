"""A real server, reduced to what a server of the reference, version 0.12, knows and says.

Its operations, fields and query parameters are those of the published interface. What it does not
know it treats as that server does: other paths are not found, other fields and parameters are
ignored, and answers hold nothing more. Updates have to be whole records.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

BASE = "/torc-service/v1"
VERSION = "0.12.0 (abc1234)"
_SHAPES = json.loads((Path(__file__).parents[1] / "data" / "reference_shapes.json").read_text())
MODELS: Mapping[str, Any] = _SHAPES["models"]
BEYOND_DOCUMENT = {
    "workflow_action_model": ("trigger_count", "required_triggers", "is_recovery"),
}
"""What its server says beyond its published interface."""
for _name, _fields in BEYOND_DOCUMENT.items():
    MODELS[_name]["fields"] |= dict.fromkeys(_fields)

NOT_CHANGED = {
    "update_workflow": (
        *("compute_node_min_time_for_new_jobs_seconds", "resource_monitor_config"),
        "slurm_defaults",
    ),
    "update_job": ("failure_handler_id", "attempt_id"),
}
"""Fields of which its updates take no notice."""
NOT_CLAIMED = ("invocation_script", "depends_on_job_ids", "input_file_ids", "input_user_data_ids")
"""Fields of jobs that its claims leave out."""
STREAMED = frozenset({
    *("compute_node_started", "compute_node_stopped", "scheduler_node_created", "job_started"),
    *("job_completed", "job_failed", "job_canceled", "job_terminated", "job_pending_failed"),
    *("workflow_started", "workflow_reinitialized"),
})  # fmt: skip
"""The events that its stream has."""
MAX_LIMIT = 10_000
UNBLOCKING_S = 0.7
"""How long after a completion the jobs that depend on it cannot be claimed yet: a task of its own
looks for them, every few seconds."""


class Operation(NamedTuple):
    name: str
    method: str
    path: str
    query: tuple[str, ...]
    body: str | None
    reply: str | None

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(BASE + re.sub(r"\{\w+\}", "[^/]+", self.path))


OPERATIONS = (
    *(Operation(*each) for each in _SHAPES["operations"]),
    Operation("stream_events", "GET", "/workflows/{id}/events/stream", ("level",), None, None),
)
_UNDOCUMENTED_QUERY = {"retry_job": ("max_retries",)}
_PATTERNS = [(each.pattern, each) for each in OPERATIONS]


class RefusedError(Exception):
    """The answer to a request that this server refuses itself."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Reduced:
    """The application, seen through the reference's interface.

    Args:
        app: The real application.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._completed_at = -UNBLOCKING_S

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            operation = find_operation(scope["method"], scope["path"])
            query = reduce_query(operation, scope["query_string"].decode())
            body = reduce_body(operation, await _read(receive))
        except RefusedError as refused:
            await _answer(send, refused.status, refused.text)
            return
        if operation.name == "get_version":
            await _answer(send, 200, json.dumps(VERSION))
            return
        if operation.name == "complete_job":
            self._completed_at = time.monotonic()
        is_early = time.monotonic() < self._completed_at + UNBLOCKING_S
        if is_early and operation.name in {"claim_jobs_based_on_resources", "claim_next_jobs"}:
            await _answer(send, 200, json.dumps({"jobs": []}))
            return
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name not in {b"idempotency-key", b"content-length"}
        ]
        headers.append((b"content-length", str(len(body)).encode()))
        inner = {**scope, "query_string": query.encode(), "headers": headers}
        if operation.name == "stream_events":
            await self._app(inner, _once(body, receive), _stream(send))
            return
        replies: list[Any] = []

        async def keep(message: Any) -> None:
            replies.append(message)

        await self._app(inner, _once(body, receive), keep)
        await _forward(operation, replies, send)


def find_operation(method: str, path: str) -> Operation:
    """Return the operation of a request."""
    at_path = [each for pattern, each in _PATTERNS if pattern.fullmatch(path)]
    if not at_path:
        raise RefusedError(404)
    found = [each for each in at_path if each.method == method]
    if not found:
        raise RefusedError(405)
    return found[0]


def reduce_query(operation: Operation, query: str) -> str:
    """Return the parameters that the operation knows."""
    known = (*operation.query, *_UNDOCUMENTED_QUERY.get(operation.name, ()))
    given = [(name, value) for name, value in parse_qsl(query) if name in known]
    values = dict(given)
    if operation.name == "retry_job" and "max_retries" not in values:
        raise RefusedError(400, "Missing required query parameter max_retries")
    if int(values.get("limit", 0)) > MAX_LIMIT:
        raise RefusedError(500, "An internal error occurred")
    if operation.name == "list_jobs" and "," in values.get("status", ""):
        raise RefusedError(400, "Couldn't parse query parameter status - doesn't match schema")
    return urlencode(given)


def reduce_body(operation: Operation, content: bytes) -> bytes:
    """Return the fields of a body that the operation knows; all that it needs have to be there."""
    if operation.body is None or not content:
        return content
    value = json.loads(content)
    _require(operation.body, value)
    known = _only_known(operation.body, value)
    for name in NOT_CHANGED.get(operation.name, ()):
        known.pop(name, None)
    return json.dumps(known).encode()


def _require(model: str, value: Any) -> None:
    if isinstance(value, list):
        for each in value:
            _require(model, each)
    if not isinstance(value, dict):
        return
    for name in MODELS[model]["fields"]:
        if name in MODELS[model]["required"] and value.get(name) is None:
            raise RefusedError(
                400, f"missing field `{name}` at line 1 column {len(json.dumps(value))}"
            )
    for name, inner in MODELS[model]["fields"].items():
        if inner:
            _require(inner, value.get(name))


def _only_known(model: str | None, value: Any) -> Any:
    if model is None:
        return value
    if isinstance(value, list):
        return [_only_known(model, each) for each in value]
    if not isinstance(value, dict):
        return value
    fields = MODELS[model]["fields"]
    return {name: _only_known(fields[name], each) for name, each in value.items() if name in fields}


def reduce_reply(operation: Operation, value: Any) -> Any:
    """Return what this server says of an answer."""
    if operation.name == "claim_action":
        return {"claimed": value.get("claimed"), "action_id": value.get("action_id")}
    known = _only_known(operation.reply, value)
    if operation.name.startswith("claim_"):
        for job in known.get("jobs") or ():
            for name in NOT_CLAIMED:
                job.pop(name, None)
    return known


async def _forward(operation: Operation, replies: list[Any], send: Any) -> None:
    start, *rest = replies
    content = b"".join(each.get("body", b"") for each in rest)
    headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
    if content:
        value = json.loads(content)
        if start["status"] < 400:
            value = reduce_reply(operation, value)
        else:
            value = {"error": {"message": value["error"]["message"]}}
        content = json.dumps(value).encode()
    headers.append((b"content-length", str(len(content)).encode()))
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _answer(send: Any, status: int, text: str) -> None:
    content = text.encode()
    kind = b"application/json" if status == 200 else b"text/plain"
    headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _read(receive: Any) -> bytes:
    content, has_more = b"", True
    while has_more:
        message = await receive()
        content += message.get("body", b"")
        has_more = message.get("more_body", False)
    return content


def _once(body: bytes, receive: Any) -> Callable[[], Any]:
    """Return what gives the application this body, and then what comes."""
    given: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def take() -> Any:
        return given.pop() if given else await receive()

    return take


def _stream(send: Any) -> Callable[[Any], Any]:
    """Return what sends frames of events without ids and comments, and errors as they are."""
    is_stream = False

    async def forward(message: Any) -> None:
        nonlocal is_stream
        if message["type"] == "http.response.start":
            is_stream = message["status"] < 400
        elif is_stream:
            frames = message.get("body", b"").decode().split("\n\n")
            message = {**message, "body": "".join(map(_frame, frames)).encode()}
        await send(message)

    return forward


def _frame(frame: str) -> str:
    lines = [line for line in frame.splitlines() if line.startswith(("event:", "data:"))]
    kind = next((line[6:].strip() for line in lines if line.startswith("event:")), "")
    return "\n".join(lines) + "\n\n" if kind in STREAMED else ""
