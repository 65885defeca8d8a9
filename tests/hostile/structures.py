"""Structures of any type with a hostile text in each of their texts, and so in new ones, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import inspect

_PLAIN: dict[type[inspect.Type], object] = {
    inspect.IntType: 1,
    inspect.FloatType: 1,
    inspect.BoolType: False,
    inspect.FrozenSetType: [],
}


def built(kind: Any, texts: Iterator[str], **stated: object) -> Any:
    """Return a value of a type, as JSON has it, with these members as they are stated."""
    return _built(inspect.type_info(kind), texts, stated)


def _built(kind: inspect.Type, texts: Iterator[str], stated: dict[str, object]) -> Any:
    value: Any
    match kind:
        case inspect.StructType(fields=fields) | inspect.DataclassType(fields=fields):
            members = {each.encode_name: _built(each.type, texts, {}) for each in fields}
            value = {**members, **stated}
        case inspect.DictType(key_type=key, value_type=item):
            value = {str(_built(key, texts, {})): _built(item, texts, {})}
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            value = [_built(item, texts, {})]
        case inspect.UnionType(types=types):
            some = next(each for each in types if not isinstance(each, inspect.NoneType))
            value = _built(some, texts, {})
        case inspect.Metadata(type=inner):
            value = _built(inner, texts, stated)
        case inspect.EnumType(cls=cls):
            value = next(iter(cls)).value
        case _:
            value = _PLAIN[type(kind)] if type(kind) in _PLAIN else next(texts)
    return value
