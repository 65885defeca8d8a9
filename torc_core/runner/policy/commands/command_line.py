"""What bash is given to run: a job's command, inside its invocation script if it has one.

The reference writes `SCRIPT COMMAND` on one line (its runner does so for every job). That is right
for a script that runs its arguments and a command that is a list of words, and stays as it is.
Everything else would lose a part of the command on the way: a list (`a && b`, `a | b`, several
lines) or a builtin such as `cd` becomes the arguments `bash -c COMMAND`, and a script that only
prepares the shell, by `export` or `source`, is followed by the command on a line of its own. After
the option of a shell that takes a command as one argument, such as `bash -lc`, it becomes that.
"""

from __future__ import annotations

import re
import shlex

_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t]+|\\\n)
    | (?P<redirection>[0-9]*(?:<<?|>[>|]?|<>)&?[0-9]*-?|&>>?)
    | (?P<operator>\|[|&]?|&&?|;{1,2}&?|[()\n])
    | (?P<comment>(?<![^\s;&|()])\#[^\n]*)
    | (?P<piece>\\.|'[^']*'|"(?:[^"\\]|\\.)*"|[^\s'"\\;&|()<>]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=", re.ASCII)
_ENDS_OPEN = re.compile(r"(?:&&?|\|[|&]?|;)\s*\Z")

_PREPARES = frozenset(
    {".", "alias", "cd", "declare", "eval", "export", "hash", "local", "ml", "module", "popd"}
    | {"pushd", "readonly", "set", "shopt", "source", "trap", "typeset", "ulimit", "umask"}
    | {"unalias", "unset"}
)
"""First words of a line that runs none of its arguments."""
_PREPARES_BY = frozenset({"activate", "load"})
"""Second words of such a line, as in `conda activate ENV` and `spack load PACKAGE`."""
_CLOSES = frozenset({"}", "fi", "done", "esac", "]]"})
"""Last words of compound commands, which take no arguments."""

_SHELL_WITH_COMMAND = re.compile(
    r"(?:\A|[ /])(?:ba|da|a|k|z)?sh(?: -[A-Za-z]*o \w+| --?[A-Za-z][A-Za-z-]*)* -[A-Za-z]*c\Z"
)
"""Words that end with a shell, its options, and the one that a command follows."""
_MOST_OPTIONS = 10
"""Words at the end of a script in which that is looked for."""

_ONLY_IN_THE_SHELL = _PREPARES | frozenset(
    {"!", "[[", "((", "{", "bg", "break", "case", "continue", "coproc", "disown", "exec", "exit"}
    | {"fg", "for", "function", "if", "jobs", "let", "logout", "mapfile", "read", "return"}
    | {"select", "shift", "suspend", "time", "times", "type", "until", "wait", "while"}
)
"""First words of commands that no program can run."""


def command_line(script: str | None, command: str) -> str:
    """Return what `bash -c` runs for a job.

    Args:
        script: The job's invocation script; blanks and newlines around it mean nothing.
        command: The job's command.
    """
    prefix = _without_comment((script or "").strip())
    if not prefix:
        return command
    words = _last_line(prefix)
    if _ENDS_OPEN.search(prefix):
        return f"{prefix} {command}" if _is_words(command) else f"{prefix} {{\n{command}\n}}"
    if not words or _takes_no_command(words):
        return f"{prefix}\n{command}"
    if _SHELL_WITH_COMMAND.search(" ".join(words[-_MOST_OPTIONS:])):
        is_quoted = _is_words(command) and len(_words(_tokens(command.strip()))) == 1
        return f"{prefix} {command if is_quoted else shlex.quote(command)}"
    return f"{prefix} {command if _is_words(command) else f'bash -c {shlex.quote(command)}'}"


def _is_words(command: str) -> bool:
    """Return whether a command is a program and its arguments, perhaps with redirections."""
    tokens = _tokens(command.strip())
    if any(kind in {"operator", "comment"} for kind, _ in tokens):
        return False
    first = next(iter(_words(tokens)), "")
    return first not in _ONLY_IN_THE_SHELL and not _ASSIGNMENT.match(first)


def _takes_no_command(words: list[str]) -> bool:
    return words[0] in _PREPARES or words[-1] in _CLOSES or not _PREPARES_BY.isdisjoint(words[1:2])


def _last_line(script: str) -> list[str]:
    """Return the words of the last command of a script; none after a subshell's bracket."""
    tokens = _tokens(script)
    ends = [i for i, (kind, _) in enumerate(tokens) if kind == "operator"]
    return _words(tokens[ends[-1] + 1 if ends else 0 :])


def _without_comment(script: str) -> str:
    """Return a script without the comment that would swallow what follows on its last line."""
    tokens = _tokens(script)
    if not tokens or tokens[-1][0] != "comment":
        return script
    return script.removesuffix(tokens[-1][1]).rstrip()


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return the kind and text of each token; `$(...)` is made of pieces only."""
    found: list[tuple[str, str]] = []
    depth = 0
    for match in _TOKEN.finditer(text):
        kind, piece = str(match.lastgroup), match[0]
        if piece == "(" and (depth or (found and found[-1][1].endswith("$"))):
            depth += 1
        found.append(("piece" if depth else kind, piece))
        if piece == ")" and depth:
            depth -= 1
    return found


def _words(tokens: list[tuple[str, str]]) -> list[str]:
    """Return the words that adjacent pieces make."""
    words: list[list[str]] = []
    is_within = False
    for kind, piece in tokens:
        if kind != "piece":
            is_within = False
        elif is_within:
            words[-1].append(piece)
        else:
            words.append([piece])
            is_within = True
    return ["".join(pieces) for pieces in words]
