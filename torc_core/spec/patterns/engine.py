"""Patterns compiled by RE2, and the names that they are found in.

RE2 turns a pattern into an automaton while it reads. One that needs more states than fit into
`_MAX_MEMORY` is simulated state by state, a thousand times slower, so such patterns have bounds:
on the size of the pattern, and on the time that they take for a number of names.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import re2

from torc_core.spec.fields import MAX_PATTERN_LENGTH
from torc_core.spec.patterns.syntax import translate
from torc_core.spec.problems import shown

_MAX_MEMORY = 64 * 1024**2
"""Bytes for the states of one automaton. A fifth of it makes hostile patterns a thousand times
slower, more makes hardly any faster."""

# An ordinary pattern takes 1 us per name and 2 ns per byte; these are for ten times as much, and
# for a start. Time of this thread only, so that a busy machine changes nothing.
_SECONDS = 0.4
_SECONDS_PER_NAME = 10e-6
_SECONDS_PER_BYTE = 5e-9
_BYTES_BETWEEN_LOOKS = 4_096

MAX_SEARCHES = 200_000_000
"""Patterns times names in all; as many take some minutes."""
_PATTERNS_BEFORE_SORTING = 2
_AFTER_ALL = "\U0010ffff"
"""The last character there is; it stands for nothing and so in no name."""


class Pattern(NamedTuple):
    """A pattern to search names with."""

    text: str
    regexp: re2._Regexp
    has_word_boundary: bool
    r"""Whether it has a `\b` that in Rust knows all letters, and in RE2 those of ASCII."""
    prefix: str
    """What every name begins with in which it is found."""


def compile_pattern(pattern: str) -> Pattern:
    """Return a pattern to search names with.

    Raises:
        ValueError: Not a regular expression, one with look-around or back-references, or a very
            large one; the message says which and reads on from the pattern.
    """
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise ValueError(
            f"is {len(pattern)} characters long; at most {MAX_PATTERN_LENGTH} are allowed"
        )
    translation = translate(pattern)
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = _MAX_MEMORY
    try:
        regexp = re2.compile(translation.text, options)
    except re2.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    finally:
        re2.purge()  # its cache would hold 128 patterns with all their memory
    return Pattern(pattern, regexp, translation.has_word_boundary, translation.prefix)


def matching(pattern: Pattern, names: Sequence[str]) -> tuple[int, ...]:
    """Return the positions of the names in which the pattern is found.

    Raises:
        ValueError: The search takes far longer than any ordinary pattern does, or the pattern has
            a word boundary and a name has letters beyond ASCII.
    """
    return _search(pattern, names, range(len(names)))


class Haystack:
    """Names in which many patterns are looked for.

    A workflow may have as many patterns as jobs. Those that begin like `^run_17_` are looked for
    only in the names that begin so.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._sorted: list[str] = []
        self._positions: list[int] = []
        self._asked = 0
        self._searched = 0

    def matching(self, pattern: Pattern) -> tuple[int, ...]:
        """Return the positions of the names in which the pattern is found, ascending.

        Raises:
            ValueError: The same as for `matching`, or all patterns together would take too long.
        """
        self._asked += 1
        is_worth_it = pattern.prefix and self._asked > _PATTERNS_BEFORE_SORTING
        positions = self._beginning(pattern.prefix) if is_worth_it else range(len(self._names))
        self._searched += len(positions)
        if self._searched > MAX_SEARCHES:
            raise ValueError(
                f"is the pattern number {self._asked:,} to be looked for in {len(self._names):,} "
                "names, which takes too long for all of them; begin patterns with ^ and text"
            )
        return _search(pattern, self._names, positions)

    def _beginning(self, prefix: str) -> Sequence[int]:
        """Return the positions of the names that begin so."""
        if not self._sorted:
            self._positions = sorted(range(len(self._names)), key=self._names.__getitem__)
            self._sorted = [self._names[i] for i in self._positions]
        first = bisect_left(self._sorted, prefix)
        last = bisect_left(self._sorted, prefix + _AFTER_ALL, first)
        return sorted(self._positions[first:last])


def _search(pattern: Pattern, names: Sequence[str], positions: Sequence[int]) -> tuple[int, ...]:
    """Return those of the positions at which the pattern is found."""
    search = pattern.regexp.search
    found: list[int] = []
    deadline = time.thread_time() + _SECONDS
    unseen = 0
    for i in positions:
        name = names[i]
        encoded = name.encode()
        if pattern.has_word_boundary and _further_letters().search(encoded):
            raise ValueError(
                "has a word boundary, which knows only the letters of ASCII, and "
                rf'"{shown(name)}" has others; write (?-u:\b) if that is meant'
            )
        if search(encoded):
            found.append(i)
        unseen += len(encoded) + 8
        deadline += _SECONDS_PER_NAME + len(encoded) * _SECONDS_PER_BYTE
        if unseen > _BYTES_BETWEEN_LOOKS:
            unseen = 0
            if time.thread_time() > deadline:
                raise ValueError(
                    "takes too long: more than ten times what an ordinary pattern takes in "
                    f"{len(positions):,} names; use fewer or smaller counted repetitions, "
                    "or * instead of them"
                )
    return tuple(found)


@cache
def _further_letters() -> re2._Regexp:
    """Return the pattern of letters beyond ASCII; compiling it takes 0.2 s and 100 MB."""
    return re2.compile(translate(r"[\w--[:ascii:]]").text)
