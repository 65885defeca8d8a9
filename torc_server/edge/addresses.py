"""The address of a request, parsed as strictly as the reference does.

Litestar takes "1_0" for a number and any number of slashes for one or none. The methods that it
reports for a path may be incomplete.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from litestar import MediaType, Request, Response
from litestar.exceptions import NotFoundException
from litestar.routes import HTTPRoute

from torc_server.edge.queries import checked_query, malformed


async def check_address(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Refuse malformed addresses, and keep of the query what counts.

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
        raise malformed("The path", "contains the character NUL")
    parts = scope["path"].split("/")
    for name, value in scope["path_params"].items():
        if isinstance(value, int) and str(value) not in parts:
            raise malformed(name, "is not an integer")
    if scope["query_string"]:
        scope["query_string"] = checked_query(scope["query_string"], request.route_handler)
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
