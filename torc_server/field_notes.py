"""What is written under the fields of structs: Python forgets it, the published interface must not.

A string below a field is its description, as documentation tools have it; only the source knows it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from inspect import cleandoc, getsource
from itertools import pairwise
from typing import Any

import msgspec


def field_notes(packages: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Return the descriptions of fields by name of the struct and name of the field.

    Args:
        packages: Beginnings of the names of modules; of these, those that are loaded are read.
    """
    modules = {
        struct.__module__
        for struct in _structs(msgspec.Struct)
        if struct.__module__.startswith(packages)
    }
    return {
        node.name: dict(_notes(node))
        for name in sorted(modules)
        for node in ast.parse(getsource(sys.modules[name])).body
        if isinstance(node, ast.ClassDef)
    }


def _structs(base: type[Any]) -> Iterator[type[Any]]:
    for struct in base.__subclasses__():
        yield struct
        yield from _structs(struct)


def _notes(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, note in pairwise(node.body):
        match field, note:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str() as text)):
                yield name, " ".join(cleandoc(text).split())
