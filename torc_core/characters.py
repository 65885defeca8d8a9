"""Which characters of a text can be seen, and which could deceive or command a terminal."""

from __future__ import annotations

import re

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
