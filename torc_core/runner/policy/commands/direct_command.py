"""Which commands need no shell: one simple command of plain words, which bash only executes.

Starting and ending bash costs twice what a small program does. `bash -c 'program word ...'`
replaces itself by the program; where nothing in the words or in the environment means anything to
bash, the runner may as well execute it itself, and no program notices. Every doubt is decided for
bash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_WORD = r"""(?:[A-Za-z0-9_./,:@%+=-]++|'[\t\x20-\x26\x28-\x7e]*+'|"[\t !#%-\[\]-_a-~]*+")++"""
"""Characters that mean nothing to a shell, or literal text in quotes. Only ASCII: which bytes are
blank, and where a character ends, depends on the locale."""
_SIMPLE = re.compile(rf"[ \t]*+{_WORD}(?:[ \t]++{_WORD})*+[ \t]*+\n?")
"""A second newline, or a blank line, lets bash fork: the program would have another parent."""
_WORDS = re.compile(_WORD)
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

_CHANGES = ("BASH", "EPOCH")
"""How such variables begin, and below their names: options, functions and values of bash. Source:
sections "Bash Variables" and "Bourne Shell Variables" of the manual of bash 5.2, and trials."""
_CHANGE = frozenset(
    {"EXECIGNORE", "LINENO", "POSIXLY_CORRECT", "POSIX_PEDANTIC", "RANDOM", "SECONDS"}
    | {"SHELLOPTS", "SRANDOM"}
)
_IS_SET = ("LC_", "COMP_")
"""Bash looks at these once when it starts, and may complain, change or remove them."""
_SET = frozenset(
    {"COPROC", "DIRSTACK", "ENV", "EUID", "FUNCNAME", "FUNCNEST", "GLOBIGNORE", "GROUPS"}
    | {"HISTCMD", "IFS", "LANG", "LANGUAGE", "MAPFILE", "OLDPWD", "OPTARG", "OPTERR", "OPTIND"}
    | {"PIPESTATUS", "PPID", "PS0", "PS1", "PS2", "PS3", "PS4", "PWD", "REPLY", "SHLVL"}
    | {"SSH_CLIENT", "SSH2_CLIENT", "TMOUT", "UID", "_"}
)
_LOGIN = ("SSH_CLIENT", "SSH2_CLIENT")
_MOST_LEVELS = 999


def plain_words(command: str) -> list[str] | None:
    """Return the words of one simple command, or None if only a shell understands it.

    Whether bash has a builtin or a keyword of the first one's name is the caller's to look up.
    """
    if not _SIMPLE.fullmatch(command):
        return None
    words = command.split()
    if "'" in command or '"' in command:
        words = [_QUOTED.sub(r"\1\2", word) for word in _WORDS.findall(command)]
    # An assignment; `%1` is a job of the shell's own.
    return None if not words[0] or "=" in words[0] or words[0].startswith("%") else words


def may_leave_out(environment: Mapping[str, str]) -> bool:
    """Return whether bash with this environment does only what its command says.

    Not so with variables that bring functions, options or a file to read first; and where bash
    believes that `ssh` has started it, some builds read `~/.bashrc`.
    """
    if any(name.startswith(_CHANGES) or name in _CHANGE for name in environment):
        return False
    level = environment.get("SHLVL", "")
    is_nested = level.isascii() and level.isdecimal() and 1 <= int(level) < _MOST_LEVELS
    return is_nested or not any(name in environment for name in _LOGIN)


def may_be_added(names: Iterable[str]) -> bool:
    """Return whether bash hands on variables of these names, of any value, as they are."""
    return all(
        _NAME.fullmatch(name)
        and name not in _CHANGE
        and name not in _SET
        and not name.startswith(_CHANGES + _IS_SET)
        for name in names
    )
