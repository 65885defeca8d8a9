"""Which characters of a text can be seen, which could deceive, and which a name may have."""

from __future__ import annotations

import re
import unicodedata

HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls, C0 and C1
    "\xad\u180e\u200b\u2060-\u2064\ufeff"  # nothing to see: soft hyphen, widthless blanks, marks
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional: what is read is not the text
    "\u2028\u2029"  # line and paragraph separators
    "\u206a-\u206f\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # old layout controls
    "\U000e0001\U000e0020-\U000e007f"  # tags: a text that is invisible
    "\ud800-\udfff"  # lone surrogates: bytes that were no UTF-8
    "]"
)
"""One character that is not shown as it is.

The categories Cc, Cs, Zl and Zp, and of Cf all but what belongs to writing: the joiners of
Persian, of Indian scripts and of emoji, and the signs that enclose or precede numbers in Arabic
and other scripts. Blanks of every width, private characters and unassigned ones (such as the
emoji of next year) are shown.
"""


def is_shown(text: str) -> bool:
    """Return whether a text can be shown on one line as it is."""
    return HIDDEN.search(text) is None


def escape_hidden(text: str) -> str:
    r"""Return text on one line, with escapes such as \x1b for what is hidden."""
    return HIDDEN.sub(lambda hidden: hidden[0].encode("unicode_escape").decode("ascii"), text)


def escape_hidden_json(text: str) -> str:
    """Return JSON of one line with JSON's own escapes for what is hidden; its value is the same."""
    return HIDDEN.sub(lambda hidden: json_escape(hidden[0]), text)


def json_escape(character: str) -> str:
    r"""Return how JSON writes a character in ASCII, such as \u001b."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(rf"\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates. They change the order in which the rest of a line is shown,
so that one command looks like another. The marks U+200E and U+200F reorder nothing but themselves.
"""
_NOT_IN_NAMES = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Controls, separators of lines, what reorders, and halves of surrogate pairs. Other characters
that are hidden when shown disguise nothing, and some paths have them."""


def forbidden_in_name(text: str) -> str | None:
    """Return the first character that a name or a path may not have, None if there is none."""
    found = _NOT_IN_NAMES.search(text)
    return found[0] if found else None


def code_point(character: str) -> str:
    """Return the usual notation of a character, such as U+202E."""
    return f"U+{ord(character):04X}"


def composed(text: str) -> str:
    """Return a name in the form in which names are compared: NFC, accents and letters as one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
