"""KDL text to the plain data that the other formats have.

KDL has no lists: a repeated node such as `job`, `input_file` or `command` stands for one entry of
a list, and a node with several values adds them all. A property is the same as a child node.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from torc_core.spec.formats.kdl_nodes import Node, parse_kdl
from torc_core.spec.problems import Lines, MalformedError, Marks, Path, duplicate_key, shown


class Shape(msgspec.Struct):
    """How the children of a node become fields."""

    has_name: bool = False
    """The first value is the field `name`."""
    values: dict[str, str] = {}
    """Nodes whose values are entries of a list, and the name of the list."""
    objects: dict[str, tuple[str, Shape]] = {}
    """Nodes that are one mapping in a list each, the name of the list, and their shape."""
    mappings: dict[str, Shape] = {}
    """Nodes that are a mapping."""
    json: tuple[str, ...] = ()
    """Nodes whose value is JSON as text."""


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


PLAIN = Shape()
_PARAMETERIZED = {"parameters": PLAIN}
_JOB = Shape(
    has_name=True,
    values={
        "depends_on_job": "depends_on",
        "input_file": "input_files",
        "output_file": "output_files",
        **_same(
            "depends_on",
            "depends_on_regexes",
            "input_files",
            "input_file_regexes",
            "output_files",
            "output_file_regexes",
            "input_user_data",
            "input_user_data_regexes",
            "output_user_data",
            "output_user_data_regexes",
            "use_parameters",
        ),
    },
    mappings={**_PARAMETERIZED, "env": PLAIN, "stdio": PLAIN},
)
_FILE = Shape(has_name=True, values=_same("use_parameters"), mappings=_PARAMETERIZED)
_USER_DATA = Shape(
    has_name=True, values=_same("use_parameters"), mappings=_PARAMETERIZED, json=("data",)
)
_NAMED = Shape(has_name=True)
_RULE = Shape(values={"exit_code": "exit_codes", "exit_codes": "exit_codes"})
_FAILURE_HANDLER = Shape(has_name=True, objects={"rule": ("rules", _RULE)})
_ACTION = Shape(
    values={
        "job": "jobs",
        "command": "commands",
        **_same("jobs", "job_name_regexes", "commands"),
    }
)
_EXECUTION = Shape(mappings={"stdio": PLAIN, "job_stdio_overrides": PLAIN})
WORKFLOW = Shape(
    objects={
        "job": ("jobs", _JOB),
        "file": ("files", _FILE),
        "user_data": ("user_data", _USER_DATA),
        "resource_requirements": ("resource_requirements", _NAMED),
        "failure_handler": ("failure_handlers", _FAILURE_HANDLER),
        "slurm_scheduler": ("slurm_schedulers", _NAMED),
        "action": ("actions", _ACTION),
    },
    mappings={
        **dict.fromkeys(
            ("dynamic_jobs", "env", "parameters", "resource_monitor", "slurm_defaults"), PLAIN
        ),
        "execution_config": _EXECUTION,
    },
    json=("metadata",),
)


def read_kdl(text: str, marks: Marks | None = None) -> Any:
    """Return the data of a KDL document.

    Args:
        text: The whole file.
        marks: Filled with the places of all nodes when given; version 1 has none.

    Raises:
        MalformedError: Not KDL, or a node that cannot be a field.
    """
    return _Mapper(text, marks).mapping(parse_kdl(text), WORKFLOW, ())


class _Mapper:
    """Converts nodes to mappings."""

    def __init__(self, text: str, marks: Marks | None) -> None:
        self.marks = marks
        self.at = Lines(text).at

    def mapping(self, nodes: list[Node], shape: Shape, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, Node] = {}
        for node in nodes:
            name = node.name
            if name in shape.values:
                self.extend(found, shape.values[name], node, path)
            elif name in shape.objects:
                section, inner = shape.objects[name]
                items = found.setdefault(section, [])
                place = (*path, section, len(items))
                self.mark(place, node)
                items.append(self.item(node, inner, place))
            else:
                if name in found:
                    raise self.twice(name, first.get(name, node), node)
                first[name] = node
                self.mark((*path, name), node)
                found[name] = self.value(node, shape, (*path, name))
        return found

    def extend(self, found: dict[str, Any], field: str, node: Node, path: Path) -> None:
        """Add the values of a node to a list; `[]` in JSON has no other form than no node."""
        if node.children or node.properties:
            raise self.problem("takes only values", node)
        items = found.setdefault(field, [])
        self.mark((*path, field), node)
        for value in node.arguments:
            self.mark((*path, field, len(items)), node)
            items.append(value)

    def item(self, node: Node, shape: Shape, path: Path) -> dict[str, Any]:
        """Return the mapping that a node with children and properties is."""
        children = [
            *(Node(key, node.offset, [value]) for key, value in node.properties),
            *node.children,
        ]
        if len(node.arguments) > (1 if shape.has_name else 0):
            expected = "one value, the name" if shape.has_name else "no value"
            raise self.problem(f"takes {expected}", node)
        found = self.mapping(children, shape, path)
        if node.arguments and "name" in found:
            raise self.twice("name", node, node)
        return {"name": node.arguments[0], **found} if node.arguments else found

    def value(self, node: Node, shape: Shape, path: Path) -> Any:
        """Return the value of a field."""
        if node.name in shape.mappings:
            return self.item(node, shape.mappings[node.name], path)
        if node.name in shape.json and len(node.arguments) == 1 and not node.children:
            return self.json(node)
        if node.children or node.properties:
            return self.item(node, PLAIN, path)
        if not node.arguments:
            raise self.problem("has no value", node)
        return node.arguments[0] if len(node.arguments) == 1 else node.arguments

    def json(self, node: Node) -> Any:
        """Return the data that JSON as text stands for; other values stand for themselves."""
        text = node.arguments[0]
        if not isinstance(text, str):
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.problem(f"is not JSON: {shown(str(error), 100)}", node) from error

    def mark(self, path: Path, node: Node) -> None:
        if self.marks is not None and node.offset is not None and path in self.marks.wanted:
            self.marks.setdefault(path, self.at(node.offset))

    def problem(self, message: str, node: Node) -> MalformedError:
        position = None if node.offset is None else self.at(node.offset)
        return MalformedError(f'"{shown(node.name)}" {message}', position)

    def twice(self, name: str, first: Node, second: Node) -> MalformedError:
        if first.offset is None or second.offset is None:
            return MalformedError(f'"{shown(name)}" stands here twice')
        return duplicate_key(name, self.at(first.offset), self.at(second.offset))
