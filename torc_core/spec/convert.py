"""Convert workflow files to another format: the same workflow, written differently."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from torc_core.errors import SpecError
from torc_core.spec.expanded import ExpandedWorkflow
from torc_core.spec.formats.write_json import write_json, write_json5
from torc_core.spec.formats.write_kdl import UnwritableError, write_kdl
from torc_core.spec.formats.write_yaml import write_yaml
from torc_core.spec.load import SpecFile
from torc_core.spec.schema import AUTHORS_OWN


class Format(StrEnum):
    """A format of workflow files."""

    YAML = "yaml"
    JSON = "json"
    JSON5 = "json5"
    KDL = "kdl"


_WRITERS: dict[Format, Callable[[Any], str]] = {
    Format.YAML: write_yaml,
    Format.JSON: write_json,
    Format.JSON5: write_json5,
    Format.KDL: write_kdl,
}
_IN_QUOTES = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
_COMMENT = {
    "yaml": re.compile(r"(?:^|[ \t])#", re.MULTILINE),
    "json": re.compile(r"//|/\*"),
    "kdl": re.compile(r"//|/\*|/-"),
}
_ANCHOR = re.compile(r"(?:^|[-:,\[{])[ \t]*[&*][A-Za-z0-9_]", re.MULTILINE)


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow file in another format."""

    text: str
    lost: tuple[str, ...]
    """What of the file is not in it, a sentence each."""


def write(tree: Any, target: Format) -> str:
    """Return the data of a workflow file as text.

    Raises:
        UnwritableError: It holds what the format has no form for.
    """
    return _WRITERS[target](tree)


def convert(file: SpecFile, target: Format) -> Converted:
    """Return a workflow file in another format.

    Raises:
        SpecError: The file has problems, or holds what the format has no form for.
    """
    before = file.expand(skip_checks=True)
    format_name, tree = file.read()
    lost = _lost(file.text, format_name)
    if target is Format.KDL:
        own = [key for key in tree if key.startswith(AUTHORS_OWN)]
        tree = {key: value for key, value in tree.items() if key not in own}
        if own:
            lost = (*lost, f"KDL has no form for fields of your own: {', '.join(own)}.")
    try:
        text = write(tree, target)
    except UnwritableError as error:
        raise _refused(file, target, f"{error}, for which KDL has no form") from error
    suffix = f".{target}"
    after = SpecFile(source=file.source, suffix=suffix, text=text).expand(skip_checks=True)
    if _content(after) != _content(before):
        raise _refused(file, target, "it holds something for which the format has no form")
    return Converted(text=text, lost=lost)


def _content(workflow: ExpandedWorkflow) -> ExpandedWorkflow:
    """Return a workflow without what is said about its file."""
    return msgspec.structs.replace(workflow, warnings=(), notes=())


def _lost(text: str, format_name: str) -> tuple[str, ...]:
    bare = _IN_QUOTES.sub("", text)
    lost = []
    if _COMMENT[format_name].search(bare):
        lost.append("Comments are not kept.")
    if format_name == "yaml" and _ANCHOR.search(bare):
        lost.append("What anchors and merges stand for is written out.")
    return tuple(lost)


def _refused(file: SpecFile, target: Format, why: str) -> SpecError:
    return SpecError(
        [f"{file.source}: cannot be written as {target}: {why}"],
        source=file.source,
        hint="Choose another format.",
    )
