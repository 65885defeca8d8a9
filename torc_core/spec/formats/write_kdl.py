"""Plain data of a workflow file to KDL, version 2: what `read_kdl` makes the same data of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from torc_core.characters import HIDDEN
from torc_core.spec.formats.read_kdl import PLAIN, WORKFLOW, Shape
from torc_core.spec.problems import Path, path_text
from torc_core.spec.spelling import SpelledFloat, SpelledInt

_INDENT = "    "
_LINE = 80
_NAME = re.compile(r"(?!(?:true|false|null|inf|nan)$)[A-Za-z_][A-Za-z0-9_-]*")
_NUMBER = re.compile(
    r"[-+]?(?:0x[0-9a-fA-F][0-9a-fA-F_]*|0o[0-7][0-7_]*|0b[01][01_]*"
    r"|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][-+]?[0-9][0-9_]*)?)"
)
_CONSTANTS = {"True": "#true", "False": "#false", "None": "#null"}
_SPECIAL = {"inf": "#inf", "-inf": "#-inf", "nan": "#nan"}
_BLANK_LINE = re.compile(r"^[^\S\n]+$", re.MULTILINE)
_PARAMETERS = "parameters"


class UnwritableError(ValueError):
    """Data that KDL has no form for; the message says which."""


def write_kdl(tree: dict[str, Any]) -> str:
    """Return the data of a workflow file as KDL.

    Raises:
        UnwritableError: A list stands where KDL has only nodes, or a list in a list.
    """
    return "\n".join(_mapping(tree, WORKFLOW, (), "")) + "\n"


def _mapping(mapping: dict[str, Any], shape: Shape, path: Path, indent: str) -> Iterator[str]:
    """Yield the lines of the nodes that a mapping is."""
    lists = {section: (node, inner) for node, (section, inner) in shape.objects.items()}
    for key, value in mapping.items():
        place = (*path, key)
        if value is None and shape is not PLAIN:
            continue  # as if the field were not there
        if key in lists and isinstance(value, list):
            node, inner = lists[key]
            for number, each in enumerate(value):
                yield from _object(node, each, inner, (*place, number), indent)
        elif key in shape.values.values() and isinstance(value, list):
            yield from _values(key, value, shape, place, indent)
        elif key in shape.json:
            plain = not isinstance(value, str | dict | list)
            text = _scalar(value, indent) if plain else _text(json.dumps(value), indent)
            yield f"{indent}{_name(key)} {text}"
        elif isinstance(value, dict):
            inner = shape.mappings.get(key, PLAIN)
            yield from _object(key, value, inner, place, indent)
        elif isinstance(value, list):
            is_parameter = path[-1:] == (_PARAMETERS,)
            yield f"{indent}{_name(key)} {_list(value, place, indent, is_parameter=is_parameter)}"
        else:
            yield f"{indent}{_name(key)} {_scalar(value, indent)}"


def _object(
    node: str, value: dict[str, Any], shape: Shape, path: Path, indent: str
) -> Iterator[str]:
    head = f"{indent}{_name(node)}"
    if shape.has_name and "name" in value:
        head += f" {_scalar(value['name'], indent)}"
        value = {key: each for key, each in value.items() if key != "name"}
    lines = list(_mapping(value, shape, path, indent + _INDENT))
    if not lines:
        yield head
        return
    yield f"{head} {{"
    yield from lines
    yield f"{indent}}}"


def _values(key: str, value: list[Any], shape: Shape, path: Path, indent: str) -> Iterator[str]:
    """Yield a list as one node, or as one node for each entry where that is long."""
    texts = [_entry(each, path, indent) for each in value]
    nodes = [node for node, section in shape.values.items() if section == key]
    together = " ".join([key, *texts])
    if key in nodes and texts and len(together) <= _LINE and "\n" not in together:
        yield f"{indent}{together}"
        return
    for text in texts:
        yield f"{indent}{nodes[0]} {text}"


def _list(value: list[Any], path: Path, indent: str, *, is_parameter: bool) -> str:
    if len(value) == 1 and is_parameter and not isinstance(value[0], dict | list):
        # A node with one value is not a list, and parameters know another form of one.
        [item] = value
        written = item.spelling if isinstance(item, SpelledInt | SpelledFloat) else item
        if isinstance(written, bool):
            written = str(written).lower()
        return _text("['{}']".format(re.sub(r"(['\\])", r"\\\1", str(written))), indent)
    if len(value) < 2:
        raise UnwritableError(f"{path_text(path)} is a list of {len(value)}")
    return " ".join(_entry(each, path, indent) for each in value)


def _entry(value: Any, path: Path, indent: str) -> str:
    if isinstance(value, dict | list):
        raise UnwritableError(f"{path_text(path)} is a list of lists or mappings")
    return _scalar(value, indent)


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _text(value, indent)
    if isinstance(value, SpelledInt | SpelledFloat):
        known = _NUMBER.fullmatch(value.spelling)
        return value.spelling if known else _text(value.spelling, indent)
    text = repr(value)
    return _CONSTANTS.get(text) or _SPECIAL.get(text) or text


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) else _quoted(text)


def _text(text: str, indent: str) -> str:
    """Return text between quotes; text of several lines on lines of its own."""
    hidden = HIDDEN.search(text.replace("\n", ""))
    if "\n" not in text or hidden or _BLANK_LINE.search(text):
        return _quoted(text)
    inner = indent + _INDENT
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = (f"{inner}{line}" if line else "" for line in escaped.split("\n"))
    return '"""\n{}\n{}"""'.format("\n".join(lines), inner)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"{}"'.format(HIDDEN.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", escaped))
