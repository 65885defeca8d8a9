"""The routes of CRUD resources, made from what the resources state.

Litestar reads a handler's parameters from its signature. The handlers here are the same for every
resource, so each gets a name and a signature with the types and the filters of its own resource:
the documented interface is as exact as if they had been written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import Any

from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody

from torc_core.model.ids import WorkflowId
from torc_core.model.page import Page
from torc_core.model.workflow import Message
from torc_server.controllers.replies import replying
from torc_server.edge.parameters import Contains, Excludes, Id, WorkflowIdInQuery
from torc_server.edge.warnings import warn
from torc_server.records import crud
from torc_server.records.crud import Resource
from torc_server.records.pages import Paging
from torc_server.storage.readers import Readers
from torc_server.storage.transactions import Transactions

AnyRequest = Request[Any, Any, Any]
WRITER = NamedDependency[Transactions]
READERS = NamedDependency[Readers]

_ONE = "/{record_id:int}"


@dataclass(frozen=True, kw_only=True)
class Operations:
    """The operation ids of a resource's routes; a route without one is not served."""

    create: str = ""
    list: str = ""
    get: str = ""
    update: str = ""
    delete: str = ""
    delete_all: str = ""


def crud_routes(
    path: str, resource: Resource[Any], operations: Operations
) -> list[HTTPRouteHandler]:
    """Return the routes of a resource under a path."""
    routes = []
    tag = path.strip("/").replace("_", " ")
    for operation, (method, suffix, make, summary) in _ROUTES.items():
        if name := getattr(operations, operation):
            route = method(path + suffix, status_code=200, operation_id=name, tags=[tag])
            handler = make(resource, name)
            handler.__doc__ = summary.format(one=resource.one, many=resource.many)
            routes.append(route(handler))
    return routes


def _create(resource: Resource[Any], name: str) -> Any:
    async def handler(request: AnyRequest, writer: Transactions, data: Any) -> Any:
        created = await writer.run_timed(crud.create, resource, data)
        warn(request.scope, resource.remark(created))
        return created

    parameters = {
        "request": AnyRequest,
        "writer": WRITER,
        "data": _of(JSONBody, resource.mapping.wire),
    }
    return _described(handler, name, parameters, resource.mapping.wire)


def _list(resource: Resource[Any], name: str) -> Any:
    async def handler(
        readers: Readers, workflow_id: WorkflowId, paging: Paging, **filters: Any
    ) -> Page[Any]:
        return await readers.run(crud.list_page, resource, workflow_id, filters, paging)

    parameters = {
        "readers": READERS,
        "workflow_id": WorkflowIdInQuery,
        "paging": NamedDependency[Paging],
    }
    queries = {key: _of(FromQuery, one.type | None) for key, one in resource.filters.items()}
    defaults = {key: one.default for key, one in resource.filters.items()}
    if resource.texts:
        queries["contains"], defaults["contains"] = Contains, None
    if resource.excludable:
        queries["excludes"], defaults["excludes"] = Excludes, None
    page = _of(Page, resource.mapping.wire)
    return _described(handler, name, parameters | queries, page, defaults)


def _get(resource: Resource[Any], name: str) -> Any:
    async def handler(readers: Readers, record_id: int) -> Any:
        return await readers.look_up(crud.get, resource, record_id)

    parameters = {"readers": READERS, "record_id": Id}
    return _described(handler, name, parameters, resource.mapping.wire)


def _update(resource: Resource[Any], name: str) -> Any:
    async def handler(writer: Transactions, record_id: int, data: Any) -> Any:
        return await writer.run_timed(crud.update, resource, record_id, data)

    body = _of(JSONBody, resource.patch)
    parameters = {"writer": WRITER, "record_id": Id, "data": body}
    return _described(handler, name, parameters, resource.mapping.wire)


def _delete(resource: Resource[Any], name: str) -> Any:
    async def handler(writer: Transactions, record_id: int) -> Any:
        return await writer.run(crud.delete, resource, record_id)

    parameters = {"writer": WRITER, "record_id": Id}
    return _described(handler, name, parameters, resource.mapping.wire)


def _delete_all(resource: Resource[Any], name: str) -> Any:
    async def handler(writer: Transactions, workflow_id: WorkflowId) -> Message:
        return await writer.run(replying(deleted, crud.delete_all), resource, workflow_id)

    parameters = {"writer": WRITER, "workflow_id": WorkflowIdInQuery}
    return _described(handler, name, parameters, Message)


def deleted(count: int) -> Message:
    """Return the reply to a request that has deleted so many records."""
    return Message(message=f"Deleted {count}.", count=count, deleted_count=count)


_ROUTES: dict[str, tuple[Any, str, Callable[[Resource[Any], str], Any], str]] = {
    "create": (post, "", _create, "Create {one}."),
    "list": (get, "", _list, "List a workflow's {many}."),
    "get": (get, _ONE, _get, "Get {one}."),
    "update": (put, _ONE, _update, "Update {one}; omitted fields keep their values."),
    "delete": (delete, _ONE, _delete, "Delete {one} and return what it was."),
    "delete_all": (delete, "", _delete_all, "Delete all {many} of a workflow."),
}
"""Method, end of the path, maker of the handler and summary, by the field of `Operations`."""


def _of(generic: Any, argument: Any) -> Any:
    """Return `generic[argument]` for a type that is known only when this runs."""
    return generic[argument]


def _described(
    handler: Any,
    name: str,
    parameters: Mapping[str, Any],
    returns: Any,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """Give a handler the name, the parameters and the return type of its resource."""
    handler.__name__ = handler.__qualname__ = name
    handler.__annotations__ = {**parameters, "return": returns}
    handler.__signature__ = Signature(
        [
            Parameter(key, Parameter.KEYWORD_ONLY, default=defaults.get(key, Parameter.empty))
            for key in parameters
        ]
    )
    return handler
