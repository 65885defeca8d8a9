r"""Sets of characters: `\d`, `\p{Greek}`, `[a-z&&[^aeiou]]`, and what RE2 writes for them.

RE2 has no operations on sets. Where a pattern has some, RE2 is asked once which characters each of
the sets holds, and the result is written as ranges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import re2

Ranges = list[tuple[int, int]]
_LAST = 0x10FFFF

ASCII_CLASSES = frozenset(
    ("alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
     "space", "upper", "word", "xdigit")
)  # fmt: skip

# Source: Unicode 15.1, DerivedCoreProperties.txt (Alphabetic beyond letters, marks and letter
# numbers; Uppercase and Lowercase beyond Lu and Ll), PropList.txt (White_Space, Join_Control).
_CIRCLED = r"\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189}"
_SPACE = r"\t-\r\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
PERL = {
    "d": r"\p{Nd}",
    "s": _SPACE,
    "w": rf"\p{{L}}\p{{M}}\p{{Nd}}\p{{Nl}}\p{{Pc}}\x{{200c}}\x{{200d}}{_CIRCLED}",
}
r"""The members of \d, \s and \w, as Rust's documentation defines them."""
PERL_ASCII = {"d": "0-9", "s": r"\t-\r\x20", "w": "0-9A-Za-z_"}

_ASSIGNED = r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}\p{Co}\p{Cs}"
_CATEGORIES = {
    "l": "letter", "lu": "uppercaseletter", "ll": "lowercaseletter", "lt": "titlecaseletter",
    "lm": "modifierletter", "lo": "otherletter",
    "m": "mark combiningmark", "mn": "nonspacingmark", "mc": "spacingmark", "me": "enclosingmark",
    "n": "number", "nd": "decimalnumber digit", "nl": "letternumber", "no": "othernumber",
    "p": "punctuation punct", "pc": "connectorpunctuation", "pd": "dashpunctuation",
    "ps": "openpunctuation", "pe": "closepunctuation", "pi": "initialpunctuation",
    "pf": "finalpunctuation", "po": "otherpunctuation",
    "s": "symbol", "sm": "mathsymbol", "sc": "currencysymbol", "sk": "modifiersymbol",
    "so": "othersymbol",
    "z": "separator", "zs": "spaceseparator", "zl": "lineseparator", "zp": "paragraphseparator",
    "cc": "control cntrl", "cf": "format", "co": "privateuse", "cs": "surrogate",
}  # fmt: skip
_SCRIPT_CODES = {
    "arab": "Arabic", "armn": "Armenian", "beng": "Bengali", "cyrl": "Cyrillic",
    "deva": "Devanagari", "geor": "Georgian", "grek": "Greek", "hang": "Hangul", "hani": "Han",
    "hebr": "Hebrew", "hira": "Hiragana", "kana": "Katakana", "latn": "Latin", "zyyy": "Common",
    "zinh": "Inherited", "signwriting": "SignWriting",
}  # fmt: skip


class CharSet(NamedTuple):
    """A set of characters in RE2's notation."""

    members: str
    """What stands between brackets."""
    is_negated: bool = False

    def written(self, *, fold_case: bool) -> str:
        """Return the set as an expression of its own."""
        if self.members:
            text = f"[{'^' if self.is_negated else ''}{self.members}]"
        else:
            text = rf"[^\x{{0}}-\x{{{_LAST:x}}}]" if not self.is_negated else r"(?s:.)"
        return f"(?i:{text})" if fold_case else text


_ONE = r"(\\x\{[0-9a-f]+\}|[0-9A-Za-z])"
_RANGE = re.compile(f"{_ONE}(?:-{_ONE})?")
_RANGES = re.compile(f"(?:{_RANGE.pattern})*")
"""Members that are written out, so that RE2 need not be asked."""
ASCII = CharSet(r"\x{0}-\x{7f}")


def escaped(code: int) -> str:
    """Return a character as RE2 takes it, in brackets and outside."""
    letter = chr(code)
    return letter if letter.isascii() and letter.isalnum() else rf"\x{{{code:x}}}"


def is_known(members: str) -> bool:
    """Return whether RE2 takes this as the members of a set."""
    try:
        _compiled(f"[{members}]")
    except re2.error:
        return False
    return True


def _property_table() -> dict[str, CharSet]:
    table = {
        "any": CharSet("", is_negated=True),
        "ascii": ASCII,
        "assigned": CharSet(_ASSIGNED),
        "cn": CharSet(_ASSIGNED, is_negated=True),
        "unassigned": CharSet(_ASSIGNED, is_negated=True),
        "c": CharSet(r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}", is_negated=True),
        "other": CharSet(r"\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}", is_negated=True),
        "lc": CharSet(r"\p{Lu}\p{Ll}\p{Lt}"),
        "casedletter": CharSet(r"\p{Lu}\p{Ll}\p{Lt}"),
        "whitespace": CharSet(_SPACE),
    }
    for short, names in _CATEGORIES.items():
        for name in (short, *names.split()):
            table[name] = CharSet(rf"\p{{{short.capitalize()}}}")
    return table


_PROPERTIES = _property_table()
_PROPERTY_KEYS = {"gc": "category", "generalcategory": "category", "sc": "script",
                  "script": "script"}  # fmt: skip


def unicode_property(name: str) -> CharSet | None:
    r"""Return the set of `\p{name}`, None for one that is not known.

    Names are compared as Rust compares them: without case, blanks, `_`, `-` and a leading "is".
    """
    key, separator, value = name.replace("!=", "=").replace(":", "=").partition("=")
    kind = _PROPERTY_KEYS.get(_loose(key)) if separator else ""
    wanted = (value if separator else key).strip()
    wanted = wanted[2:] if wanted[:2].lower() == "is" else wanted
    if kind is None:
        return None
    found = _PROPERTIES.get(_loose(wanted)) if kind != "script" else None
    if found is None and kind != "category":
        script = _SCRIPT_CODES.get(_loose(wanted)) or "_".join(
            word.capitalize() for word in wanted.replace("-", " ").replace("_", " ").split()
        )
        members = rf"\p{{{script}}}"
        found = (
            CharSet(members) if script.replace("_", "").isalpha() and is_known(members) else None
        )
    if found is not None and "!=" in name:
        found = found._replace(is_negated=not found.is_negated)
    return found


def _loose(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "").replace("-", "")


def union(sets: Iterable[CharSet], *, fold_case: bool) -> CharSet:
    """Return the characters that are in any of the sets."""
    several = list(sets)
    if len(several) == 1:
        return several[0]
    return CharSet(
        "".join(
            _from_ranges(ranges_of(one, fold_case=fold_case)).members
            if one.is_negated
            else one.members
            for one in several
        )
    )


def operate(operator: str, left: CharSet, right: CharSet, *, fold_case: bool) -> CharSet:
    """Return the intersection `&&`, difference `--` or symmetric difference `~~` of two sets."""
    a, b = (ranges_of(one, fold_case=fold_case) for one in (left, right))
    return _from_ranges(_OPERATIONS[operator](a, b))


def ascii_cases(one: CharSet) -> CharSet:
    """Return the characters of a set and their other cases, those of ASCII only."""
    folded = ranges_of(one, fold_case=True)
    return _from_ranges(_both(folded, ranges_of(ASCII, fold_case=False)))


@lru_cache(maxsize=256)
def ranges_of(one: CharSet, *, fold_case: bool) -> Ranges:
    """Return which characters a set holds, with their other cases if case does not matter."""
    if not _RANGES.fullmatch(one.members):
        runs = _found(one.written(fold_case=fold_case) + "+", _all_characters())
        return [(ord(run[0]), ord(run[-1])) for run in runs]
    ranges = [(_code(m[1]), _code(m[2] or m[1])) for m in _RANGE.finditer(one.members)]
    if fold_case:
        positive = one._replace(is_negated=False)
        cased = _found(positive.written(fold_case=True), _cased_characters())
        ranges += [(ord(letter), ord(letter)) for letter in cased]
    merged = _either(ranges, [])
    return _not(merged) if one.is_negated else merged


def _code(written: str) -> int:
    return ord(written) if len(written) == 1 else int(written[3:-1], 16)


def _found(expression: str, characters: bytes) -> Iterator[str]:
    return (match.group().decode() for match in _compiled(expression).finditer(characters))


def _compiled(expression: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    return re2.compile(expression, options)


@cache
def _cased_characters() -> bytes:
    """Return the letters that have another case; there are 3,000."""
    letters = _all_characters().decode()
    return "".join(c for c in letters if not c == c.lower() == c.upper() == c.casefold()).encode()


@cache
def _all_characters() -> bytes:
    return "".join(map(chr, (*range(0xD800), *range(0xE000, _LAST + 1)))).encode()


def _from_ranges(ranges: Ranges) -> CharSet:
    return CharSet("".join(f"{escaped(first)}-{escaped(last)}" for first, last in ranges))


def _either(a: Ranges, b: Ranges) -> Ranges:
    merged: Ranges = []
    for first, last in sorted(a + b):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _not(a: Ranges) -> Ranges:
    edges = [0, *(edge for first, last in a for edge in (first - 1, last + 1)), _LAST]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(first, last) for first, last in pairs if first <= last]


def _both(a: Ranges, b: Ranges) -> Ranges:
    return _not(_either(_not(a), _not(b)))


def _without(a: Ranges, b: Ranges) -> Ranges:
    return _not(_either(_not(a), b))


_OPERATIONS: dict[str, Callable[[Ranges, Ranges], Ranges]] = {
    "&&": _both,
    "--": _without,
    "~~": lambda a, b: _either(_without(a, b), _without(b, a)),
}
