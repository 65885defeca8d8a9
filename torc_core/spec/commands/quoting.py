"""What the shell makes of a path at the place in a command where it is filled in.

Source of what is special where: POSIX.1-2017, Shell Command Language, 2.2 Quoting; bash(1), Brace
Expansion and QUOTING.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache

from torc_core.spec.commands.references import REFERENCE


class Quotes(Enum):
    """The quotes around a place in a command."""

    NONE = auto()
    SINGLE = auto()
    DOUBLE = auto()
    ANSI = auto()
    """`$'...'`, in which a backslash escapes."""


_SPECIAL: Mapping[Quotes, re.Pattern[str]] = {
    Quotes.NONE: re.compile(r"""[ |&;<>()$`"'\\*?\[]|\{(?=.*(?:,|\.\.).*\})"""),
    Quotes.DOUBLE: re.compile(r'[$`"\\]'),
    Quotes.SINGLE: re.compile(r"'"),
    Quotes.ANSI: re.compile(r"['\\]"),
}
_ANY_SPECIAL = re.compile(r"""[ |&;<>()$`"'\\*?\[{]|\A[-#~]""")
_STARTS_WORD = re.compile(r"""(?:\A|[\s;|&(`])['"]?\Z""")
_IS_REDIRECTED = re.compile(r"""[<>]\|?[ \t]*['"]?\Z""")
_TOKEN = re.compile(
    rf"""
      (?P<reference>{REFERENCE.pattern})
    | (?P<escape>\\.)
    | (?P<comment>(?<![^\s;&|(])\#[^\n]*)
    | (?P<here><<<|<<-?[ \t]*(?P<quote>['"\\]?)(?P<word>[\w.-]+)['"]?)
    | (?P<mark>\$['"(]|['"()`\n])
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENS = {"'": Quotes.SINGLE, "$'": Quotes.ANSI, '"': Quotes.DOUBLE, '$"': Quotes.DOUBLE}
_CLOSES = {Quotes.SINGLE: "'", Quotes.ANSI: "'", Quotes.DOUBLE: '"'}


_SEEN_BEFORE = 100
"""Characters before a reference in which a redirection, a quote or a blank is looked for."""


def may_be_special(path: str) -> bool:
    """Return whether a path could mean something to the shell anywhere; a quick look."""
    return _ANY_SPECIAL.search(path) is not None


def fault_at(command: str, reference: re.Match[str], path: str) -> str | None:
    """Return why a path cannot stand where a reference stands; None if it can.

    Args:
        command: The whole command, with its references.
        reference: Where the path is filled in.
        path: The path.
    """
    quotes = quotes_around(command).get(reference.start())
    if quotes is None:
        return None
    special = {match[0] for match in _SPECIAL[quotes].finditer(path)}
    before = command[max(0, reference.start() - _SEEN_BEFORE) : reference.start()]
    starts_word = _STARTS_WORD.search(before) is not None
    if quotes is Quotes.NONE and starts_word and path.startswith(("#", "~")):
        special.add(path[0])
    if special:
        where = "here" if quotes is Quotes.NONE else "between these quotes"
        listed = " ".join(sorted("blank" if each == " " else each for each in special))
        return f"has characters that mean something to the shell {where} ({listed}); {_mend(path)}"
    if path.startswith("-") and starts_word and not _IS_REDIRECTED.search(before):
        return "begins with -, which programs take for an option; write ./ before it in the path"
    return None


def _mend(path: str) -> str:
    if not _SPECIAL[Quotes.SINGLE].search(path):
        return "put single quotes around the reference, '${...}'"
    if not _SPECIAL[Quotes.DOUBLE].search(path):
        return 'put double quotes around the reference, "${...}"'
    return "give the file another name"


@lru_cache(maxsize=1)  # one command may have thousands of references
def quotes_around(command: str) -> Mapping[int, Quotes]:
    """Return the quotes around each reference of a command, by offset.

    References in comments and here-documents are left out.
    """
    found: dict[int, Quotes] = {}
    stack: list[str] = []  # what is open: an opening quote, "(" or a backquote
    here: list[str] = []
    position = 0
    while (token := _TOKEN.search(command, position)) is not None:
        position = token.end()
        mark = token["mark"] or ""
        quotes = _OPENS.get(stack[-1], Quotes.NONE) if stack else Quotes.NONE
        if token["reference"]:
            found[token.start()] = quotes
        elif quotes is not Quotes.NONE:
            if mark and mark[-1] == _CLOSES[quotes]:
                stack.pop()
                position = token.start() + len(mark)
            elif mark in {"$(", "`"} and quotes is Quotes.DOUBLE:
                _open_or_close(stack, mark)
            elif not token["escape"] or quotes is Quotes.SINGLE:
                position = token.start() + 1
        elif token["word"]:
            here.append(token["word"])
        elif mark == "\n":
            position = _end_of_here_documents(command, position, here)
            here.clear()
        elif mark:
            _open_or_close(stack, mark)
    return found


def _open_or_close(stack: list[str], mark: str) -> None:
    if mark == ")":
        if stack and stack[-1] == "(":
            stack.pop()
    elif mark == "`" and stack and stack[-1] == "`":
        stack.pop()
    else:
        stack.append("(" if mark == "$(" else mark)


def _end_of_here_documents(command: str, position: int, words: list[str]) -> int:
    """Return where the here-documents that begin at a line end."""
    for word in words:
        end = re.compile(rf"^\t*{re.escape(word)}$", re.MULTILINE).search(command, position)
        if end is None:
            return len(command)
        position = end.end()
    return position
