"""The query of a request, parsed as strictly as the reference does.

A value that is empty is not given: the reference's Rust client writes `sort_by=` for a parameter
that its user left out. Litestar would take the last of repeated keys, "1" and "TRUE" for a boolean,
"1_0" for a number, and "null" for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from litestar.handlers import HTTPRouteHandler

from torc_core.model.status import JobStatus
from torc_server.edge.parameters import parameters_of
from torc_server.errors import UnreadableRequestError

_WRITTEN = {
    bool: (re.compile("true|false"), "true or false"),
    int: (re.compile("-?[0-9]+"), "an integer"),
    JobStatus: (re.compile("|".join(JobStatus)), f"one of {', '.join(JobStatus)}"),
}
"""The pattern of a type's values, and how messages describe it."""


def checked_query(query: bytes, handler: HTTPRouteHandler) -> bytes:
    """Return a query with the values that count: the first of each key, unless it is empty.

    Of a parameter that takes several values all count that are not empty.

    Raises:
        UnreadableRequestError: A value is not of its type, or contains the character NUL.
    """
    types = _query_types(handler)
    given = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    kept: dict[str, list[str]] = {}
    for name, value in given:
        if "\0" in value:
            raise malformed(name, "contains the character NUL")
        if types.get(name) is list or name not in kept:
            kept.setdefault(name, []).append(value)
    stated = [(name, value) for name, values in kept.items() for value in values if value]
    for name, value in stated:
        pattern, called = _WRITTEN.get(types.get(name, str), (None, ""))
        if pattern and not pattern.fullmatch(value):
            raise malformed(name, f"is {value[:100]!r}; it must be {called}")
    return query if len(stated) == len(given) else urlencode(stated).encode()


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


def malformed(name: str, what: str) -> UnreadableRequestError:
    """Return the error for a parameter, or for a part of the address."""
    return UnreadableRequestError(f"{name} {what}.", field=name)
