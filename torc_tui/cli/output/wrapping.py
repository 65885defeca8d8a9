"""Messages for a terminal: broken between words, but never within a command to paste."""

from __future__ import annotations

import os
import re
import sys
from textwrap import TextWrapper

_COMMAND = re.compile(r"(?<=: )torc .*?(?=\.(?: |$)|; |, |$)|`[^`]*`")
"""A command line behind a colon, up to the end of its sentence; or what is in backticks."""
_GLUE = "\0"
"""In place of the spaces of a command; no message has one."""


def fitted(text: str) -> str:
    """Return a message for stderr: broken to the width of the terminal, if that is one."""
    try:
        width = os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    except (OSError, ValueError):
        width = 0
    return "\n".join(wrapped(line, width) for line in text.split("\n")) if width else text


def wrapped(line: str, width: int) -> str:
    """Return a line in pieces that fit, all with its indent; a longer command stays whole. Pure."""
    if len(line) <= width:
        return line
    said = line.lstrip(" ")
    indent = line[: len(line) - len(said)]
    wrapper = TextWrapper(
        width=width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    glued = _COMMAND.sub(lambda found: found[0].replace(" ", _GLUE), said)
    return "\n".join(wrapper.wrap(glued)).replace(_GLUE, " ")
