"""The descriptions of fields, for the OpenAPI document.

A string below a field is its description, as documentation tools have it. Python discards it, so it
is read from the source.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from inspect import cleandoc, getsource
from itertools import pairwise

import msgspec


def structs_of(packages: tuple[str, ...]) -> list[type[msgspec.Struct]]:
    """Return the structs of all loaded modules whose names begin so, by module."""
    own = [s for s in _structs(msgspec.Struct) if s.__module__.startswith(packages)]
    return sorted(own, key=lambda struct: (struct.__module__, struct.__name__))


def field_notes(structs: Iterable[type[msgspec.Struct]]) -> dict[str, dict[str, str]]:
    """Return the descriptions of fields, by name of the struct and name of the field."""
    modules = sorted({struct.__module__ for struct in structs})
    return {
        node.name: dict(_notes(node))
        for name in modules
        for node in ast.parse(getsource(sys.modules[name])).body
        if isinstance(node, ast.ClassDef)
    }


def _structs(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for struct in base.__subclasses__():
        yield struct
        yield from _structs(struct)


def _notes(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, note in pairwise(node.body):
        match field, note:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str() as text)):
                yield name, " ".join(cleandoc(text).split())
