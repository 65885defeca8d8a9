"""A JSON object of any size, read one member or item at a time.

The text of one value is in memory at a time. Where it ends follows from its brackets and quotes;
whether it is JSON is left to the decoder that gets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from torc_core.spec.problems import MalformedError

MAX_KEY_BYTES: Final = 1_000
MAX_DEPTH: Final = 100
"""Levels of lists and objects in one value, as in the body of a request."""
MAX_STEPS: Final = 1_000_000
"""How many brackets of one value may be looked at one by one: those of lists and objects that are
not among the two innermost levels."""
_CHUNK = 256 * 1024
_BOM = b"\xef\xbb\xbf"
_BLANKS = re.compile(rb"[ \t\r\n]*+")
_TEXT = rb'"(?:[^"\\]++|\\.)*+"'
_FLAT = rb'[^"\[\]{}]++|%b' % _TEXT
_INNERMOST = rb"%b|[\[{](?:%b)*+[\]}]" % (_FLAT, _FLAT)
_NESTED = rb"%b|[\[{](?:%b)*+[\]}]" % (_INNERMOST, _INNERMOST)
_UP_TO_BRACKET = re.compile(rb"(?:%b)*+[\[\]{}]" % _NESTED, re.DOTALL)
_STRING = re.compile(_TEXT, re.DOTALL)
_WORD = re.compile(rb"[^\s,:\[\]{}\"]++")


class JsonStream:
    """Reads one JSON object from left to right.

    Args:
        source: Its bytes.

    Every method raises MalformedError where the text is not JSON, or beyond a limit.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._buffer = b""
        self._at = 0
        self._passed = 0
        self._is_end = False

    def members(self) -> Iterator[str]:
        """Yield the key of each member; the caller reads its value with another method."""
        self._fill()
        if self._buffer.startswith(_BOM):
            self._at = len(_BOM)
        self._expect(b"{")
        if not self._take(b"}"):
            while True:
                key = self._decoded(self.value(MAX_KEY_BYTES), str)
                self._expect(b":")
                yield key
                if self._take(b"}"):
                    break
                self._expect(b",")
        if self._peek():
            raise self._malformed("something follows the end of the object")

    def items(self, limit: int) -> Iterator[bytes]:
        """Yield the text of each item of a list, none if null stands in place of the list.

        Args:
            limit: How many bytes the text of an item may have.
        """
        if self._peek() == b"n":
            self._decoded(self.value(limit), None)
            return
        self._expect(b"[")
        if self._take(b"]"):
            return
        while True:
            yield self.value(limit)
            if self._take(b"]"):
                return
            self._expect(b",")

    def is_list(self) -> bool:
        """Return whether the next value is a list."""
        return self._peek() == b"["

    def value(self, limit: int) -> bytes:
        """Return the text of the next value, which may have so many bytes."""
        first = self._peek()
        if first in {b"{", b"["}:
            return self._container(limit)
        pattern = _STRING if first == b'"' else _WORD
        while True:
            match = pattern.match(self._buffer, self._at)
            is_whole = match is not None and (first == b'"' or match.end() < len(self._buffer))
            if is_whole or self._is_end:
                break
            self._grow(limit)
        if match is None:
            raise self._malformed("a value is missing or has no end")
        return self._taken(match.end(), limit)

    def _container(self, limit: int) -> bytes:
        depth, length, steps = 1, 1, 0
        while True:
            match = _UP_TO_BRACKET.match(self._buffer, self._at + length)
            if match is None:
                if self._is_end:
                    raise self._malformed("the text ends before the value that begins here")
                self._grow(limit)
                continue
            length = match.end() - self._at
            depth += 1 if match[0][-1:] in b"[{" else -1
            if depth == 0:
                return self._taken(match.end(), limit)
            steps += 1
            if steps > MAX_STEPS:
                raise self._malformed("a value has too many lists and objects")
            if depth > MAX_DEPTH:
                raise self._malformed(f"nested more than {MAX_DEPTH} levels deep")

    def _taken(self, end: int, limit: int) -> bytes:
        """Return the text up to there, and go on behind it."""
        self._check_length(end - self._at, limit)
        text = self._buffer[self._at : end]
        self._at = end
        return text

    def _decoded(self, text: bytes, kind: type[str] | None) -> str:
        try:
            return str(msgspec.json.decode(text, type=kind))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._malformed(str(error)) from error

    def _peek(self) -> bytes:
        """Step over blanks and return the character that follows, nothing at the end."""
        while True:
            match = _BLANKS.match(self._buffer, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if self._is_end:
                return b""
            self._fill()

    def _take(self, character: bytes) -> bool:
        is_there = self._peek() == character
        self._at += is_there
        return is_there

    def _expect(self, character: bytes) -> None:
        if not self._take(character):
            raise self._malformed(f"a {character.decode()} is missing")

    def _grow(self, limit: int) -> None:
        """Read on within a value, twice as much each time, as it is looked at from its start."""
        length = len(self._buffer) - self._at
        self._check_length(length, limit)
        self._fill(min(max(_CHUNK, length), limit + 1 - length))

    def _check_length(self, length: int, limit: int) -> None:
        if length > limit:
            raise self._malformed(f"a value is larger than {limit:,} bytes")

    def _fill(self, size: int = _CHUNK) -> None:
        """Read more; what is kept of the text begins at its present place."""
        kept = self._buffer[self._at :]
        more = self._source.read(size)
        self._is_end = not more
        self._passed += self._at
        self._buffer, self._at = kept + more, 0

    def _malformed(self, message: str) -> MalformedError:
        return MalformedError(f"not valid JSON at byte {self._passed + self._at:,}: {message}")
