"""Bodies: JSON of the handler's type, regardless of `Content-Type`, and within the limits.

They are decoded straight into the type that the handler takes: that takes half the time of decoding
and converting, and is as strict as the reference, for which the text "1" is not a number.
"""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from itertools import accumulate
from typing import Any

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler

from torc_core.decoders import decoder_of
from torc_core.units import MAX_INTEGER
from torc_server.edge import nulls
from torc_server.edge.lengths import check_lengths
from torc_server.edge.unknown_fields import note_unknown_fields
from torc_server.errors import UnreadableRequestError

MAX_DEPTH = 100
"""How deep JSON may be nested. Programs that read deeper JSON later fail in various ways."""

MAX_CONTAINERS = 2_000_000
"""Lists and objects; each takes 64 bytes or more, however few its own are."""
_LARGE = 1_000_000
"""Bytes; larger bodies are looked through while other requests are served."""
_AT_ONCE = 50_000
_QUOTED = re.compile(rb'"[^"]*+"?')
"""One that does not end reaches to the end of the body, so that each byte is looked at once."""
_LITERAL = re.compile(rb"[-+.0-9eE]{19,}+")
_INTEGER = re.compile(rb"-?[0-9]+")
_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `([^`]*)`")
_ONE_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_MARK = bytes(set(range(256)) - set(b'[]{}"'))
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")
"""As signed bytes: one level down, one level up."""
_MOST_DIGITS = len(str(-MAX_INTEGER - 1))


class BodyRequest(Request[Any, Any, Any]):
    """A request whose JSON is of the type that its handler takes."""

    async def json(self) -> Any:
        """Return the body.

        Raises:
            UnreadableRequestError: It is not JSON, not of the type, or beyond a limit.
            UsageError: A text is too long.
        """
        body = await self.body()
        if len(body) > _LARGE:
            await asyncio.to_thread(check_limits, body)
        else:
            check_limits(body)
        body_type, decoder = _reader(self.route_handler)
        try:
            is_plain = note_unknown_fields(self.scope, body, body_type)
            value = nulls.decode(decoder, body, body_type)
        except UnicodeDecodeError as error:
            raise _unreadable("it is not UTF-8") from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise _unreadable(str(error), **_place(str(error))) from error
        if not is_plain:
            check_lengths(value)
        return value


@lru_cache(maxsize=256)
def _reader(handler: HTTPRouteHandler) -> tuple[Any, msgspec.json.Decoder[Any]]:
    field = handler.parsed_data_field
    assert field is not None
    return field.annotation, decoder_of(field.annotation)


def check_limits(body: bytes) -> None:
    """Refuse what the database, or the strictest client, could not take.

    A few passes over the bytes, each in proportion to their number whatever they are: a regular
    expression that tries again, or a step per value, would let one body hold up the server.

    Raises:
        UnreadableRequestError: Too deep, a character NUL, or an integer of more than 64 bits.
    """
    has_brackets = body.count(b"[") + body.count(b"{") > MAX_DEPTH
    has_long_number = _LONG_NUMBER in body.translate(_ONE_DIGIT)
    if not (has_brackets or has_long_number or b"\\u0000" in body):
        return
    plain = _without_escaped(body)
    if has_brackets and _is_deep(plain):
        raise _unreadable(f"it is nested more than {MAX_DEPTH} levels deep")
    if b"\\u0000" in plain:
        raise _unreadable(
            "it contains the character NUL, which commands and file names cannot contain"
        )
    if has_long_number and not all(map(_is_storable, _LITERAL.findall(_QUOTED.sub(b"", plain)))):
        hint = "Write it as text, or as a number with a fraction."
        raise _unreadable("it contains an integer of more than 64 bits", hint=hint)


def _without_escaped(body: bytes) -> bytes:
    """Return a body without escaped backslashes and quotes: each quote begins or ends a text."""
    return body.replace(rb"\\", b"").replace(rb"\"", b"")


def _is_deep(plain: bytes) -> bool:
    marks = plain.translate(_AS_SQUARE, _NO_MARK)
    # Two quotes in a row may be taken out: whether a bracket is within a text does not change.
    marks = _QUOTED.sub(b"", marks.replace(b'""', b""))
    if len(marks) > 2 * MAX_CONTAINERS:
        raise _unreadable(f"it has more than {MAX_CONTAINERS:,} lists and objects")
    limit, size = MAX_DEPTH, len(marks)
    while marks and limit:  # the innermost pairs are one level; most bodies are three or four
        marks = marks.replace(b"[]", b"")
        limit, before, size = limit - 1, size, len(marks)
        if size > before // 2:
            break
    depth = 0
    for start in range(0, size, _AT_ONCE):  # others have a turn in between
        steps = memoryview(marks[start : start + _AT_ONCE].translate(_STEPS)).cast("b")
        depths = list(accumulate(steps, initial=depth))
        if max(depths) > limit:
            return True
        depth = depths[-1]
    return False


def _is_storable(literal: bytes) -> bool:
    """Return whether a number is not an integer of more than 64 bits."""
    if not _INTEGER.fullmatch(literal):
        return True
    return len(literal) <= _MOST_DIGITS and -MAX_INTEGER - 1 <= int(literal) <= MAX_INTEGER


def _place(finding: str) -> dict[str, str]:
    """Return which field a message of msgspec is about; nothing when it is the whole body."""
    parts = [match[1] for match in (_PATH.search(finding), _MISSING.search(finding)) if match]
    return {"field": ".".join(filter(None, parts))} if any(parts) else {}


def _unreadable(cause: str, **details: str) -> UnreadableRequestError:
    return UnreadableRequestError(f"The body cannot be read: {cause}.", **details)
