r"""The syntax of Rust's regex crate, written in the syntax of RE2.

The two differ where a difference is silent: `\d` and `\w` know all scripts in Rust, `[a&&b]` is an
intersection, `(?x)` and `\u{e9}` exist. So a pattern is parsed with Rust's rules and rewritten in
the few constructs that mean the same in RE2. Only whether a pattern is found matters here:
captures and laziness are left out.

Source: https://docs.rs/regex/latest/regex/#syntax and https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import NamedTuple, NoReturn

from torc_core.spec.patterns.brackets import read_brackets
from torc_core.spec.patterns.reading import Flags, Reader, class_escape, literal_escape

MAX_NESTING = 250
"""Groups within groups; the reference's own limit."""
MAX_SIZE = 5_000
"""Characters that a pattern has when all its repetitions are written out."""
_WIDE = 16
r"""As many count a `\w` or `\p{...}`, for which RE2 needs some hundred steps; `\w{1,255}` fits."""
_LONG = 80
_START = r"\A"

_MAX_REPEAT = 1_000
"""What RE2 takes as the product of nested counts."""
_FLAGS = re.compile(r"\(\?([imsRUux]*)(-?)([imsRUux]*)([:)])")
_NAMED = re.compile(r"\(\?P?<([^\W\d][\w.\[\]]*)>")
_REFUSED_GROUPS = (
    ("(?=", "look-ahead"),
    ("(?!", "look-ahead"),
    ("(?<=", "look-behind"),
    ("(?<!", "look-behind"),
    ("(?P=", "a back-reference"),
)
_BOUNDARY = re.compile(r"\{([A-Za-z-]+)\}")
_BOUNDARIES = {
    "start": r"\b before a letter or digit",
    "end": r"\b after a letter or digit",
    "start-half": r"(?:^|\W)",
    "end-half": r"(?:$|\W)",
}
_COUNT = re.compile(r"\{ *(?:([0-9]+) *(?:(,) *([0-9]*) *)?|(,) *([0-9]+) *)\}")


class Translation(NamedTuple):
    """A pattern in RE2's syntax."""

    text: str
    has_word_boundary: bool
    r"""Whether it has a `\b` or `\B` that in Rust knows the letters of all scripts."""
    prefix: str
    """What every text begins with in which the pattern is found."""


class _Part(NamedTuple):
    """A piece of the translation that may be repeated."""

    text: str
    size: int = 1
    """Characters when written out."""
    repeat: int = 1
    """The product of the counts in it."""
    literal: str = ""
    """The character that it is, if it is one."""


class _Group:
    """A group that is being read: the alternatives so far, and the flags outside."""

    def __init__(self, flags: Flags, offset: int) -> None:
        self.flags = flags
        self.offset = offset
        self.done: list[list[_Part]] = []
        self.parts: list[_Part] = []

    def joined(self) -> _Part:
        alternatives = [*self.done, self.parts]
        parts = [part for several in alternatives for part in several]
        text = "|".join("".join(part.text for part in several) for several in alternatives)
        return _Part(
            f"(?:{text})",
            max(1, sum(part.size for part in parts)),
            max((part.repeat for part in parts), default=1),
        )


def translate(pattern: str) -> Translation:
    """Return a pattern of Rust's regex crate in RE2's syntax.

    Raises:
        ValueError: Not a pattern there, or one that RE2 cannot run; the message names the construct
            and, where there is one, what to write instead.
    """
    return _Translator(pattern).translate()


def quote(value: str) -> str:
    """Return a pattern that finds exactly this text, in brackets, groups and `(?x)` too."""
    return "".join(
        character
        if character == "_" or character.isalnum()
        else f"\\{character}"
        if "!" <= character <= "~" and character not in "<>"
        else f"\\x{{{ord(character):x}}}"
        for character in value
    )


class _Translator:
    """Reads a pattern from left to right; open groups are on a stack."""

    def __init__(self, pattern: str) -> None:
        self.reader = Reader(pattern)
        self.stack = [_Group(self.reader.flags, 0)]
        self.names: set[str] = set()
        self.has_word_boundary = False

    def translate(self) -> Translation:
        reader = self.reader
        while not reader.at_end():
            letter = reader.peek()
            if letter == "(":
                self.open()
            elif letter == ")":
                self.close()
            elif letter == "|":
                reader.take()
                self.stack[-1].done.append(self.stack[-1].parts)
                self.stack[-1].parts = []
            elif letter in "*+?{":
                self.repeat()
            else:
                self.add(self.atom(letter))
        if len(self.stack) > 1:
            reader.fail("has a ( without its )")
        whole = self.stack[0].joined()
        self.check_size(whole)
        return Translation(whole.text, self.has_word_boundary, self.prefix())

    def prefix(self) -> str:
        """Return the literal characters after a `^` at the beginning."""
        start, *others = [*self.stack[0].parts, _Part("")]
        if self.stack[0].done or start.text != _START:
            return ""
        return "".join(part.literal for part in takewhile(lambda p: p.literal, others))

    def add(self, part: _Part) -> None:
        self.stack[-1].parts.append(part)

    def open(self) -> None:
        """Read the beginning of a group, or flags for the rest of one."""
        reader = self.reader
        flags = reader.flags
        if reader.starts("(?"):
            named = reader.match(_NAMED)
            changed = None if named else reader.match(_FLAGS)
            if named:
                if named[1] in self.names:
                    reader.fail(f"has two groups named {named[1]}")
                self.names.add(named[1])
            elif changed:
                reader.flags = self.flags_of(changed)
                if changed[4] == ")":
                    self.add(_Part("", 0))
                    return
            else:
                self.refuse_group()
        else:
            reader.take()
        if len(self.stack) > MAX_NESTING:
            reader.fail(f"has groups nested deeper than {MAX_NESTING}")
        self.stack.append(_Group(flags, reader.offset))

    def flags_of(self, changed: re.Match[str]) -> Flags:
        on, minus, off, end = changed.groups()
        letters = on + off
        if (minus and not off) or (end == ")" and not letters):
            self.reader.fail(f"has {changed[0]}, which sets no flag")
        if len(set(letters)) != len(letters):
            self.reader.fail(f"has {changed[0]}, with a flag twice")
        return self.reader.flags.changed(on, off)

    def refuse_group(self) -> NoReturn:
        for beginning, what in _REFUSED_GROUPS:
            if self.reader.starts(beginning):
                self.reader.fail(f"has {what}, {beginning}...), which is not supported")
        self.reader.fail(
            f"has {self.reader.rest(4)}, which begins no group; write (...), (?:...), (?<name>...) "
            "or flags such as (?i)"
        )

    def close(self) -> None:
        if len(self.stack) == 1:
            self.reader.fail("has a ) without its (")
        self.reader.take()
        group = self.stack.pop()
        self.reader.flags = group.flags
        whole = group.joined()
        self.check_size(whole)
        self.add(whole)

    def repeat(self) -> None:
        """Read a repetition and apply it to the part before."""
        reader = self.reader
        parts = self.stack[-1].parts
        if not parts or not parts[-1].text:
            reader.fail(
                f"has {reader.peek()} with nothing before it to repeat; "
                f"write \\{reader.peek()} for the character"
            )
        operator = reader.take()
        if operator == "{":
            reader.offset -= 1
            least, most = self.count()
        else:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[operator]
        if reader.starts("?"):
            reader.take()
        parts[-1] = _repeated(parts[-1], least, most)
        self.check_size(parts[-1])

    def count(self) -> tuple[int, int | None]:
        reader = self.reader
        match = reader.match(_COUNT)
        if match is None:
            reader.fail(
                r"has { without a count such as {2}, {2,} or {0,5}; write \{ for the character"
            )
        least = int((match[1] or "0")[:9])
        stated = match[3] or match[5]
        most = int(stated[:9]) if stated else None if match[2] else least
        if most is not None and most < least:
            reader.fail(f"has {match[0]}, which ends before it begins")
        reader.skip_ignored()
        return least, most

    def check_size(self, part: _Part) -> None:
        if part.size > MAX_SIZE:
            self.reader.fail(
                f"has more than {MAX_SIZE:,} characters when its repetitions are written out; "
                "repeat less often, or with *"
            )

    def atom(self, letter: str) -> _Part:
        """Read what matches one character or one position."""
        reader = self.reader
        if letter == "[":
            return _set(reader.written(read_brackets(reader, MAX_NESTING)))
        if letter == "\\":
            return self.escape()
        reader.take()
        if letter == ".":
            return _Part(self.any_character())
        if letter in "^$":
            return _Part(self.line_edge(letter))
        return self.literal(ord(letter))

    def literal(self, code: int) -> _Part:
        is_exact = not self.reader.flags.fold_case
        return _Part(self.reader.literal(code), literal=chr(code) if is_exact else "")

    def any_character(self) -> str:
        flags = self.reader.flags
        if not flags.is_unicode:
            self.reader.fail("has . under (?-u), which could match half a character")
        if flags.dot_all:
            return "(?s:.)"
        return r"[^\r\n]" if flags.is_crlf else r"[^\n]"

    def line_edge(self, letter: str) -> str:
        flags = self.reader.flags
        if not flags.is_multi_line:
            return _START if letter == "^" else r"\z"
        if flags.is_crlf:
            self.reader.fail(
                f"has {letter} under both (?m) and (?R), which is not supported; names have one "
                "line, so leave out the flags"
            )
        return f"(?m:{letter})"

    def escape(self) -> _Part:
        reader = self.reader
        found = class_escape(reader)
        if found is not None:
            return _set(reader.written(found))
        letter = reader.peek_escaped()
        if letter in {"A", "z"}:
            reader.take_escaped()
            return _Part(rf"\{letter}")
        if letter in {"b", "B"}:
            return _Part(self.boundary(letter))
        if letter in {"<", ">"}:
            word = "start" if letter == "<" else "end"
            reader.fail(rf"has \{letter}, which is not supported; write {_BOUNDARIES[word]}")
        return self.literal(literal_escape(reader))

    def boundary(self, letter: str) -> str:
        reader = self.reader
        reader.take_escaped()
        special = reader.match(_BOUNDARY) if letter == "b" else None
        if special:
            if special[1] not in _BOUNDARIES:
                reader.fail(rf"has \b{special[0]}, which is not a boundary")
            reader.fail(
                rf"has \b{special[0]}, which is not supported; write {_BOUNDARIES[special[1]]}"
            )
        self.has_word_boundary |= reader.flags.is_unicode
        return rf"\{letter}"


def _set(text: str) -> _Part:
    """Return a set of characters, whose size depends on how many RE2 has to tell apart."""
    return _Part(text, _WIDE if len(text) > _LONG or r"\p" in text.lower() else 1)


def _repeated(part: _Part, least: int, most: int | None) -> _Part:
    """Return a part repeated, with counts split where RE2 does not take them."""
    count = max(least, 1) if most is None else most
    size = part.size * max(count, 1)
    if size > MAX_SIZE:
        return part._replace(size=size)
    if most is None and least <= 1:
        return _Part(f"(?:{part.text}{'+' if least else '*'})", size, part.repeat)
    step = max(1, _MAX_REPEAT // part.repeat)
    texts = [f"{part.text}{{{n}}}" for n in _chunks(least, step)]
    if most is None:
        texts.append(f"{part.text}*")
    else:
        texts += [f"{part.text}{{0,{n}}}" for n in _chunks(most - least, step)]
    return _Part(f"(?:{''.join(texts)})", size, part.repeat * min(step, max(count, 1)))


def _chunks(count: int, step: int) -> list[int]:
    """Return numbers of at most `step` that add up to a count."""
    whole, rest = divmod(count, step)
    return [step] * whole + [rest] * bool(rest)
