"""Sets of characters in brackets, as Rust reads them."""

from __future__ import annotations

import re

from torc_core.spec.patterns.classes import ASCII_CLASSES, CharSet, escaped, operate, union
from torc_core.spec.patterns.reading import Reader, class_escape, literal_escape

_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_OPERATORS = ("&&", "--", "~~")


def read_brackets(reader: Reader, levels: int) -> CharSet:
    """Read a set such as `[a-z_]`, `[^0-9]` or `[a-z&&[^aeiou]]`.

    Args:
        reader: A pattern, before the opening bracket.
        levels: How many sets may be open within one another.
    """
    if levels == 0:
        reader.fail("has sets of characters nested too deeply")
    fold_case = reader.flags.fold_case
    reader.take()
    reader.skip_ignored()
    is_negated = reader.starts("^")
    if is_negated:
        reader.take()
        if not reader.flags.is_unicode:
            reader.fail("has [^...] under (?-u), which could match half a character")
    items = _first_items(reader)
    left: CharSet | None = None
    operator = ""
    while True:
        if reader.at_end():
            reader.fail("has a [ without its ]")
        ahead = reader.rest(2)
        if reader.peek() == "]" or ahead in _OPERATORS:
            right = union(items, fold_case=fold_case)
            left = right if left is None else operate(operator, left, right, fold_case=fold_case)
            items = []
            if reader.peek() == "]":
                reader.take()
                return left._replace(is_negated=left.is_negated != is_negated)
            operator = ahead
            reader.offset += 2
        elif reader.peek() == "[":
            items.append(_posix(reader) or read_brackets(reader, levels - 1))
        else:
            items.append(_item(reader))


def _first_items(reader: Reader) -> list[CharSet]:
    """Read what has no special meaning at the beginning: hyphens, and then a bracket."""
    items = []
    reader.skip_ignored()
    while reader.starts("-"):
        items.append(CharSet(escaped(ord(reader.take()))))
        reader.skip_ignored()
    if not items and reader.starts("]"):
        items.append(CharSet(escaped(ord(reader.take()))))
    return items


def _posix(reader: Reader) -> CharSet | None:
    """Read `[:alpha:]`; None for anything else."""
    start = reader.offset
    match = reader.match(_POSIX)
    if match is None or match[2] not in ASCII_CLASSES:
        reader.offset = start
        return None
    if match[1] and not reader.flags.is_unicode:
        reader.fail(f"has {match[0]} under (?-u), which could match half a character")
    return CharSet(f"[:{match[1]}{match[2]}:]")


def _item(reader: Reader) -> CharSet:
    """Read one character, a range of them, or an escape that stands for several."""
    first = _character(reader)
    reader.skip_ignored()
    if not reader.starts("-") or reader.rest(2) in {"-]", "--"}:
        return first if isinstance(first, CharSet) else CharSet(escaped(first))
    reader.take()
    if reader.at_end():
        reader.fail("has a [ without its ]")
    last = _character(reader)
    if isinstance(first, CharSet) or isinstance(last, CharSet) or last < first:
        reader.fail(r"has a range in brackets that is none; write \- for a hyphen")
    return CharSet(f"{escaped(first)}-{escaped(last)}")


def _character(reader: Reader) -> int | CharSet:
    if not reader.starts("\\"):
        code = ord(reader.take())
    else:
        found = class_escape(reader)
        if found is not None:
            return found
        code = literal_escape(reader)
    if code > 0x7F and not reader.flags.is_unicode:
        reader.fail(f'has "{chr(code)}" in brackets under (?-u), where only ASCII is known')
    return code
