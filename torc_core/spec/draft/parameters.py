"""Parameters of a drafted job, typed on one line: `i: 1:10; set: [train, test]`."""

from __future__ import annotations

import re

_APART = re.compile(r"""(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^;"'\[])*""")
_ENTRY = re.compile(r"\s*([^:\s]+)\s*:\s*(.*?)\s*", re.DOTALL)


def split_parameters(text: str) -> dict[str, str]:
    """Return the text of each parameter's values, by its name.

    Raises:
        ValueError: A part has no name and values, or a name stands twice.
    """
    found: dict[str, str] = {}
    for part in _parts(text):
        entry = _ENTRY.fullmatch(part)
        if entry is None or not entry[2]:
            raise ValueError(
                f'"{part}" is not a parameter; write its name, a colon and its values, such as '
                "i: 1:10"
            )
        name, values = entry[1], _unquoted(entry[2])
        if name in found:
            raise ValueError(f'the parameter "{name}" is there twice')
        found[name] = values
    return found


def _parts(text: str) -> list[str]:
    """Return what semicolons separate, but for those in brackets and quotes."""
    parts, at = [], 0
    while at <= len(text):
        match = _APART.match(text, at)
        assert match is not None, "the pattern matches nothing, too"
        end = match.end()
        if end < len(text) and text[end] != ";":  # a quote or a bracket that is not closed
            end = text.find(";", end) if ";" in text[end:] else len(text)
        parts.append(text[at:end].strip())
        at = end + 1
    return [part for part in parts if part]


def _unquoted(values: str) -> str:
    """Return values without the quotes that a file in YAML has around them."""
    if len(values) > 1 and values[0] == values[-1] and values[0] in "\"'":
        return values[1:-1]
    return values
