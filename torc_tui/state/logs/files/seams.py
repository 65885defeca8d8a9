"""Where a line that is too long to be shown at once is cut; pure."""

from __future__ import annotations

import re
import unicodedata

BEFORE = 2_048
"""Bytes before a cut that decide where it is made."""
AFTER = 4
"""Bytes behind it that do: those of one character."""
_PROGRESS = 1_024
"""A cut moves so far to the beginning of a state of a progress bar."""
_CHARACTERS = 32
"""The most characters that are kept together."""
_JOINER = "\u200d"

_UNFINISHED = re.compile(
    rb"(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x18\x1a\x1b\n]*\x1b?|[ -/]*)"
    rb"|\xc2(?:\x9b[0-?]*[ -/]*|[\x90\x98\x9d-\x9f][^\x07\x18\x1a\x1b\n\xc2]*\xc2?))\Z"
)
"""A sequence for the terminal that has begun and not ended."""


def seam_before(data: bytes, at: int) -> int:
    """Return where to cut, at `at` or up to `BEFORE` bytes earlier, never before a line's start.

    The cut is not inside a sequence for the terminal, a character, or characters that are one
    letter or emoji together, unless these are longer than any that are meant to be read.

    Args:
        data: Bytes of a file. Those from `at` - `BEFORE` to `at` + `AFTER` count.
        at: Where the cut would be made otherwise; before the end of `data`.
    """
    floor = max(at - BEFORE, data.rfind(b"\n", max(0, at - BEFORE), at) + 1, 0)
    back = data.rfind(b"\r", max(floor, at - _PROGRESS), at)
    cut = back if back > floor else _between_letters(data, at, floor)
    unfinished = _UNFINISHED.search(data[floor:cut])
    return floor + unfinished.start() if unfinished else cut


def _between_letters(data: bytes, at: int, floor: int) -> int:
    cut = first = _character_start(data, at, floor)
    for _ in range(_CHARACTERS):
        before = _character_start(data, cut - 1, floor)
        if before < floor or not _belong_together(_decoded(data, before), _decoded(data, cut)):
            return cut
        cut = before
    return first


def _belong_together(before: str, after: str) -> bool:
    is_mark = unicodedata.category(after)[0] == "M" or after in {_JOINER, "\u200c"}
    is_skin = "\U0001f3fb" <= after <= "\U0001f3ff"
    return is_mark or is_skin or before == _JOINER


def _character_start(data: bytes, at: int, floor: int) -> int:
    """Return where the character begins that the byte at `at` belongs to."""
    for start in range(at, max(floor, at - 3) - 1, -1):
        if data[start] & 0xC0 != 0x80:
            return start if start + _length(data[start]) > at else at
    return at


def _length(lead: int) -> int:
    return 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def _decoded(data: bytes, at: int) -> str:
    return data[at : at + _length(data[at])].decode("utf-8", "replace")[:1]
