"""Texts with `{parameter}` and `{parameter:format}` in them.

`${...}` belongs to the shell or to references and is never a parameter; neither are braces around
anything that no parameter is called, such as awk programs and JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from torc_core.spec.expansion.parameters import Lengths, Row, Value, show
from torc_core.spec.spelling import number_in

_SLOT = re.compile(r"(?<!\$)\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]*))?\}", re.ASCII)
_FORMAT = re.compile(r"[<>^]?[+-]?0?[0-9]{0,3}(?:\.[0-9]{1,2})?[dfFeEgGsxXob]?", re.ASCII)

_WIDTH = re.compile(r"[0-9]+")


def slot_names(text: str) -> list[str]:
    """Return the names in braces, whether or not a parameter is called so."""
    return [match[1] for match in _SLOT.finditer(text)] if "{" in text else []


def literal_pieces(text: str) -> list[str]:
    """Return what stands before, between and behind the parameters of a text."""
    return _SLOT.sub("\0", text).split("\0")


def show_as(value: Value, spec: str) -> str:
    """Return a value in a format; without one as it is written.

    Raises:
        ValueError: The format is not for values of this kind.
    """
    if not spec:
        return show(value)
    if not _FORMAT.fullmatch(spec):
        raise ValueError(f'"{spec}" is not a format such as 03d or .4f')
    formatted = show(value) if spec.endswith("s") else value
    if isinstance(formatted, str) and not spec.endswith("s"):
        number = number_in(formatted)
        formatted = formatted if number is None else number
    try:
        return format(formatted, spec)
    except (ValueError, OverflowError) as error:
        raise ValueError(f'"{value}" cannot be written in the format "{spec}"') from error


class Template:
    """A text and the parameters that it uses, taken apart once and filled in often."""

    def __init__(
        self, text: str, parameters: Collection[str], quote: Callable[[str], str] = str
    ) -> None:
        """Take a text apart.

        Args:
            text: The text as written.
            parameters: The names that are parameters.
            quote: What makes values stand for themselves where the text is a pattern.
        """
        self.text = text
        self._quote = quote
        self.parameters: set[str] = set()
        self._pieces: list[str | tuple[str, str]] = []
        end = 0
        for match in _SLOT.finditer(text) if parameters and "{" in text else ():
            if match[1] in parameters:
                self._pieces += [text[end : match.start()], (match[1], match[2] or "")]
                self.parameters.add(match[1])
                end = match.end()
        self._pieces.append(text[end:])

    def mean(self, lengths: Mapping[str, Lengths]) -> float:
        """Return how long the text is with values of mean length."""
        return self._length(lambda name: lengths[name].mean)

    def most(self, lengths: Mapping[str, Lengths]) -> int:
        """Return how long the text is with the longest values."""
        return int(self._length(lambda name: lengths[name].most))

    def _length(self, of_value: Callable[[str], float]) -> float:
        return sum(
            len(piece)
            if isinstance(piece, str)
            else max(of_value(piece[0]), int((_WIDTH.search(piece[1]) or "0")[0]))
            for piece in self._pieces
        )

    def fill(self, values: Row) -> str:
        """Return the text with the values in it.

        Raises:
            ValueError: A format is not for values of that kind.
        """
        if not self.parameters:
            return self.text
        return "".join(
            piece if isinstance(piece, str) else self._quote(show_as(values[piece[0]], piece[1]))
            for piece in self._pieces
        )


def fill_data(data: Any, values: Row) -> Any:
    """Return JSON data with the parameters in all its texts filled in."""
    if isinstance(data, str):
        return Template(data, values).fill(values)
    if isinstance(data, list):
        return [fill_data(item, values) for item in data]
    if isinstance(data, dict):
        return {key: fill_data(item, values) for key, item in data.items()}
    return data


def index_of(text: str, written: Sequence[str]) -> int | None:
    """Return which of several texts as written became `text`; None if that cannot be seen."""
    return next((i for i, template in enumerate(written) if can_become(template, text)), None)


def can_become(template: str, text: str) -> bool:
    """Return whether the literal parts of a template stand in a text, in their order."""
    first, *others = literal_pieces(template)
    if not others:
        return template == text
    offset = len(first)
    for part in others:
        offset = text.find(part, offset)
        if offset < 0:
            return False
        offset += len(part)
    return text.startswith(first) and text.endswith(others[-1])


def fill_each(template: Template, several: Sequence[Row]) -> list[str]:
    """Return the different texts that several combinations of values give, in their order."""
    if not template.parameters:
        return [template.text]
    return list(dict.fromkeys(template.fill(values) for values in several))
