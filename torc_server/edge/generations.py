"""Responses that a client generation needs in another form.

Every client gets the forms of the reference's own server; a generation whose strict types refuse
one of them gets another. Clients name their generation in `User-Agent`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Literal

import msgspec
from litestar import Litestar, MediaType, Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from torc_core.decoders import decode
from torc_core.model.artifact import FileIds, UserData
from torc_core.model.compute import ComputeNode
from torc_core.model.events.event import Event
from torc_core.model.page import Page
from torc_core.model.workflow import Workflow

_Request = Request[Any, Any, Any]


class Generation(Enum):
    """The client generations that need forms of their own, named by their first release."""

    OTHER = auto()
    """Rust, Julia, our own, and clients that do not identify themselves."""
    PYTHON_0_12 = auto()
    """The Python client to 0.12.3: ids of files as text, and only objects as free JSON."""
    PYTHON_0_22 = auto()
    """The Python client 0.22.2 to 0.30.1."""
    PYTHON_0_33 = auto()
    """The Python client since 0.33.0: the JSON settings of workflows as objects."""


_CLIENT = re.compile(r"OpenAPI-Generator/v?([0-9]{1,4})\.([0-9]{1,4})\.[0-9]+/([a-z]+)")


def generation_of(user_agent: str) -> Generation:
    """Return the generation of the client with this `User-Agent`.

    The number is that of the interface: 0.7 in client 0.12.3, 0.12 in 0.22.2, 0.17 in 0.30.1, 0.20
    in 0.33.0, 0.21 in 0.35.0.
    """
    language, version = _client(user_agent)
    if language != "python":
        return Generation.OTHER
    if version <= (0, 7):
        return Generation.PYTHON_0_12
    return Generation.PYTHON_0_22 if version < (0, 20) else Generation.PYTHON_0_33


def resets_begin_runs(user_agent: str) -> bool:
    """Return whether the client expects `reset_status` to start the next run.

    Clients since interface 0.15 (client 0.27) cannot set the number of the run; earlier ones do.
    """
    _, version = _client(user_agent)
    return version >= (0, 15)


def _client(user_agent: str) -> tuple[str, tuple[int, int]]:
    """Return the language and the interface of a generated client; of others nothing and 0.0."""
    if (match := _CLIENT.fullmatch(user_agent)) is None:
        return "", (0, 0)
    return match[3], (int(match[1]), int(match[2]))


def _ids_as_text(ids: FileIds) -> dict[str, list[str]]:
    return {"files": [str(file_id) for file_id in ids.files]}


def _objects_only(field: str) -> Callable[[Any], Any]:
    """Return a function that omits a field whose JSON value is not an object.

    Omitted, the field is not changed when the client sends the record back.
    """

    def form(record: Any) -> Any:
        if isinstance(getattr(record, field), dict | None):
            return record
        return msgspec.structs.replace(record, **{field: None})

    return form


def _event_object(event: Event) -> Event:
    """Return an event whose data is an object, as this client requires."""
    if isinstance(event.data, dict):
        return event
    return msgspec.structs.replace(event, data={"value": event.data})


class _Sampling(msgspec.Struct):
    """The types of what can be monitored."""

    enabled: bool | None = None
    granularity: Literal["summary", "time_series"] | None = None
    cpu: bool | None = None
    memory: bool | None = None


class _Monitoring(_Sampling):
    """The types of the settings for monitoring."""

    jobs: _Sampling | None = None
    compute_node: _Sampling | None = None
    flush_interval_seconds: int | None = None
    sample_interval_seconds: int | None = None
    generate_plots: bool | None = None


_SETTINGS: Mapping[str, Any] = {
    "metadata": dict[str, Any],
    "slurm_defaults": dict[str, Any],
    "resource_monitor_config": _Monitoring,
    "execution_config": dict[str, Any],
}
"""The JSON settings of a workflow, and the type that the client accepts for each."""


def _settings_as_objects(workflow: Workflow) -> Workflow:
    """Return a workflow whose JSON settings are objects; one that the client refuses is omitted.

    Otherwise one workflow could make the whole list unreadable.
    """
    objects = {
        name: _object(text, accepted)
        for name, accepted in _SETTINGS.items()
        if isinstance(text := getattr(workflow, name), str)
    }
    return msgspec.structs.replace(workflow, **objects) if objects else workflow


def _object(text: str, accepted: Any) -> Any:
    try:
        decode(text, accepted)
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None


_FORMS: Mapping[Generation, Mapping[type, Callable[[Any], Any]]] = {
    Generation.OTHER: {},
    Generation.PYTHON_0_12: {
        FileIds: _ids_as_text,
        UserData: _objects_only("data"),
        ComputeNode: _objects_only("scheduler"),
        Event: _event_object,
    },
    Generation.PYTHON_0_22: {},
    Generation.PYTHON_0_33: {Workflow: _settings_as_objects},
}
"""Functions that change the form, by generation and wire type."""


def form_of(content: Any, generation: Generation) -> Any:
    """Return a response in the form that a generation understands: one record, or a page."""
    forms = _FORMS[generation]
    if isinstance(content, Page) and content.items:
        if form := forms.get(type(content.items[0])):
            return msgspec.structs.replace(content, items=[form(item) for item in content.items])
    elif form := forms.get(type(content)):
        return form(content)
    return content


class GenerationResponse(Response[Any]):
    """A response in the form for the generation of the client."""

    def to_asgi_response(
        self, app: Litestar | None, request: _Request, **options: Any
    ) -> ASGIResponse:
        """Return the response as it is sent."""
        generation = generation_of(_user_agent(request))
        if generation is not Generation.OTHER:
            self.content = form_of(self.content, generation)
            if self.status_code == 201:  # whose body no Python client reads
                self.status_code = 200
        if self.media_type != MediaType.JSON or options["headers"] or options["cookies"]:
            return super().to_asgi_response(app, request, **options)
        return _Answer(self.render(self.content, MediaType.JSON), self.status_code or 200)


class _Answer(ASGIResponse):
    """JSON with the headers that it needs: to put together any others takes longer than a read."""

    def __init__(self, body: bytes, status: int) -> None:
        self.body, self.status_code = body, status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        length = b"%d" % len(self.body)
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def _user_agent(request: _Request) -> str:
    headers = request.scope["headers"]
    return next((value for name, value in headers if name == b"user-agent"), b"").decode("latin-1")
