"""The places of values in a YAML file."""

from __future__ import annotations

from typing import Any

import yaml

from torc_core.spec.annotate.nodes import DEPTH, Key, Kind, Node
from torc_core.spec.formats.read_yaml import parser_of

_STARTS = {yaml.MappingStartEvent: Kind.MAPPING, yaml.SequenceStartEvent: Kind.SEQUENCE}
_LEAVES = {yaml.ScalarEvent: Kind.SCALAR, yaml.AliasEvent: Kind.ALIAS}
_ENDS = {yaml.MappingEndEvent, yaml.SequenceEndEvent}


def yaml_nodes(text: str) -> Node:
    """Return the places in a text that can be read as YAML and is a mapping."""
    parser = parser_of(text)
    stack: list[Node] = []
    waiting: list[Key | None] = []  # for each mapping on the stack the key that has no value yet
    root: Node | None = None
    content_end = 0
    while (event := parser.get_event()) is not None:
        kind = _STARTS.get(type(event))
        if kind is not None:
            node = Node(
                kind=kind,
                start=event.start_mark.index,
                end=event.end_mark.index,
                is_flow=bool(event.flow_style),
            )
            root = root or node
            _place(node, stack, waiting)
            stack.append(node)
            waiting.append(None)
        elif type(event) in _ENDS:
            node = stack.pop()
            waiting.pop()
            node.end = event.end_mark.index if node.is_flow else content_end
            content_end = node.end
        elif type(event) in _LEAVES:
            content_end = event.end_mark.index
            leaf = Node(kind=_LEAVES[type(event)], start=event.start_mark.index, end=content_end)
            _place(leaf, stack, waiting, event)
    assert root is not None, "a workflow file is a mapping"
    return root


def _place(node: Node, stack: list[Node], waiting: list[Key | None], event: Any = None) -> None:
    """Put a node into the collection around it, as its next value or, a scalar, as its key."""
    if not stack:
        return
    around = stack[-1]
    if around.kind is Kind.MAPPING and waiting[-1] is None:
        waiting[-1] = Key(
            name=getattr(event, "value", ""),
            start=node.start,
            end=node.end,
            is_bare=getattr(event, "style", None) not in {"'", '"'},
        )
        return
    if len(stack) <= DEPTH:
        around.values.append(node)
        if around.kind is Kind.MAPPING:
            key = waiting[-1]
            assert key is not None
            around.keys.append(key)
    waiting[-1] = None
