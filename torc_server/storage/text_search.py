"""Whether a text contains another one, in either case of ASCII letters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_ESCAPE = "/"
_ESCAPED = {ord(character): f"{_ESCAPE}{character}" for character in f"{_ESCAPE}%_"}


class Contains(FunctionElement[bool]):
    """The condition; no character is special.

    Args:
        column: Where to look.
        text: What for.
    """

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], text: str) -> None:
        super().__init__(column, literal(f"%{text.translate(_ESCAPED)}%", String()))

    def operands(self, compiler: SQLCompiler, options: Any) -> list[str]:
        """Return column and pattern as the database gets them."""
        return [compiler.process(each, **options) for each in self.clauses]


@compiles(Contains)
def in_lower_case(element: Contains, compiler: SQLCompiler, **options: Any) -> str:
    """Compare both in lower case."""
    column, pattern = element.operands(compiler, options)
    return f"lower({column}) LIKE lower({pattern}) ESCAPE '{_ESCAPE}'"


def in_lower_case_of_ascii(element: Contains, compiler: SQLCompiler, **options: Any) -> str:
    """Compare both in lower case where that depends on a language: on none, so ASCII only."""
    column, pattern = element.operands(compiler, options)
    folded = f'lower({column} COLLATE "C") LIKE lower({pattern} COLLATE "C")'
    return f"{folded} ESCAPE '{_ESCAPE}'"


def as_it_is(element: Contains, compiler: SQLCompiler, **options: Any) -> str:
    """Compare where LIKE itself makes no difference between cases: it takes a third of the time."""
    column, pattern = element.operands(compiler, options)
    return f"{column} LIKE {pattern} ESCAPE '{_ESCAPE}'"
