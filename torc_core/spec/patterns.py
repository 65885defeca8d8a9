"""Regular expressions that select jobs, files and user data by name.

The reference has a linear-time engine without look-around and back-references. Python's engine
tries alternatives one after the other, so patterns are measured before they are used: what could
take time that grows like a power of the name's length is refused, and named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_LENGTH = 1_000
MAX_REPEATS = 2
"""Repeats without end that may stop at several places; the time grows with the length of a name
to this power."""
MAX_CHOICES = 1_000
"""Product of all alternatives and optional parts in one pattern."""

_TOKEN = re.compile(
    r"""
      (?P<escape>\\.)
    | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<open>\((?:\?(?:P<\w+>|<\w+>|[a-zA-Z-]*:|(?P<other>[^:)]*)))?)
    | (?P<close>\))
    | (?P<repeat>[*+?]|\{[0-9]*(?:,[0-9]*)?\})(?P<lazy>[?+]?)
    | (?P<bar>\|)
    | (?P<char>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_FLAGS = re.compile(r"[ims-]*")
_SET_OPERATION = re.compile(r"(?<!\\)\[|--|&&|~~|\|\|")
_ENDS = re.compile(r"^\^?\.\*(?![*+?{])|(?<!\\)\.\*\$?$")


class _Group:
    """What has been seen in a group so far."""

    __slots__ = ("alternatives", "varies")

    def __init__(self) -> None:
        self.alternatives = 1
        self.varies = False


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return a pattern to search names with.

    Raises:
        ValueError: Not a regular expression, one with look-around or back-references, or one
            that could take very long; the message says which.
    """
    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"is {len(pattern)} characters long; at most {MAX_LENGTH} are allowed")
    # A search may begin and end anywhere: `.*` there means nothing and costs time.
    bare = _ENDS.sub("", pattern)
    _measure(list(_TOKEN.finditer(bare)))
    try:
        re.compile(pattern)
        return re.compile(bare)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a regular expression: {error}") from error


def matching(pattern: re.Pattern[str], names: Sequence[str]) -> tuple[int, ...]:
    """Return the positions of the names in which the pattern is found."""
    search = pattern.search
    return tuple([i for i, name in enumerate(names) if search(name)])


def _measure(tokens: list[re.Match[str]]) -> None:
    """Refuse what Python's engine cannot do, or not in reasonable time."""
    repeats = 0
    choices = 1
    groups = [_Group()]
    closed: _Group | None = None
    for i, token in enumerate(tokens):
        kind = token.lastgroup
        before, closed = closed, None
        _refuse_unsupported(token)
        if kind == "lazy":
            least, most = _bounds(token["repeat"])
            if before and most > 1 and (before.varies or before.alternatives > 1):
                raise ValueError(
                    "repeats a group that can match in several ways, which may take forever; "
                    "repeat a single character class instead, such as [a-z_]+"
                )
            if least != most:
                groups[-1].varies = True
                if most > 100:
                    repeats += not _ends_clearly(tokens, i)
                else:
                    choices *= most - least + 1
        elif kind in {"open", "other"}:
            groups.append(_Group())
        elif kind == "close" and len(groups) > 1:
            closed = groups.pop()
            choices *= closed.alternatives
            groups[-1].varies |= closed.varies or closed.alternatives > 1
        elif kind == "bar":
            groups[-1].alternatives += 1
    if repeats > MAX_REPEATS or choices > MAX_CHOICES:
        raise ValueError(
            f"has more than {MAX_REPEATS} repeats that can stop anywhere, or more than "
            f"{MAX_CHOICES:,} alternatives, which may take forever"
        )


def _refuse_unsupported(token: re.Match[str]) -> None:
    other, escape, chars = token["other"], token["escape"], token["set"]
    if token["char"] == "[":
        raise ValueError("has a [ without its ]")
    if other is not None and not _FLAGS.fullmatch(other):
        raise ValueError("has a look-around or another group that is not supported")
    if escape and escape[1] in "123456789":
        raise ValueError("has a back-reference, which is not supported")
    if chars and _SET_OPERATION.search(chars[1:-1]):
        raise ValueError(f"has {chars}, a set within a set, which is not supported; write \\[")


def _ends_clearly(tokens: list[re.Match[str]], i: int) -> bool:
    """Return whether what follows a repeat cannot be part of what is repeated, as in `[0-9]+_`."""
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if after is None or after[0] == "$":
        return True
    atom = tokens[i - 1]
    is_optional = i + 2 < len(tokens) and tokens[i + 2].lastgroup == "lazy"
    if is_optional or atom.lastgroup not in {"escape", "set", "char"}:
        return False
    letter = after[0][-1]
    is_literal = after.lastgroup == "char" and letter not in ".^"
    is_escaped = after.lastgroup == "escape" and not letter.isalnum()
    try:
        return (is_literal or is_escaped) and not re.fullmatch(atom[0], letter, re.IGNORECASE)
    except re.error:
        return False


def _bounds(repeat: str) -> tuple[int, int]:
    """Return the least and the most repetitions; a very large most means without end."""
    if repeat in "*+?":
        return {"*": (0, 10**9), "+": (1, 10**9), "?": (0, 1)}[repeat]
    least, comma, most = repeat[1:-1].partition(",")
    low = min(int(least or 0), 10**9)
    return low, (min(int(most), 10**9) if most else 10**9) if comma else low
