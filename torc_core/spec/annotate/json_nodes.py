"""The places of values in a JSON or JSON5 file."""

from __future__ import annotations

import re

from torc_core.spec.annotate.nodes import DEPTH, Key, Kind, Node
from torc_core.spec.formats.read_json import COMMA_OR_END, KEY, NOTHING, VALUE, unescaped

_KINDS = {"{": Kind.MAPPING, "[": Kind.SEQUENCE}


def json_nodes(text: str) -> Node:
    """Return the places in a text that can be read as JSON5 and is an object."""
    root, offset = _value(text, 0)
    stack = [root]
    while stack:
        around = stack[-1]
        match = COMMA_OR_END.match(text, offset)
        if match is not None:
            offset = match.end()
            if match[1] != ",":
                around.end = offset
                stack.pop()
            continue
        key = None
        if around.kind is Kind.MAPPING:
            key, offset = _key(text, offset)
        node, offset = _value(text, offset)
        if len(stack) <= DEPTH:
            around.values.append(node)
            if key is not None:
                around.keys.append(key)
        if node.kind in {Kind.MAPPING, Kind.SEQUENCE}:
            stack.append(node)
    return root


def _key(text: str, offset: int) -> tuple[Key, int]:
    """Return a key and where its value is looked for."""
    match = _matched(KEY, text, offset)
    start = _skipped(text, offset)
    bare = match[3]
    quoted = match[1] if match[1] is not None else match[2]
    length = len(bare) if bare is not None else len(quoted) + 2
    name = bare if bare is not None else unescaped(quoted)
    key = Key(name=name, start=start, end=start + length, is_bare=bare is not None)
    return key, match.end()


def _value(text: str, offset: int) -> tuple[Node, int]:
    """Return a value, or the beginning of a container, and what is behind it."""
    match = _matched(VALUE, text, offset)
    kind = _KINDS.get(match[5] or "", Kind.SCALAR)
    node = Node(kind=kind, start=_skipped(text, offset), end=match.end(), is_flow=True)
    return node, match.end()


def _matched(pattern: re.Pattern[str], text: str, offset: int) -> re.Match[str]:
    match = pattern.match(text, offset)
    assert match is not None, "the text was read before"
    return match


def _skipped(text: str, offset: int) -> int:
    return _matched(NOTHING, text, offset).end()
