"""Entries added to mappings and lists, in YAML and JSON, where they stand in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from torc_core.spec.annotate.edits import Edits
from torc_core.spec.annotate.nodes import Kind, Node
from torc_core.spec.formats.write_json import json_value
from torc_core.spec.formats.write_yaml import write_yaml

_STEP = "  "
_DASH = re.compile(r"(?:\s|#[^\n]*|[&!]\S*)*+-")
"""Of the next item of a block: behind comments, and what names or tags the list."""
_BEFORE_SCHEDULER = ("resource_requirements", "name")
"""Behind which of its entries a job says its scheduler, the first one that it has."""


class CollectionEditor:
    """Changes a text that is mappings and lists.

    In blocks of YAML, entries are whole lines; between brackets they end with commas. Wherever
    possible something new stands before a line that is there, so that this line stays as it is.
    """

    def __init__(self, text: str, root: Node) -> None:
        self._edits = Edits(text)
        self._root = root
        self._has_bare_keys = any(key.is_bare for key in root.keys)

    def result(self) -> str:
        """Return the changed text."""
        return self._edits.result()

    def set_scheduler(self, job: Node, name: str) -> None:
        """Say which scheduler a job has."""
        position = job.find("scheduler")
        if position is not None:
            self._replace_value(job, position, name)
            return
        behind = next(
            (found for each in _BEFORE_SCHEDULER if (found := job.find(each)) is not None), -1
        )
        position = min(behind + 1, len(job.keys) - 1)
        self._insert_before(job, position, "scheduler", name)

    def set_list(
        self, section: str, new: Sequence[dict[str, Any]], is_kept: Callable[[int], bool]
    ) -> None:
        """Put items at the beginning of a section's list, and remove others.

        Args:
            section: The key of the list.
            new: The items.
            is_kept: Says by their positions which of the others stay.
        """
        position = self._root.find(section)
        if position is None:
            if new:
                self._add_section(section, new)
            return
        node = self._root.values[position]
        if node.kind is not Kind.SEQUENCE:
            self._replace_value(self._root, position, list(new))
        elif node.is_flow:
            self._change_flow(node, new, is_kept)
        else:
            self._change_block(node, new, is_kept)

    def _replace_value(self, mapping: Node, position: int, value: Any) -> None:
        key, node = mapping.keys[position], mapping.values[position]
        written = self._value(mapping, key.start, value)
        if node.start < node.end:
            self._edits.replace(node.start, node.end, written)
            return
        # Nothing stands there, which YAML reads as null.
        rest = self._edits.text[key.end :]
        has_colon = rest.lstrip(" ").startswith(":")
        offset = key.end + rest.index(":") + 1 if has_colon else key.end
        self._edits.insert(offset, f" {written}" if has_colon else f": {written}")

    def _value(self, mapping: Node, offset: int, value: Any) -> str:
        """Return a value as it is written behind a key."""
        indentation = self._edits.indentation(offset)
        if mapping.is_flow or isinstance(value, list):
            return json_value(value, indentation, has_bare_keys=self._has_bare_keys)
        return _yaml_entry("x", value, "").removeprefix("x:").strip()

    def _insert_before(self, mapping: Node, position: int, name: str, value: Any) -> None:
        """Insert an entry before another one of a mapping."""
        edits = self._edits
        key = mapping.keys[position]
        column = key.start - edits.line_start(key.start)
        is_first = edits.is_first_on_line(key.start)
        if not mapping.is_flow:
            entry = _yaml_entry(name, value, " " * column)
            if is_first:
                self._insert_lines(mapping, position, entry)
            else:
                edits.insert(key.start, f"{entry.lstrip(' ')}{' ' * column}")
            return
        indentation = edits.indentation(key.start)
        written = json_value(value, indentation, has_bare_keys=self._has_bare_keys)
        entry = f"{name}: {written}" if self._has_bare_keys else f'"{name}": {written}'
        if is_first:
            self._insert_lines(mapping, position, f"{indentation}{entry},\n")
        else:
            edits.insert(key.start, f"{entry}, ")

    def _insert_lines(self, mapping: Node, position: int, lines: str) -> None:
        """Insert lines before an entry that begins a line, and before the comments above it."""
        behind = mapping.values[position - 1].end if position else mapping.start
        self._edits.insert(self._edits.above_comments(mapping.keys[position].start, behind), lines)

    def _add_section(self, section: str, new: Sequence[dict[str, Any]]) -> None:
        """Add a list to the workflow: at the end of a block, between brackets before the last."""
        root, edits = self._root, self._edits
        if root.is_flow:
            self._insert_before(root, len(root.keys) - 1, section, list(new))
            return
        first = root.keys[0].start
        column = first - edits.line_start(first)
        end = edits.line_end(root.end)
        if edits.text[end - 1] != "\n":
            # A line feed here might become part of the last value.
            self._insert_before(root, len(root.keys) - 1, section, list(new))
            return
        edits.insert(end, edits.gap(root.end) + _yaml_entry(section, list(new), " " * column))

    def _change_block(
        self, node: Node, new: Sequence[dict[str, Any]], is_kept: Callable[[int], bool]
    ) -> None:
        edits = self._edits
        behind = [node.start, *(each.end for each in node.values[:-1])]
        found = (_DASH.match(edits.text, offset) for offset in behind)
        dashes = [match.end() - 1 for match in found if match is not None]
        column = dashes[0] - edits.line_start(dashes[0])
        lines = _indented(write_yaml(list(new)), " " * column) if new else ""
        edits.insert(edits.line_start(dashes[0]), lines)
        for position, (dash, item) in enumerate(zip(dashes, node.values, strict=True)):
            if not is_kept(position):
                edits.replace(edits.line_start(dash), edits.line_end(item.end), "")

    def _change_flow(
        self, node: Node, new: Sequence[dict[str, Any]], is_kept: Callable[[int], bool]
    ) -> None:
        edits = self._edits
        opening = edits.text.index("[", node.start)
        outer = edits.indentation(opening)
        kept = [each for position, each in enumerate(node.values) if is_kept(position)]
        is_spread = bool(kept) and edits.is_first_on_line(kept[0].start)
        inner = edits.indentation(kept[0].start) if is_spread else f"{outer}{_STEP}"
        written = [json_value(each, inner, has_bare_keys=self._has_bare_keys) for each in new]
        if len(kept) == len(node.values) and kept:
            end = f"\n{inner}" if not is_spread else ""
            edits.insert(opening + 1, "".join(f"\n{inner}{item}," for item in written) + end)
            return
        written += [edits.text[each.start : each.end] for each in kept]
        joined = ",".join(f"\n{inner}{item}" for item in written)
        edits.replace(opening, node.end, f"[{joined}\n{outer}]" if written else "[]")


def _yaml_entry(name: str, value: Any, indentation: str) -> str:
    """Return the lines of an entry of a block; the items of a list are indented."""
    if not isinstance(value, list):
        return _indented(write_yaml({name: value}), indentation)
    items = _indented(write_yaml(value), f"{indentation}{_STEP}")
    return f"{indentation}{name}:\n{items}"


def _indented(lines: str, indentation: str) -> str:
    return "".join(f"{indentation}{line}\n" for line in lines.splitlines())
