"""What settings of allocations may say to sbatch: one table for files, records and scripts. Pure.

A script for sbatch is text, and one line more in it is one command more: values are checked, and
options that torc sets itself are refused.

Source: sbatch(1) of Slurm 22.05 and 24.11, OPTIONS.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

from torc_core.characters import HIDDEN, code_point, escape_hidden
from torc_core.errors import UsageError

MANAGED = ("partition", "nodes", "walltime", "time", "mem", "gres", "name", "job-name")
"""Options that `slurm_defaults` may not set: each scheduler does."""
RESERVED = (
    *("output", "error", "job-name", "comment"),  # by these torc finds logs and allocations again
    *("array", "clusters", "cluster", "parsable", "quiet", "test-only", "wait", "wrap"),
    *("help", "usage", "version"),
)
"""Options that nothing but torc may set: a submission would not be one allocation whose id is
printed."""
MOST_OF_A_VALUE = 1_000
"""Characters; sbatch itself reads no more than some thousand of a line."""

_MOST_SHOWN = 80
_VALUE = re.compile(r"[A-Za-z0-9_.:,@%+=/\[\]*&|()-]{1,256}", re.ASCII)
_SIZE = re.compile(r"[0-9]{1,18}(?:[KMGTP]B?)?", re.ASCII | re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_SHORT = {
    "A": "account",
    "a": "array",
    "B": "extra-node-info",
    "b": "begin",
    "C": "constraint",
    "c": "cpus-per-task",
    "D": "chdir",
    "d": "dependency",
    "e": "error",
    "F": "nodefile",
    "G": "gpus",
    "H": "hold",
    "h": "help",
    "i": "input",
    "J": "job-name",
    "k": "no-kill",
    "L": "licenses",
    "M": "clusters",
    "m": "distribution",
    "N": "nodes",
    "n": "ntasks",
    "O": "overcommit",
    "o": "output",
    "p": "partition",
    "Q": "quiet",
    "q": "qos",
    "S": "core-spec",
    "s": "oversubscribe",
    "t": "time",
    "V": "version",
    "v": "verbose",
    "W": "wait",
    "w": "nodelist",
    "x": "exclude",
}
_SHORT_WITHOUT_VALUE = frozenset("HhkOQsVvW")


def is_value(text: str) -> bool:
    """Return whether a text can be the account, the partition and so on of a scheduler."""
    return _VALUE.fullmatch(text) is not None


def is_size(text: str) -> bool:
    """Return whether a text can be the memory or the scratch space of a scheduler."""
    return _SIZE.fullmatch(text) is not None


def value_fault(text: str) -> str | None:
    """Return what is wrong with a value of any other option, None if it can stand in a script."""
    if len(text) > MOST_OF_A_VALUE:
        return f"has {len(text):,} characters; at most {MOST_OF_A_VALUE:,} are allowed"
    if HIDDEN.search(text):
        return "contains a control character or one that is not shown"
    return None


def option_fault(name: str) -> str | None:
    """Return what is wrong with an option in `extra`, None if it may be there.

    Args:
        name: Its long name without the dashes. sbatch takes any beginning of a name for the whole.
    """
    if not _NAME.fullmatch(name):
        return "is not an sbatch option"
    if any(reserved.startswith(name) for reserved in RESERVED):
        return "is set by torc itself"
    return None


def default_fault(name: str) -> str | None:
    """Return what is wrong with an option in `slurm_defaults`, None if it may be there.

    Args:
        name: Its long name without the dashes before it; underscores count as dashes.
    """
    name = name.replace("_", "-")
    if any(managed.startswith(name) for managed in MANAGED if name):
        return "is set by torc itself and cannot be a default"
    return option_fault(name)


def default_value(value: Any) -> str | None:
    """Return the text of a value in `slurm_defaults`; None for true, an option without a value."""
    return None if value is True else str(value)


def split_options(text: str) -> dict[str, str | None]:
    """Return the options in `extra`: their long names, each with its value.

    Args:
        text: As on a command line: `--exclusive --constraint=skylake -n 4`. An option that is
            repeated counts as it stands last.

    Raises:
        UsageError: It is not a list of options, or one of them may not be there.
    """
    if hidden := HIDDEN.search(text):
        raise UsageError(
            f'"{_shown(text)}" contains {code_point(hidden[0])}, which is not shown', field="extra"
        )
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{_shown(text)}: {str(error).lower()}", field="extra") from error
    found: dict[str, str | None] = {}
    for option, values in _grouped(words):
        name, value = _named(option)
        if value is None and values:
            value = values.pop(0)
        if values:
            raise UsageError(
                f'"{_shown(values[0])}" is neither an option nor the value of one', field="extra"
            )
        fault = option_fault(name) or value_fault(value or "")
        if fault is not None:
            raise UsageError(f'"{_shown(option)}" {fault}', field="extra")
        found.pop(name, None)
        found[name] = value
    return found


def _grouped(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield options, each with the words that follow it."""
    option, values = "", list[str]()
    for word in words:
        if word.startswith("-"):
            if option:
                yield option, values
            option, values = word, []
        elif option:
            values.append(word)
        else:
            raise UsageError(f'"{_shown(word)}" is not an sbatch option', field="extra")
    if option:
        yield option, values


def _named(option: str) -> tuple[str, str | None]:
    """Return the long name of an option, and the value that is joined to it."""
    if option.startswith("--"):
        name, is_joined, value = option[2:].partition("=")
        return name, value if is_joined else None
    letter, value = option[1:2], option[2:]
    if letter not in _SHORT:
        raise UsageError(f'"{_shown(option)}" is not an sbatch option', field="extra")
    if value and letter in _SHORT_WITHOUT_VALUE:
        raise UsageError(
            f'"{_shown(option)}" is several options in one; write each apart', field="extra"
        )
    return _SHORT[letter], value or None


def _shown(text: str) -> str:
    return escape_hidden(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}...")
