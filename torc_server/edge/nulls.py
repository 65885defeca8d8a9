"""Null for a field that has a default, and cannot be null: then it is not given.

The reference has optional fields for these, and its Python clients since 0.22 write null for all
that a record, once read, did not have. Almost no body needs this, so it is looked for only when a
body does not fit its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from torc_server.settings import MEBIBYTE

_MAX_SEARCHED = 16 * MEBIBYTE
"""Larger bodies are not searched: each object in them would take several times its own bytes."""


def decode(decoder: msgspec.json.Decoder[Any], body: bytes, body_type: Any) -> Any:
    """Return a body as the type of the decoder, without such nulls.

    Raises:
        DecodeError: It is not JSON, or not of the type.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        is_likely = b"null" in body and len(body) <= _MAX_SEARCHED
        shape = _shape_of_type(body_type) if is_likely else None
        if shape is None:
            raise
        return msgspec.convert(_without_nulls(msgspec.json.decode(body), shape), body_type)


class _Shape(NamedTuple):
    """The fields of a struct for which null is not a value, and the structs in it."""

    never_null: frozenset[str]
    nested: Mapping[str, _Shape]


@lru_cache(maxsize=256)
def _shape_of_type(body_type: Any) -> _Shape | None:
    return _shape_of(inspect.type_info(body_type))


def _shape_of(info: inspect.Type) -> _Shape | None:
    """Return the shape of the structs in a type: itself, the items of a list, what may be None."""
    match info:
        case inspect.StructType(fields=fields):
            shapes = {field.encode_name: _shape_of(field.type) for field in fields}
            return _Shape(
                frozenset(f.encode_name for f in fields if not f.required and not _is_null(f.type)),
                {name: shape for name, shape in shapes.items() if shape},
            )
        case inspect.ListType(item_type=item):
            return _shape_of(item)
        case inspect.UnionType(types=types):
            return next(filter(None, map(_shape_of, types)), None)
    return None


def _is_null(info: inspect.Type) -> bool:
    """Return whether null is a value of a type."""
    if isinstance(info, inspect.UnionType):
        return any(map(_is_null, info.types))
    return isinstance(info, inspect.AnyType | inspect.NoneType)


def _without_nulls(value: Any, shape: _Shape) -> Any:
    if isinstance(value, list):
        return [_without_nulls(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_nulls(inner, shape.nested[name]) if name in shape.nested else inner
        for name, inner in value.items()
        if inner is not None or name not in shape.never_null
    }
