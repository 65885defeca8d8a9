"""Bodies: JSON of the handler's type, regardless of `Content-Type`, and within the limits.

They are decoded straight into the type that the handler takes: that takes half the time of decoding
and converting, and is as strict as the reference, for which the text "1" is not a number.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler

from torc_core.units import MAX_INTEGER
from torc_server.edge.unknown_fields import note_unknown_fields
from torc_server.errors import UnreadableRequestError

MAX_DEPTH = 100
"""How deep JSON may be nested. Programs that read deeper JSON later fail in various ways."""

_LARGE = 1_000_000
"""Bytes; larger bodies are looked through while other requests are served."""
_AT_ONCE = 50_000
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
"""One that does not end reaches to the end of the body, so that each byte is looked at once."""
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `([^`]*)`")
_ONE_DIGIT = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19
_DEEPER = dict.fromkeys(b"[{", 1) | dict.fromkeys(b"]}", -1)
_NO_BRACKET = bytes(set(range(256)) - set(_DEEPER))


class BodyRequest(Request[Any, Any, Any]):
    """A request whose JSON is of the type that its handler takes."""

    async def json(self) -> Any:
        """Return the body.

        Raises:
            UnreadableRequestError: It is not JSON, not of the type, or beyond a limit.
        """
        body = await self.body()
        if len(body) > _LARGE:
            await asyncio.to_thread(check_limits, body)
        else:
            check_limits(body)
        body_type, decoder = _reader(self.route_handler)
        try:
            note_unknown_fields(self.scope, body, body_type)
            return decoder.decode(body)
        except UnicodeDecodeError as error:
            raise _unreadable("it is not UTF-8") from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise _unreadable(str(error), **_place(str(error))) from error


@lru_cache(maxsize=256)
def _reader(handler: HTTPRouteHandler) -> tuple[Any, msgspec.json.Decoder[Any]]:
    field = handler.parsed_data_field
    assert field is not None
    return field.annotation, msgspec.json.Decoder(field.annotation)


def check_limits(body: bytes) -> None:
    """Refuse what the database, or the strictest client, could not take.

    Each check begins with a quick one that suspects too much; hardly any body needs the exact one.

    Raises:
        UnreadableRequestError: Too deep, a character NUL, or an integer of more than 64 bits.
    """
    if _may_be_deep(body) and _is_deep(_STRING.sub(b"", body)):
        raise _unreadable(f"it is nested more than {MAX_DEPTH} levels deep")
    if b"\\u0000" in body and _NUL.search(body):
        raise _unreadable(
            "it contains the character NUL, which commands and file names cannot contain"
        )
    if _LONG_NUMBER in body.translate(_ONE_DIGIT):
        for number in _whole_numbers(_decoded(body)):
            if not -MAX_INTEGER - 1 <= number <= MAX_INTEGER:
                raise _unreadable("it contains an integer of more than 64 bits")


def _may_be_deep(body: bytes) -> bool:
    """Return whether there are brackets enough, those in texts included."""
    return body.count(b"[") + body.count(b"{") > MAX_DEPTH


def _is_deep(body: bytes) -> bool:
    brackets = body.translate(None, _NO_BRACKET)
    depth = 0
    for start in range(0, len(brackets), _AT_ONCE):  # others have a turn in between
        part = map(_DEEPER.__getitem__, brackets[start : start + _AT_ONCE])
        depths = list(accumulate(part, initial=depth))
        if max(depths) > MAX_DEPTH:
            return True
        depth = depths[-1]
    return False


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return None  # decoding it for use reports why


def _whole_numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _whole_numbers(inner)


def _place(finding: str) -> dict[str, str]:
    """Return which field a message of msgspec is about; nothing when it is the whole body."""
    parts = [match[1] for match in (_PATH.search(finding), _MISSING.search(finding)) if match]
    return {"field": ".".join(filter(None, parts))} if any(parts) else {}


def _unreadable(cause: str, **details: str) -> UnreadableRequestError:
    return UnreadableRequestError(f"The body cannot be read: {cause}.", **details)
