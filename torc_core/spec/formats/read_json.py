"""JSON and JSON5 text to plain data.

What the standard library reads as JSON is done there, in C. Everything else, and every error, is
the business of one linear reader of JSON5, which knows where each value stands.
"""

from __future__ import annotations

import json
import re
from typing import Any

from torc_core.spec.problems import (
    MAX_DEPTH,
    Lines,
    MalformedError,
    Marks,
    Path,
    duplicate_key,
    shown,
)
from torc_core.spec.spelling import spelled, spelled_float, spelled_int

_SKIP = r"(?:[\s\ufeff]++|//[^\n\r\u2028\u2029]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+"
_STRING = r""""((?:[^"\\\n\r]++|\\(?:\r\n|[\s\S]))*+)"|'((?:[^'\\\n\r]++|\\(?:\r\n|[\s\S]))*+)'"""
_WORD = r"[\w$\u200c\u200d]++"
_DECIMAL = r"(?:(?:0|[1-9][0-9]*+)(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?"
_NUMBER = rf"[-+]?(?:0[xX][0-9a-fA-F]++|{_DECIMAL}|Infinity|NaN)"
KEY = re.compile(rf"{_SKIP}(?:{_STRING}|({_WORD})){_SKIP}:")
VALUE = re.compile(
    rf"""{_SKIP}(?:
      {_STRING}
    | ({_NUMBER}(?![\w$.]))
    | (true|false|null)(?![\w$])
    | ([\[{{])
    )""",
    re.VERBOSE,
)
COMMA_OR_END = re.compile(rf"{_SKIP}([,\]}}])")
_END = re.compile(rf"{_SKIP}([\]}}])")
NOTHING = re.compile(_SKIP)

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_ESCAPED = {
    "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0",
    "\n": "", "\r": "", "\r\n": "", "\u2028": "", "\u2029": "",
}  # fmt: skip
_CONSTANTS = {"true": True, "false": False, "null": None}
_MAX_DIGITS = 400


class _RepeatedKeyError(ValueError):
    """An object has a key twice; the slow reader says where."""


def read_json(text: str, marks: Marks | None = None) -> Any:
    """Return the data of a JSON or JSON5 text.

    Args:
        text: The whole file.
        marks: Filled with the places of all values when given.

    Raises:
        MalformedError: Not JSON5, a key twice, or more than `MAX_DEPTH` levels.
    """
    if marks is None:
        try:
            return json.loads(
                text,
                object_pairs_hook=_object,
                parse_int=spelled_int,
                parse_float=spelled_float,
            )
        except (ValueError, RecursionError):
            pass
    return _Reader(text, marks).read()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKeyError
    return found


class _Reader:
    """Reads one text from left to right; the containers that are open are on a stack."""

    def __init__(self, text: str, marks: Marks | None) -> None:
        self.text = text
        self.position = Lines(text).at
        self.marks = marks
        self.offset = 0
        self.stack: list[tuple[Any, str]] = []  # container, key of the value being read
        self.key_offsets: list[dict[str, int]] = []

    def read(self) -> Any:
        root = self.value()
        while self.stack:
            container, _ = self.stack[-1]
            if type(container) is dict:
                self.member(container)
            else:
                self.item(container)
        end = self.skipped(self.offset)
        if end < len(self.text):
            raise self.unexpected("nothing more")
        return root

    def member(self, container: dict[str, Any]) -> None:
        """Read the next member of an object, or its end."""
        if container and not self.comma():
            return
        if self.ends("}"):
            return
        match = KEY.match(self.text, self.offset)
        if match is None:
            raise self.unexpected("a key and a colon, or }")
        key = self.string(match, match[1], match[2]) if match[3] is None else match[3]
        start = self.skipped(self.offset)
        if match[3] is not None and match[3][0].isdigit():
            raise self.unexpected("a key")
        first = self.key_offsets[-1].setdefault(key, start)
        if first != start:
            raise duplicate_key(key, self.position(first), self.position(start))
        self.offset = match.end()
        self.stack[-1] = (container, key)
        container[key] = None
        container[key] = self.value()

    def item(self, container: list[Any]) -> None:
        """Read the next item of a list, or its end."""
        if container and not self.comma():
            return
        if self.ends("]"):
            return
        container.append(None)
        container[-1] = self.value()

    def comma(self) -> bool:
        """Read what follows a value; return whether the container may continue."""
        match = COMMA_OR_END.match(self.text, self.offset)
        closing = "}" if type(self.stack[-1][0]) is dict else "]"
        if match is None or match[1] not in {",", closing}:
            raise self.unexpected(f"a comma or {closing}")
        if match[1] == ",":
            self.offset = match.end()
            return True
        self.close(match.end())
        return False

    def ends(self, closing: str) -> bool:
        match = _END.match(self.text, self.offset)
        if match is None or match[1] != closing:
            return False
        self.close(match.end())
        return True

    def close(self, end: int) -> None:
        self.offset = end
        self.stack.pop()
        self.key_offsets.pop()

    def value(self) -> Any:
        """Read a value, or the beginning of a container."""
        match = VALUE.match(self.text, self.offset)
        if match is None:
            raise self.unexpected("a value")
        if self.marks is not None and (path := self.path()) in self.marks.wanted:
            self.marks[path] = self.position(self.skipped(self.offset))
        double, single, number, constant, opening = match.groups()
        if opening:
            if len(self.stack) >= MAX_DEPTH:
                raise MalformedError(
                    f"nested deeper than {MAX_DEPTH} levels", self.position(match.end() - 1)
                )
            container: Any = {} if opening == "{" else []
            self.stack.append((container, ""))
            self.key_offsets.append({})
            self.offset = match.end()
            return container
        if number:
            value: Any = self.number(match.end(), number)
        elif constant:
            value = _CONSTANTS[constant]
        else:
            value = self.string(match, double, single)
        self.offset = match.end()
        return value

    def string(self, match: re.Match[str], double: str | None, single: str | None) -> str:
        raw = double if double is not None else single or ""
        try:
            return unescaped(raw)
        except ValueError as error:
            raise MalformedError(str(error), self.position(match.end() - len(raw) - 1)) from error

    def number(self, end: int, text: str) -> int | float:
        if len(text) > _MAX_DIGITS:
            raise MalformedError(
                f"a number of {len(text):,} characters", self.position(end - len(text))
            )
        bare = text.lstrip("+-")
        if bare[:2] in {"0x", "0X"}:
            return spelled(-int(bare, 16) if text[0] == "-" else int(bare, 16), text)
        if bare.isdigit():
            return spelled_int(text)
        return spelled(float(text.replace("Infinity", "inf").replace("NaN", "nan")), text)

    def path(self) -> Path:
        return tuple(
            key if type(container) is dict else len(container) - 1 for container, key in self.stack
        )

    def skipped(self, offset: int) -> int:
        match = NOTHING.match(self.text, offset)
        return match.end() if match else offset

    def unexpected(self, expected: str) -> MalformedError:
        """Return the problem of something else standing where `expected` belongs."""
        offset = self.skipped(self.offset)
        if offset >= len(self.text):
            return MalformedError(f"the text ends where {expected} belongs", self.position(offset))
        rest = self.text[offset : offset + 40]
        if rest.startswith("/*"):
            found = "a comment without its end"
        elif rest[0] in "\"'" and not re.compile(_STRING).match(self.text, offset):
            found = "text without its closing quote"
        else:
            word = re.match(r"[\w$.+-]+|.", rest, re.DOTALL)
            found = f'"{shown(word[0] if word else rest[0])}"'
        return MalformedError(f"{found} where {expected} belongs", self.position(offset))


def unescaped(raw: str) -> str:
    """Return the text that a quoted string, given without its quotes, stands for.

    Raises:
        ValueError: An escape is not complete.
    """
    if "\\" not in raw:
        return raw
    text = _ESCAPE.sub(_unescape, raw)
    if any("\ud800" <= c <= "\udbff" for c in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        return chr(int(code, 16))
    letter = match[3]
    if letter in "ux" or letter in "123456789":
        raise ValueError(f'"\\{letter}" is not a complete escape')
    return _ESCAPED.get(letter, letter)
