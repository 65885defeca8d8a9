"""Plain data to JSON and JSON5 text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from torc_core.characters import escape_hidden_json
from torc_core.spec.spelling import SpelledFloat, SpelledInt

_INDENT = "  "
_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_JSON5_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+"
    r"|(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
)


def write_json(tree: Any) -> str:
    """Return data as JSON."""
    return _Writer(_JSON_NUMBER, _text, last="").value(tree, "\n") + "\n"


def write_json5(tree: Any) -> str:
    """Return data as JSON5: with bare keys, and commas behind last entries."""
    return _Writer(_JSON5_NUMBER, _bare_key, last=",").value(tree, "\n") + "\n"


def json_value(value: Any, indentation: str, *, has_bare_keys: bool) -> str:
    """Return a value that stands in JSON, JSON5 or brackets of YAML.

    Args:
        value: The data.
        indentation: Of the line on which the value begins.
        has_bare_keys: Write keys without quotes, which JSON does not know.
    """
    key = _bare_key if has_bare_keys else _text
    return _Writer(_JSON_NUMBER, key, last="").value(value, f"\n{indentation}")


def _bare_key(text: str) -> str:
    return text if _KEY.fullmatch(text) else _text(text)


class _Writer:
    """Writes in one of both.

    Args:
        number: Spellings of numbers that stay as they are; others become text.
        key: Writes a key.
        last: What follows the last entry of a list or object.
    """

    def __init__(self, number: re.Pattern[str], key: Callable[[str], str], *, last: str) -> None:
        self._number = number
        self._key = key
        self._last = last

    def value(self, value: Any, line: str) -> str:
        """Return a value as text; `line` is the end of a line and the indentation behind it."""
        if isinstance(value, dict) and value:
            entries = (
                f"{self._key(key)}: {self.value(each, line + _INDENT)}"
                for key, each in value.items()
            )
            return self._container("{", entries, "}", line)
        if isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
            items = (self.value(each, line + _INDENT) for each in value)
            return self._container("[", items, "]", line)
        if isinstance(value, list):
            return f"[{', '.join(self.value(each, line) for each in value)}]"
        if isinstance(value, SpelledInt | SpelledFloat):
            is_known = self._number.fullmatch(value.spelling)
            return value.spelling if is_known else _text(value.spelling)
        return _text(value)

    def _container(self, opening: str, entries: Any, closing: str, line: str) -> str:
        inner = line + _INDENT
        return f"{opening}{inner}{f',{inner}'.join(entries)}{self._last}{line}{closing}"


def _text(value: Any) -> str:
    return escape_hidden_json(json.dumps(value, ensure_ascii=False))
