"""How long patterns take that are made to take long.

    python tests/benchmarks/hostile_patterns.py [--names 10000] [--length 4000]

Compiles each of the patterns and looks for it in names made of one letter and in names made of two
at random, 40 MB of each. Prints those that take the most CPU time, and how many were refused.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence

from torc_core.spec.patterns import compile_pattern, matching

_PIECES = [
    "a*", "a+", "a?", "(a+)+", "(a|a)*", "(a|aa)+", "(a*)*", "(?:a|b|ab)*", "[ab]*", ".*", "(.*)*",
    r"\w*", r"(\w+\s?)*", "(x+x+)+", "a{0,100}", "(a{1,30}){1,30}", "([ab]{1,40}){1,40}",
    "a[ab]{20}", "a[ab]{100}", "a[ab]{900}", "(?:a[ab]{0,100}){1,9}", "[ab]{0,30}a[ab]{30}",
    r"a\w{0,100}b\w{0,100}", "(?i:a*)(?i:a*)", "(a?){50}a{50}", "(|a)+", "(?:(?:a*))+",
    "a{50,}a{50,}", r"\w{1,300}", "(a{2}){3}", "(?s:.)*a.{50}", "(?:a?b?){200}", r"(\pL|\w|a)*",
]  # fmt: skip
_ENDS = ["", "$", "!", "c", "[^ab]", "(a|b){9}c"]
_MORE = [
    "a" * 1000, "a?" * 300 + "a" * 300, "(a|b)" * 150 + "c",
    "|".join("a" * n for n in range(1, 44)),
    "(" * 200 + "a" + ")*" * 200, "(?:" * 150 + "a" + "+)?" * 150 + "c", "a{5000}", "(a{70}){70}",
    "".join(f"[{chr(200 + i)}&&\\w]*" for i in range(120)), "(?i-u)" + "ab" * 400,
    "[" * 60 + "\\w" + r"&&\pL]" * 60, "".join(f"[\\W{chr(200 + i)}]?" for i in range(160)),
    "[a-z&&[^b]]{900}c", ".*" * 400 + "c", "(a|b|ab|ba|aab|bba){0,400}c", r"\p{L}{0,300}\d",
]  # fmt: skip
PATTERNS: Sequence[str] = [piece + end for piece in _PIECES for end in _ENDS] + _MORE


ORDINARY = [
    "^train_.*_bs.*_seed.*_fold.*$", r"^\w{1,200}$", "^train_5_.*$", r"\d+_fold_3$",
    r"(?i)TRAIN_\d{1,6}_BS", r"^\p{Ll}+_\p{Nd}+_", ".*", r"\w{3,30}_\w{3,30}_\d+$",
]  # fmt: skip


def names(count: int, length: int) -> dict[str, list[str]]:
    """Return names by what they are made of."""
    dice = random.Random(7)
    return {
        "one letter": ["a" * length] * count,
        "two letters": ["".join(dice.choices("ab", k=length)) for _ in range(count)],
    }


def measure(several: dict[str, list[str]]) -> Iterator[tuple[float, bool, str]]:
    """Yield the seconds of each pattern and list of names, and whether it was refused."""
    for pattern in PATTERNS:
        for kind, found in several.items():
            start = time.process_time()
            is_refused = False
            try:
                matching(compile_pattern(pattern), found)
            except ValueError:
                is_refused = True
            yield time.process_time() - start, is_refused, f"{pattern[:40]} in {kind}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--length", type=int, default=4_000)
    options = parser.parse_args()
    results = sorted(measure(names(options.names, options.length)), reverse=True)
    for seconds, is_refused, what in results[:20]:
        print(f"{seconds:6.2f} s  {'refused' if is_refused else '':8} {what}")
    refused = sum(is_refused for _, is_refused, _ in results)
    print(f"{len(PATTERNS)} patterns, {refused} of {len(results)} searches refused")
    count = 100 * options.names
    ordinary = [f"train_{i}_bs_{i % 7}_seed_1_fold_{i % 5}" for i in range(count)]
    for pattern in ORDINARY:
        start = time.process_time()
        found = len(matching(compile_pattern(pattern), ordinary))
        seconds = time.process_time() - start
        print(f"{seconds:6.2f} s  {found:,} of {count:,} names have {pattern}")


if __name__ == "__main__":
    main()
