"""Unknown fields of a body: they are accepted, and named in a warning.

Almost no body has any. To find out, the body is decoded a second time, without converting its
values, into a twin of its type that forbids unknown fields; that takes 0.7 µs for a job and 80 ms
for 100,000. Only a body that the twin refuses is searched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar.types import Scope
from msgspec import inspect

from torc_core.characters import HIDDEN
from torc_core.limits import limit_of
from torc_server.edge.lengths import FREE_JSON
from torc_server.edge.warnings import warn
from torc_server.settings import MEBIBYTE

_MAX_NAMES = 20
_MAX_LENGTH = 100
_MAX_FINDINGS = 10_000
"""How many unknown fields are looked at for different ones."""
_MAX_SEARCHED = 16 * MEBIBYTE
"""Larger bodies are not searched: each object in them would take several times its own bytes."""
_NAMES: msgspec.json.Decoder[Any] = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)
_LIST_OF_NAMES: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    list[dict[str, msgspec.Raw] | None]
)


def note_unknown_fields(scope: Scope, body: bytes, body_type: Any) -> bool:
    """Warn of the fields that the type does not have; invalid JSON has none.

    Returns:
        Whether it is sure that no text is longer than its limit.
    """
    shape, decoder = _twin(body_type)
    if shape is None:
        return False
    try:
        decoder.decode(body)
    except msgspec.ValidationError:
        if len(body) > _MAX_SEARCHED:
            return False
        found = islice(_search(msgspec.Raw(body), shape, ""), _MAX_FINDINGS)
        names = list(islice(_distinct(found), _MAX_NAMES))
        if names:
            shown = json.dumps(list(dict.fromkeys(map(_readable, names))))
            warn(scope, f"Ignoring unknown fields in body: {shown}")  # the reference's words
    except (msgspec.DecodeError, UnicodeError):
        return False
    else:
        return True
    return False


def _distinct(names: Iterator[str]) -> Iterator[str]:
    known: set[str] = set()
    for name in names:
        if name not in known:
            known.add(name)
            yield name


class _Shape(NamedTuple):
    """The fields of a struct, and the type that is as strict about them as it can be."""

    known: frozenset[str]
    nested: Mapping[str, _Shape]
    twin: Any
    parts: msgspec.json.Decoder[Any]
    """Reads the names of the fields, and not their values."""


@lru_cache(maxsize=256)
def _twin(body_type: Any) -> tuple[_Shape | None, msgspec.json.Decoder[Any]]:
    shape = _shape_of(inspect.type_info(body_type))
    return shape, msgspec.json.Decoder(shape.twin if shape else msgspec.Raw)


def _shape_of(info: inspect.Type) -> _Shape | None:
    """Return the shape of the structs in a type: itself, the items of a list, what may be None."""
    match info:
        case inspect.StructType(cls=cls, fields=fields):
            shapes = {field.encode_name: _shape_of(field.type) for field in fields}
            nested = {name: shape for name, shape in shapes.items() if shape}
            twins = [
                (
                    field.encode_name,
                    shape.twin if (shape := shapes[field.encode_name]) else _plain(field),
                    msgspec.Raw(),
                )
                for field in fields
            ]
            twin = msgspec.defstruct(cls.__name__, twins, forbid_unknown_fields=True, gc=False)
            return _Shape(frozenset(shapes), nested, twin, _NAMES)
        case inspect.ListType(item_type=item):
            shape = _shape_of(item)
            return shape and shape._replace(twin=_list_of(shape.twin), parts=_LIST_OF_NAMES)
        case inspect.UnionType(types=types):
            shape = next(filter(None, map(_shape_of, types)), None)
            return shape and shape._replace(twin=shape.twin | None)
    return None


def _plain(field: inspect.Field) -> Any:
    """Return a type for a field without fields of its own: only the length of a text is checked."""
    name = field.encode_name
    kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
    if name in FREE_JSON or not any(isinstance(kind, inspect.StrType) for kind in kinds):
        return msgspec.Raw
    return Annotated[str, msgspec.Meta(max_length=limit_of(name))] | None


def _list_of(item: Any) -> Any:
    return list[item]


def _search(raw: msgspec.Raw, shape: _Shape, path: str) -> Iterator[str]:
    """Yield the paths of unknown fields; a list stands for all of its items.

    What lies deeper than the shape is not decoded: it may be of any size.
    """
    try:
        value = shape.parts.decode(raw)
    except msgspec.ValidationError:  # of another shape, which has no names
        return
    if isinstance(value, list):
        path, values = f"{path}[]", value
    else:
        values = [value]
    prefix = f"{path}." if path else ""
    for item in filter(None, values):
        yield from (prefix + name for name in item if name not in shape.known)
        for name, inner in shape.nested.items():
            if name in item:
                yield from _search(item[name], inner, prefix + name)


def _readable(path: str) -> str:
    return HIDDEN.sub("", path)[:_MAX_LENGTH]
