"""References such as `${files.input.NAME}`, and what was probably meant to be one.

The shell knows no variable with a dot in its name, so nothing of its own language is mistaken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

REFERENCE = re.compile(r"\$\{(files|user_data)\.(input|output)\.([^{}]+)\}")

LIKELY = re.compile(r"[${(]\s*(?:file|user|input|output)", re.IGNORECASE)
"""What every reference and everything like one contains; a quick look."""

_LIKE_ONE = re.compile(
    r"""
      \$\{\s*(?P<section>files?|user[_-]?data|inputs?|outputs?)\s*\.(?P<rest>[^{}()\n$]{1,300})\}
    | (?:\$(?P<bracket>\()\s*|(?P<bare>\$)|(?<!\$)(?P<brace>\{))
      (?P<exact>(?-i:files|user_data))\.(?P<tail>(?-i:input|output)\.[\w.-]{1,255})
      (?(brace)\})(?(bracket)\s*\))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IS_VARIABLE = re.compile(r"\b(?:files|user_data)(?:=|\s+in\s)")
"""The shell has a variable of that name, which `$files.output.txt` begins with."""
_DIRECTION = re.compile(r"\s*(in|out)(?:put)?s?\s*\.\s*(.+)", re.IGNORECASE)


def near_misses(text: str) -> Iterator[tuple[str, str]]:
    """Yield what looks like a reference and is none, each with how one is written."""
    has_variable = _IS_VARIABLE.search(text) is not None
    for match in _LIKE_ONE.finditer(text):
        is_variable = match["bare"] and has_variable
        if not is_variable and not REFERENCE.fullmatch(match[0]):
            rest = match["rest"] or match["tail"]
            yield match[0], _as_reference((match["section"] or match["exact"]).lower(), rest)


def _as_reference(section: str, rest: str) -> str:
    """Return the right spelling, or both where the direction is missing."""
    kind = "user_data" if section.startswith("user") else "files"
    stated = section if section.startswith(("in", "out")) else ""
    match = _DIRECTION.match(f"{stated}.{rest}" if stated else rest)
    if match is not None:
        return f"${{{kind}.{match[1].lower()}put.{match[2].strip()}}}"
    name = rest.strip()
    return f"${{{kind}.input.{name}}} or ${{{kind}.output.{name}}}"
