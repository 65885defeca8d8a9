"""The OpenAPI document, generated from the application that it describes.

Paths, parameters, bodies and responses are read off the handlers; msgspec, which also decodes and
encodes them, makes the schemas of their types. So the document cannot contradict the server.

Litestar could generate one as well, but would derive the schemas a second time, beside msgspec, and
without the notes below the fields. Here there is one source, and names and ids are exactly the
reference's, from which its clients are generated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, reduce
from inspect import cleandoc
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from litestar import Litestar, MediaType, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.response import Stream
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from torc_server.edge.field_notes import field_notes, structs_of
from torc_server.edge.idempotency import HEADER, takes_key
from torc_server.edge.parameters import parameters_of

JSON = dict[str, Any]

_REFERENCE = "#/components/{}/{}"
_LISTS = re.compile(r'("|/)(?:Group)?Page_(\w+)_"')

_FORMATS = {"integer": "int64", "number": "double"}

_ERRORS = {
    400: ("BadRequest", "The address or the body cannot be read, or exceeds a limit."),
    401: ("Unauthorized", "Credentials are missing or invalid."),
    403: ("Forbidden", "The user may not do this."),
    404: ("NotFound", "Something that the request names does not exist."),
    409: ("Conflict", "The present state does not allow it."),
    413: ("TooLarge", "The body is larger than the server accepts."),
    422: ("Unprocessable", "A value is invalid."),
    500: ("ServerError", "The server failed; its log has the reason, under the span id."),
    507: (
        "NoSpace",
        "The server's machine lacks something, such as disk space; nothing was changed.",
    ),
}
"""Names and meanings of error responses, by status."""

_KEY: JSON = {
    "name": HEADER,
    "in": "header",
    "description": "Of the client's choice, such as a UUID. A request that comes again with the "
    "key that it had is not carried out again, and gets the same reply, for a day.",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


class Problem(msgspec.Struct):
    """What is wrong with a request. There may be more members, such as `field` and `value`."""

    message: str
    code: str
    hint: str | msgspec.UnsetType = msgspec.UNSET


class ErrorResponse(msgspec.Struct):
    """The body of every error response."""

    error: Problem


class _Schemas:
    """The schemas of types; what has a name is collected for `components`."""

    def __init__(self) -> None:
        self.named: JSON = {}
        self._of: dict[Any, JSON] = {}

    def of(self, wire_type: Any) -> JSON:
        """Return the schema of a type; a union may hold several structs."""
        if wire_type not in self._of:
            self._of[wire_type] = self._make(wire_type)
        return self._of[wire_type]

    def _make(self, wire_type: Any) -> JSON:
        if get_origin(wire_type) in {Union, UnionType}:
            return {"anyOf": [self.of(one) for one in get_args(wire_type)]}
        template = _REFERENCE.format("schemas", "{name}")
        (schema,), named = msgspec.json.schema_components([wire_type], ref_template=template)
        for name, found in named.items():
            if self.named.setdefault(name, found) != found:
                raise TypeError(f"Two types of the wire are called {name}.")
        return schema


@lru_cache(maxsize=1)
def describe(app: Litestar, api_version: str) -> bytes:
    """Return the OpenAPI document of an application, as indented JSON."""
    schemas = _Schemas()
    paths: dict[str, JSON] = {}
    for route in sorted(app.routes, key=lambda route: route.path_format):
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in sorted(route.route_handler_map.items()):
            if handler.resolve_include_in_schema():
                path = route.path_format.removeprefix(app.path)
                paths.setdefault(path, {})[method.lower()] = _operation(handler, schemas)
    error = {"application/json": {"schema": schemas.of(ErrorResponse)}}
    _annotate(schemas.named)
    text = {"schema": {"type": "string"}}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "torc",
            "description": "Workflows of jobs: create, run and monitor them.",
            "version": api_version,
            "license": {"name": "BSD 3-Clause", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": app.path}],
        "security": [{}, {"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "responses": {
                name: {"description": meaning, "content": error}
                for name, meaning in _ERRORS.values()
            },
            "headers": {
                "Span": {
                    "description": "The X-Span-ID of the request, or one that the server made.",
                    **text,
                },
                "Warning": {
                    "description": "Names unknown fields of the body, which were ignored.",
                    **text,
                },
            },
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }
    _size(document)
    shown = _LISTS.sub(r'\1\2Page"', msgspec.json.encode(document).decode())
    return msgspec.json.format(shown.encode(), indent=2) + b"\n"


def _operation(handler: HTTPRouteHandler, schemas: _Schemas) -> JSON:
    summary, _, more = cleandoc(handler.fn.__doc__ or "").partition("\n\n")
    parameters = [
        _parameter(name, field, schemas) for name, field in parameters_of(handler).items()
    ]
    if takes_key(handler):
        parameters.append(_KEY)
    operation: JSON = {
        "operationId": handler.operation_id,
        "tags": handler.resolve_tags(),
        "summary": " ".join(summary.split()),
        "description": more,
        "parameters": parameters,
    }
    if (body := handler.parsed_data_field) is not None:
        schema = schemas.of(body.annotation)
        operation["requestBody"] = {
            "content": {"application/json": {"schema": schema}},
            "required": not body.has_default,
        }
    operation["responses"] = dict(sorted(_responses(handler, parameters, schemas).items()))
    return {key: value for key, value in operation.items() if value}


def _parameter(name: str, field: FieldDefinition, schemas: _Schemas) -> JSON:
    definition = field.kwarg_definition
    assert isinstance(definition, ParameterKwarg)
    types = [one.annotation for one in field.inner_types if not one.is_none_type]
    wire_type = reduce(or_, types) if field.is_union else field.annotation
    bounds = msgspec.Meta(ge=definition.ge, le=definition.le)
    schema = schemas.of(Annotated[wire_type, bounds] if definition.is_constrained else wire_type)
    if field.has_default and field.default is not None:
        schema = schema | {"default": field.default}
    described = {"description": definition.description} if definition.description else {}
    place = definition.param_type.value
    is_required = place == "path" or not (field.has_default or field.is_optional)
    return {"name": name, "in": place, **described, "required": is_required, "schema": schema}


def _responses(handler: HTTPRouteHandler, parameters: list[JSON], schemas: _Schemas) -> JSON:
    returned = handler.parsed_return_field.annotation
    answers = {handler.status_code: ("Done.", returned)}
    for status, spec in (handler.responses or {}).items():
        answers[status] = (spec.description, spec.data_container)
    headers = {"X-Span-ID": {"$ref": _REFERENCE.format("headers", "Span")}}
    if handler.parsed_data_field is not None:
        headers["Warning"] = {"$ref": _REFERENCE.format("headers", "Warning")}
    responses = {
        str(status): {
            "description": meaning,
            "headers": headers,
            "content": {
                handler.media_type or MediaType.JSON: {"schema": _answer(wire_type, schemas)}
            },
        }
        for status, (meaning, wire_type) in answers.items()
    }
    for status in _errors_of(handler, {parameter["name"] for parameter in parameters}):
        responses[str(status)] = {"$ref": _REFERENCE.format("responses", _ERRORS[status][0])}
    return responses


def _answer(returned: Any, schemas: _Schemas) -> JSON:
    if returned is Stream:
        return {"type": "string"}
    return schemas.of(get_args(returned)[0] if get_origin(returned) is Response else returned)


def _errors_of(handler: HTTPRouteHandler, parameters: set[str]) -> Iterator[int]:
    """Yield the statuses with which an operation may fail."""
    has_body = handler.parsed_data_field is not None
    is_write = handler.http_methods != {"GET"}
    yield from (400, 401, 403, 500, 507)
    if has_body or any(name == "worker" or name.endswith("_id") for name in parameters):
        yield 404
    if is_write:
        yield 409
    if has_body:
        yield 413
    if is_write or "sort_by" in parameters:
        yield 422


def _annotate(named: JSON) -> None:
    """Give schemas what msgspec does not: descriptions of fields, and defaults that are made."""
    structs = structs_of(("torc_core.model", "torc_server"))
    notes = field_notes(structs)
    for name, schema in named.items():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
        known = notes.get(name.partition("_")[0], {})
        for member, found in schema.get("properties", {}).items():
            if member in known:
                found["description"] = known[member]
    for struct in structs:
        members = named.get(struct.__name__, {}).get("properties", {})
        for field in msgspec.structs.fields(struct):
            if field.encode_name in members and field.default_factory is not msgspec.NODEFAULT:
                members[field.encode_name]["default"] = field.default_factory()


def _size(schema: Any) -> None:
    """State of each number in a document how large it is."""
    if isinstance(schema, dict):
        if schema.get("type") in _FORMATS:
            schema["format"] = _FORMATS[schema["type"]]
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            _size(inner)
