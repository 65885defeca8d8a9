"""The command line as it was typed, for hints that name it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

import click

_PASSWORD = "--password"  # noqa: S105 - the name of the option


def keep_words(ctx: click.Context, words: Sequence[str]) -> None:
    """Keep what followed the name of the program."""
    ctx.meta[__name__] = tuple(words)


def command_line() -> str:
    """Return the line of the command that runs, all options included but a password."""
    return shlex.join(["torc", *_shown(click.get_current_context().meta[__name__])])


def _shown(words: Sequence[str]) -> Iterator[str]:
    """Yield words to which an option can be appended: `--` would make it an argument."""
    rest = iter(words)
    for word in rest:
        if word == _PASSWORD:
            next(rest, None)
        elif word != "--" and not word.startswith(f"{_PASSWORD}="):
            yield word
