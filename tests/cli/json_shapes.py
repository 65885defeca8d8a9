"""Shapes of JSON as the documentation writes them: `{workflow_id, jobs: [Job], errors?}`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from json_page import JSON_OUTPUT

_TOKEN = re.compile(r"\w[\w-]*|[{}\[\]:,?]")

OPENAPI = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
RECORDS = json.loads(OPENAPI.read_text("utf-8"))["components"]["schemas"]
DOCUMENTED = {
    f"{group} {command}": shape
    for group, commands in JSON_OUTPUT.items()
    for command, shape in commands.items()
}
WITHOUT_JSON = {"torc tui", "torc completions"}

Shape = str | list["Shape"] | dict[str, "Shape | None"] | None
"""The name of a record, a list of one shape, an object, or anything; names end in ? if optional."""


def key_of(line: str) -> str:
    """Return the documented command that a line is an example of."""
    words = line.split()
    fitting = (
        key for key in DOCUMENTED if key.split()[:2] == words[:2] and set(key.split()) <= set(words)
    )
    return max(fitting, key=len)


def parse(text: str) -> Shape:
    """Read a shape."""
    tokens = _TOKEN.findall(text)
    shape = _shape(tokens)
    assert not tokens, text
    return shape


def _shape(tokens: list[str]) -> Shape:
    first = tokens.pop(0)
    if first == "[":
        items = [_shape(tokens)]
        assert tokens.pop(0) == "]"
        return items
    if first != "{":
        return first
    members: dict[str, Shape] = {}
    while tokens[0] != "}":
        name = tokens.pop(0)
        if tokens[0] == "?":
            name += tokens.pop(0)
        has_shape = tokens[0] == ":" and tokens.pop(0)
        members[name] = _shape(tokens) if has_shape else None
        if tokens[0] == ",":
            tokens.pop(0)
    tokens.pop(0)
    return members


def faults(value: Any, shape: Shape, records: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield where JSON differs from its shape.

    Args:
        value: The JSON.
        shape: Its shape.
        records: The schemas of records by name, as OpenAPI has them.
        place: Where the value stands.
    """
    if isinstance(shape, str):
        unknown = value.keys() - records[shape]["properties"].keys()
        missing = set(records[shape].get("required", ())) - value.keys()
        yield from (f"{place}: {name} is not of {shape}" for name in sorted(unknown))
        yield from (f"{place}: {name} of {shape} is missing" for name in sorted(missing))
    elif isinstance(shape, list):
        for item in value:
            yield from faults(item, shape[0], records, f"{place}[]")
    elif shape is not None:
        known = {name.rstrip("?") for name in shape}
        required = {name for name in shape if not name.endswith("?")}
        yield from (f"{place}: {name} is not documented" for name in sorted(value.keys() - known))
        yield from (f"{place}: {name} is missing" for name in sorted(required - value.keys()))
        for name, inner in shape.items():
            plain = name.rstrip("?")
            if plain in value:
                yield from faults(value[plain], inner, records, f"{place}.{plain}")
