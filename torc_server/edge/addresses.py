"""The address of a request, parsed as strictly as the reference does.

Litestar takes the last of repeated keys, "1" and "TRUE" for a boolean, "1_0" for a number, "null"
for nothing, and any number of slashes for one or none. The methods that it reports for a path may
be incomplete.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from litestar import MediaType, Request, Response
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from torc_core.model.status import JobStatus
from torc_server.edge.parameters import parameters_of
from torc_server.errors import UnreadableRequestError

_WRITTEN = {
    bool: (re.compile("true|false"), "true or false"),
    int: (re.compile("-?[0-9]+"), "an integer"),
    JobStatus: (re.compile("|".join(JobStatus)), f"one of {', '.join(JobStatus)}"),
}
"""The pattern of a type's values, and how messages describe it."""


async def check_address(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Refuse malformed addresses, and keep the first of repeated keys.

    Returns:
        The response to OPTIONS; None for other methods.

    Raises:
        NotFoundException: The path has extra slashes.
        UnreadableRequestError: A parameter is not of its type, or contains the character NUL.
    """
    scope = request.scope
    if unquote(scope["raw_path"].decode("ascii")) != scope["path"]:
        raise NotFoundException
    if scope["method"] == "OPTIONS":
        return _methods(request)
    if "\0" in scope["path"]:
        raise _malformed("The path", "contains the character NUL")
    parts = scope["path"].split("/")
    for name, value in scope["path_params"].items():
        if isinstance(value, int) and str(value) not in parts:
            raise _malformed(name, "is not an integer")
    if scope["query_string"]:
        scope["query_string"] = _checked(scope["query_string"], request.route_handler)
    return None


def _methods(request: Request[Any, Any, Any]) -> Response[None]:
    template = request.scope["path_template"]
    methods = {
        method
        for route in request.app.routes
        if isinstance(route, HTTPRoute) and route.path_format == template
        for method in route.methods
    }
    allowed = {"Allow": ", ".join(sorted(methods))}
    return Response(None, status_code=204, media_type=MediaType.TEXT, headers=allowed)


def _checked(query: bytes, handler: HTTPRouteHandler) -> bytes:
    types = _query_types(handler)
    given = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    kept: dict[str, list[str]] = {}
    for name, value in given:
        if "\0" in value:
            raise _malformed(name, "contains the character NUL")
        if types.get(name) is list or name not in kept:
            kept.setdefault(name, []).append(value)
    for name, (value, *_) in kept.items():
        pattern, called = _WRITTEN.get(types.get(name, str), (None, ""))
        if pattern and not pattern.fullmatch(value):
            raise _malformed(name, f"is {value[:100]!r}; it must be {called}")
    is_as_given = sum(map(len, kept.values())) == len(given)
    return query if is_as_given else urlencode(kept, doseq=True).encode()


@lru_cache(maxsize=256)
def _query_types(handler: HTTPRouteHandler) -> Mapping[str, type]:
    """Return which parameters are read as something else than text; `list` may be repeated."""
    found: dict[str, type] = {}
    for name, field in parameters_of(handler).items():
        for one in field.inner_types if field.is_union else (field,):
            if one.annotation in _WRITTEN:
                found[name] = one.annotation
            elif one.is_non_string_sequence:
                found[name] = list
    return found


def _malformed(name: str, what: str) -> UnreadableRequestError:
    return UnreadableRequestError(f"{name} {what}.", field=name)
