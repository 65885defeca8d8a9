"""Characters of a pattern one after the other, under flags; escapes."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from torc_core.spec.patterns.classes import (
    PERL,
    PERL_ASCII,
    CharSet,
    ascii_cases,
    escaped,
    unicode_property,
)

_IGNORED = re.compile("(?:[\t-\r \x85\u200e\u200f\u2028\u2029]|#[^\n]*(?:\n|$))+")
"""What stands between the parts of a pattern under (?x)."""
_HEX = re.compile(
    r"\\(?:[xuU]\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))"
)
_PROPERTY = re.compile(r"\\([pP])(?:\{([^{}]*)\}|([A-Za-z]))")
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}


class Flags(NamedTuple):
    """The flags that hold at one place of a pattern."""

    fold_case: bool = False
    is_multi_line: bool = False
    dot_all: bool = False
    is_crlf: bool = False
    is_unicode: bool = True
    is_verbose: bool = False

    def changed(self, on: str, off: str) -> Flags:
        """Return these flags with some letters switched on and some off."""
        values = self._asdict()
        for letter, field in _FLAG_LETTERS.items():
            if letter in on or letter in off:
                values[field] = letter in on
        return Flags(**values)


_FLAG_LETTERS = {
    "i": "fold_case", "m": "is_multi_line", "s": "dot_all", "R": "is_crlf", "u": "is_unicode",
    "x": "is_verbose",
}  # fmt: skip


class Reader:
    """A pattern and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.flags = Flags()

    def skip_ignored(self) -> None:
        """Step over blanks and comments where they have no meaning."""
        if self.flags.is_verbose and (match := _IGNORED.match(self.text, self.offset)):
            self.offset = match.end()

    def at_end(self) -> bool:
        """Return whether nothing is left that has a meaning."""
        self.skip_ignored()
        return self.offset >= len(self.text)

    def peek(self) -> str:
        """Return the next character, or nothing at the end."""
        return self.text[self.offset : self.offset + 1]

    def peek_escaped(self) -> str:
        """Return the character after a backslash."""
        return self.text[self.offset + 1 : self.offset + 2]

    def take(self) -> str:
        """Return the next character and step over it."""
        letter = self.peek()
        self.offset += 1
        return letter

    def take_escaped(self) -> None:
        """Step over a backslash and a character."""
        self.offset += 2

    def starts(self, beginning: str) -> bool:
        """Return whether the rest begins so."""
        return self.text.startswith(beginning, self.offset)

    def match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Return what matches here, and step over it."""
        match = expression.match(self.text, self.offset)
        if match:
            self.offset = match.end()
        return match

    def rest(self, length: int) -> str:
        """Return the next few characters."""
        return self.text[self.offset : self.offset + length]

    def fail(self, message: str) -> NoReturn:
        """Refuse the pattern.

        Raises:
            ValueError: Always.
        """
        raise ValueError(message)

    def literal(self, code: int) -> str:
        """Return a character as it is matched under the flags."""
        return escaped(code) if not self.flags.fold_case else self.written(CharSet(escaped(code)))

    def written(self, found: CharSet) -> str:
        """Return a set of characters as it is matched under the flags."""
        fold_case, is_unicode = self.flags.fold_case, self.flags.is_unicode
        if fold_case and not is_unicode:  # the Kelvin sign is a K, but not of ASCII
            return ascii_cases(found).written(fold_case=False)
        return found.written(fold_case=fold_case)


def class_escape(reader: Reader) -> CharSet | None:
    r"""Read `\d`, `\p{Greek}` and their like; None when something else stands here."""
    letter = reader.peek_escaped()
    is_unicode = reader.flags.is_unicode
    if letter and letter.lower() in PERL:
        if letter.isupper() and not is_unicode:
            reader.fail(rf"has \{letter} under (?-u), which could match half a character")
        reader.take_escaped()
        return CharSet((PERL if is_unicode else PERL_ASCII)[letter.lower()], letter.isupper())
    if letter not in {"p", "P"}:
        return None
    match = reader.match(_PROPERTY)
    if match is None:
        reader.fail(rf"has \{letter} without a property such as \{letter}{{Letter}}")
    if not is_unicode:
        reader.fail(f"has {match[0]} under (?-u), where letters beyond ASCII are not known")
    found = unicode_property(match[2] if match[2] is not None else match[3])
    if found is None:
        reader.fail(
            f"has {match[0]}, a property that is not known; known are the general categories, "
            r"such as \p{Lu} and \p{Letter}, and the scripts, such as \p{Greek} and \p{Old_Italic}"
        )
    return found._replace(is_negated=found.is_negated != (match[1] == "P"))


def literal_escape(reader: Reader) -> int:
    r"""Return the code of the character that an escape such as `\n` or `\u{e9}` stands for."""
    match = reader.match(_HEX)
    if match:
        code = int(next(digits for digits in match.groups() if digits)[-9:], 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            reader.fail(f"has {match[0]}, which is not a character")
        if code > 0x7F and not reader.flags.is_unicode and match[2]:
            reader.fail(f"has {match[0]} under (?-u), which is half a character")
        return code
    letter = reader.peek_escaped()
    if not letter:
        reader.fail("ends with a backslash")
    if letter in _CONTROLS:
        reader.take_escaped()
        return _CONTROLS[letter]
    if letter.isascii() and letter.isdigit():
        reader.fail("has a back-reference, which is not supported")
    if letter == "Z":
        reader.fail(r"has \Z, which does not exist; write \z")
    if letter.isalnum() or not letter.isascii() or letter in "<>":
        reader.fail(rf"has \{letter}, which has no meaning; write {letter} alone for the character")
    reader.take_escaped()
    return ord(letter)
