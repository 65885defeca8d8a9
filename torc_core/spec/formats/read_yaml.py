"""YAML text to plain data.

Built from the parser's events and not from its tree: depth and aliases are limited while reading,
and scalars get the meanings of YAML 1.2, where `no`, `0123` and `12:30:00` are text. Numbers are
decimal. `<<` merges a mapping or a list of them, as many files do, although YAML 1.2 no longer has
it: what a mapping states itself counts more than what it merges, and earlier ones of a list more
than later ones (https://yaml.org/type/merge.html).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from torc_core.spec.problems import (
    MAX_DEPTH,
    Lines,
    MalformedError,
    Marks,
    Path,
    Position,
    duplicate_key,
    shown,
)
from torc_core.spec.spelling import spelled_float, spelled_int

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]  # not in the stubs
except ImportError:  # PyYAML built without libyaml: slower, the same answers
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]  # the same methods

MAX_ALIASED = 5_000_000
"""Values that aliases may repeat in all; more is a bomb. A list of 100,000 names may stand 50
times."""
MAX_ALIASED_CHARACTERS = 256_000_000
"""Characters in those values."""

_PARSERS_OWN_LIMIT = "exceeded maximum nesting depth"
"""What libyaml says beyond 1,000 levels, as PyYAML 6.0.4 builds it. It reads ahead, so it may find
them before it has handed out the level that is too deep for us."""
_TAB = "lines are indented with spaces, and this one with a tab"
_ADVICE = {
    "found a tab character that violates indentation": _TAB,
    "mapping values are not allowed in this context": 'text that holds ": " needs quotes around it',
    "found character that cannot start any token": (
        "text that begins with it needs quotes around it"
    ),
    "did not find expected alphabetic or numeric character": (
        "text that begins with * or & needs quotes around it"
    ),
    "did not find expected comment or line break": (
        "text that begins with > or | needs quotes around it"
    ),
    "did not find expected key": (
        "nothing may follow the closing quote or bracket of a value, and the keys of a record are"
        " indented alike"
    ),
}
"""What helps, by what libyaml says: mostly, a command that YAML takes for more than text."""
_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII
)


class _Anchored(NamedTuple):
    """What an alias repeats, and how much that is."""

    value: Any
    nodes: int
    characters: int
    height: int


class _Frame:
    """A list or mapping that is being read."""

    __slots__ = (
        "anchor",
        "before",
        "expects_key",
        "height",
        "is_merge",
        "key",
        "key_positions",
        "position",
        "value",
    )

    def __init__(
        self, value: Any, anchor: str | None, before: tuple[int, int], position: Position
    ) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before  # nodes and characters that were read before
        self.position = position
        self.is_merge = False
        self.height = 1
        self.key = ""
        self.expects_key = type(value) is dict
        self.key_positions: dict[str, Position] = {}


def read_yaml(text: str, marks: Marks | None = None) -> Any:
    """Return the data of the only document, None for an empty one.

    Args:
        text: The whole file.
        marks: Filled with the places of all values when given.

    Raises:
        MalformedError: Not YAML, or a key twice, more than one document, an unknown tag, a cycle
            of aliases, more through aliases than `MAX_ALIASED` and `MAX_ALIASED_CHARACTERS`, or
            more than `MAX_DEPTH` levels.
    """
    parser = parser_of(text)
    try:
        return _Builder(marks).build(parser)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = Position(mark.line + 1, mark.column + 1) if mark else None
        if error.problem == _PARSERS_OWN_LIMIT:
            raise MalformedError(f"nested deeper than {MAX_DEPTH} levels", position) from error
        message = ": ".join(part for part in (error.context, error.problem) if part)
        message = f"not valid YAML: {shown(message, 200)}{_advice(text, error)}"
        raise MalformedError(message, position) from error
    except yaml.reader.ReaderError as error:
        position = Lines(text).at(text.index(chr(error.character)))
        message = f"not valid YAML: no file may contain the character U+{error.character:04X}"
        raise MalformedError(message, position) from error
    finally:
        parser.dispose()


def _advice(text: str, error: yaml.MarkedYAMLError) -> str:
    """Return what helps, with a semicolon before it; empty if that is not known."""
    if error.problem not in _ADVICE:
        return ""
    mark = error.problem_mark
    at = mark.column if mark else 0
    lines = text.splitlines()[mark.line : mark.line + 1] if mark else []
    is_tab = any(line[at : at + 1] == "\t" for line in lines)
    return f"; {_TAB if is_tab else _ADVICE[error.problem]}"


def parser_of(text: str) -> Any:
    """Return what hands out the events of a text, one by one.

    Raises:
        MalformedError: The text cannot be encoded.
    """
    try:
        return _Parser(text)
    except UnicodeEncodeError as error:
        raise MalformedError("contains half a surrogate pair") from error


def _position(event: Any) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def _scalar(event: Any) -> Any:
    text: str = event.value
    tag = event.tag
    if tag is None:
        if not event.implicit[0]:
            return text
    elif tag in {"!", _TAG + "str"}:
        return text
    elif tag not in {_TAG + name for name in ("int", "float", "bool", "null")}:
        raise MalformedError(f'the tag "{shown(tag)}" has no meaning here', _position(event))
    return plain_value(text)


def plain_value(text: str) -> Any:
    """Return what a scalar is that stands without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return spelled_int(text)
    if _FLOAT.fullmatch(text):
        return spelled_float(text)
    return text


class _Builder:
    """The data so far; one value is added per event, without recursion."""

    def __init__(self, marks: Marks | None) -> None:
        self.marks = marks
        self.root: Any = None
        self.stack: list[_Frame] = []
        self.nodes = 0
        self.characters = 0
        self.aliased = 0
        self.aliased_characters = 0
        self.anchors: dict[str, _Anchored] = {}

    def build(self, parser: Any) -> Any:
        documents = 0
        while (event := parser.get_event()) is not None:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self.scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.open(event, {} if kind is yaml.MappingStartEvent else [])
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.close()
            elif kind is yaml.AliasEvent:
                self.alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise MalformedError("a second document begins here", _position(event))
        return self.root

    def scalar(self, event: Any) -> None:
        if self.stack and self.stack[-1].expects_key:
            self.take_key(self.stack[-1], event)
            return
        self.nodes += 1
        self.characters += len(event.value)
        value = _scalar(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, 1, len(event.value), 0)
        self.place(value, event)

    @staticmethod
    def take_key(frame: _Frame, event: Any) -> None:
        key = event.value
        frame.is_merge = key == "<<" and event.implicit[0]
        if not frame.is_merge:
            if key in frame.key_positions:
                raise duplicate_key(key, frame.key_positions[key], _position(event))
            frame.key_positions[key] = _position(event)
        frame.key = key
        frame.expects_key = False

    def open(self, event: Any, value: Any) -> None:
        if event.tag not in {None, "!", _TAG + "map", _TAG + "seq"}:
            raise MalformedError(
                f'the tag "{shown(event.tag)}" has no meaning here', _position(event)
            )
        self.place(value, event)
        if len(self.stack) >= MAX_DEPTH:
            raise MalformedError(f"nested deeper than {MAX_DEPTH} levels", _position(event))
        self.stack.append(
            _Frame(value, event.anchor, (self.nodes, self.characters), _position(event))
        )
        self.nodes += 1

    def close(self) -> None:
        frame = self.stack.pop()
        if frame.anchor is not None:
            nodes, characters = frame.before
            self.anchors[frame.anchor] = _Anchored(
                frame.value, self.nodes - nodes, self.characters - characters, frame.height
            )
        if self.stack:
            parent = self.stack[-1]
            parent.height = max(parent.height, frame.height + 1)
            if type(parent.value) is dict and parent.is_merge:
                self.merge(parent, frame.value, frame.position)

    def alias(self, event: Any) -> None:
        position = _position(event)
        if event.anchor not in self.anchors:
            raise MalformedError(f"*{shown(event.anchor)} stands for nothing complete", position)
        value, size, characters, height = self.anchors[event.anchor]
        self.nodes += size
        self.characters += characters
        self.aliased += size
        self.aliased_characters += characters
        if self.aliased > MAX_ALIASED:
            raise MalformedError(f"aliases repeat more than {MAX_ALIASED:,} values", position)
        if self.aliased_characters > MAX_ALIASED_CHARACTERS:
            raise MalformedError(
                f"aliases repeat more than {MAX_ALIASED_CHARACTERS / 1e6:,.0f} MB of text", position
            )
        if len(self.stack) + height > MAX_DEPTH:
            raise MalformedError(f"nested deeper than {MAX_DEPTH} levels", position)
        if self.stack:
            self.stack[-1].height = max(self.stack[-1].height, height + 1)
        self.place(value, event)

    def place(self, value: Any, event: Any) -> None:
        """Put a value where it belongs in the list or mapping that is being read."""
        frame = self.stack[-1] if self.stack else None
        if frame is None:
            self.root = value
        elif type(frame.value) is list:
            frame.value.append(value)
        elif frame.expects_key:
            raise MalformedError("a key must be plain text", _position(event))
        elif frame.is_merge:
            frame.expects_key = True
            if type(event) not in {yaml.MappingStartEvent, yaml.SequenceStartEvent}:
                self.merge(frame, value, _position(event))
        else:
            frame.value[frame.key] = value
            frame.expects_key = True
        if self.marks is not None and (path := self.path()) in self.marks.wanted:
            self.marks[path] = _position(event)

    @staticmethod
    def merge(frame: _Frame, value: Any, position: Position) -> None:
        """Add what merged mappings have and this one does not state itself, before or after."""
        several = value if type(value) is list else [value]
        for mapping in several:
            if type(mapping) is not dict:
                raise MalformedError("<< takes a mapping or a list of mappings", position)
            for key, merged in mapping.items():
                frame.value.setdefault(key, merged)

    def path(self) -> Path:
        return tuple(
            len(frame.value) - 1 if type(frame.value) is list else frame.key for frame in self.stack
        )
