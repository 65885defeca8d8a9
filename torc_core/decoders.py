"""Types as msgspec reads them, found out by one thread at a time.

What msgspec finds out of a class it keeps with that class, from before it is complete. A second
thread that decodes or converts to the same class meanwhile crashes the process.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

_LOCK = threading.Lock()


def decoder_of(kind: Hashable) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a type, which any thread may use."""
    with _LOCK:
        return _make(kind)


def decode(data: bytes | str, kind: type[T]) -> T:
    """Return JSON as a type, in any thread.

    Raises:
        DecodeError: It is no JSON, or as a ValidationError, not of this type.
    """
    return cast("T", decoder_of(cast("Hashable", kind)).decode(data))


def convert(value: object, kind: type[T], *, from_attributes: bool = False) -> T:
    """Return plain values as a type, in any thread.

    Args:
        value: Plain values.
        kind: The type.
        from_attributes: The values are attributes of an object.

    Raises:
        ValidationError: They are not of this type.
    """
    decoder_of(cast("Hashable", kind))
    return msgspec.convert(value, kind, from_attributes=from_attributes)


@lru_cache(maxsize=512)
def _make(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
