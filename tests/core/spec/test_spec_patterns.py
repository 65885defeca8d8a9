"""Patterns mean what they mean in the reference, and take no longer than names are long."""

from __future__ import annotations

import contextlib
import re

import pytest
from benchmarks import hostile_patterns
from hypothesis import given
from hypothesis import strategies as st

from torc_core.spec.patterns import Haystack, compile_pattern, engine, matching, quote

MEANINGS: list[tuple[str, list[str], list[str]]] = [
    # as people write them
    (r"^train_.*_bs.*_seed.*_fold.*$", ["train_1_bs_seed_fold"], ["x"]),
    (r"run_(\d+)_(\d+)_(\d+)$", ["run_1_2_3", "run_\u0661_2_3"], ["run_1_2"]),
    (r"^(?<kind>train)_", ["train_"], ["xtrain_"]),
    (r"(?P<n>a)(?<m.x[1]>b)", ["ab"], []),
    (r"_1\z", ["a_1"], ["a_12"]),
    (r"(a+)+$", ["ba"], ["ab"]),
    # flags
    ("(?x) ^ run_1 .* $ # all", ["run_1x"], ["run1"]),
    ("(?x)a # (\n b", ["ab"], []),
    ("(?x: a b )c d", ["abc d"], ["abcd"]),
    (r"(?x)[ a b ] \ c", ["a c"], ["  c"]),
    ("(?x) ^ a {2} $", ["aa"], ["a", "a {2}"]),
    ("^a{ 2 , 3 }$", ["aa", "aaa"], ["a"]),
    ("^a{,2}$", ["", "aa"], ["aaa"]),
    ("^a{ , 2 }$", ["", "a"], ["aaa"]),
    ("(?i)straße", ["STRAßE"], ["STRASSE"]),
    ("(?i)k", ["K", "\u212a"], ["x"]),
    ("(?i-u)k", ["K"], ["\u212a"]),
    ("(?i-u)[k]", ["K"], ["\u212a"]),
    ("(?i)[^k]", ["a"], ["K", "k", "\u212a"]),
    (r"(?i)\p{Lu}", ["a"], ["1"]),
    ("(?i)[a-z&&[^k]]", ["A"], ["K"]),
    ("(?i:a)b", ["Ab"], ["AB"]),
    ("a(?i)b|c", ["aB", "C"], ["AB"]),
    ("(a(?i)b)c", ["aBc"], ["aBC"]),
    ("(?U)^a+$", ["aa"], ["b"]),
    ("(?m)^b$", ["a\nb"], ["ab"]),
    ("a$", ["a"], ["a\n"]),
    ("a.b", ["axb", "a\rb"], ["a\nb"]),
    ("(?R)a.b", ["axb"], ["a\rb"]),
    ("(?s)a.b", ["a\nb"], []),
    # sets of characters
    (r"^\w+$", ["größe_1", "\u0301", "a\u200db"], ["a-b"]),
    (r"(?-u)^\w+$", ["a"], ["ö"]),
    (r"^\W$", ["-"], ["ö"]),
    (r"^[\W\d]$", ["-", "1"], ["ö"]),
    (r"^[\s]$", ["\u3000"], ["\u200b"]),
    (r"^[^\d\D]$", [], ["a", "1"]),
    ("^[[:alpha:]]+_[[:digit:]_]+$", ["ab_1_2"], ["é_1"]),
    ("[[:^alpha:]]", ["1"], ["a"]),
    ("[:alpha:]", ["p", ":"], ["b"]),
    ("^[a-z&&[^aeiou]]+$", ["xyz"], ["abc"]),
    ("^[a-z--[aeiou]]+$", ["xyz"], ["abc"]),
    ("^[a-g~~b-h]+$", ["ah"], ["b"]),
    (r"^[\w--\d]$", ["é", "_"], ["1", "\u0663"]),
    ("^[^a-z&&[^x]]$", ["x", "A"], ["a"]),
    ("^[[a-c]x[1-2]]+$", ["ax1"], ["d"]),
    (r"[\p{Greek}&&\p{Lu}]", ["Ω"], ["ω"]),
    ("[a&&]", [], ["a"]),
    ("[a&b]", ["&"], ["c"]),
    ("[]a]", ["]", "a"], ["b"]),
    ("[^]a]", ["b"], ["]"]),
    ("[a-]", ["-"], ["b"]),
    ("[-a]", ["-"], ["b"]),
    (r"[a\-z]", ["-"], ["b"]),
    # properties
    (r"^\p{Ll}+_1", ["é_1"], ["É_1"]),
    (r"\p{Letter}\p{Script=Greek}", ["aω"], ["a1"]),
    (r"\p{gc=Ll}", ["a"], ["A"]),
    (r"\p{gc!=Ll}", ["A"], ["a"]),
    (r"\P{L}\pN", ["-1"], ["a1"]),
    (r"\p{isGreek}|\p{old_italic}", ["ω", "𐌀"], ["a"]),
    (r"\p{Cn}", ["\u0378"], ["a"]),
    (r"^\p{Any}$", ["\n"], []),
    # escapes
    (r"\u{e9}\u00e9\U000000e9\x{e9}\xe9", ["ééééé"], ["e"]),
    (r"^[\u{61}-\x63]$", ["b"], ["d"]),
    (r"\.\*\_\-\#\ \&", [".*_-# &"], []),
    ("}", ["}"], []),
    # counts beyond those that RE2 takes
    ("^a{1200}$", ["a" * 1200], ["a" * 1199, "a" * 1201]),
    ("^(?:a{1,30}){1,40}$", ["a" * 1200], ["a" * 1201]),
    ("^(?:(?:a{10}){20}){15}$", ["a" * 3000], ["a" * 2990]),
    ("^a{1001,}$", ["a" * 1001, "a" * 3000], ["a" * 1000]),
    ("^(?:ab{2,}){3}$", ["abbabbbabb"], ["abbabab"]),
    # nothing, and repeated nothing
    ("()|a", ["b"], []),
    ("^(|a)$", ["", "a"], ["b"]),
    ("a**", ["b"], []),
    ("^*a", ["ba"], []),
    ("^(?:a+)?$", ["", "aa"], ["b"]),
    # word boundaries
    (r"\brun\b", ["a run b", "run"], ["runx"]),
    (r"(?-u:\b)ö", ["aö"], ["ö"]),
]


@pytest.mark.parametrize(("pattern", "found", "others"), MEANINGS)
def test_patterns_mean_what_they_mean_in_the_reference(
    pattern: str, found: list[str], others: list[str]
) -> None:
    names = found + others
    assert matching(compile_pattern(pattern), names) == tuple(range(len(found)))


REFUSED = {
    "(?=a)b": "look-ahead",
    "(?<!a)b": "look-behind",
    r"(a)\1": "back-reference",
    "(?P<n>a)(?P=n)": "back-reference",
    r"\b{start}a": r"write \b before a letter",
    r"\<a": r"write \b before a letter",
    r"a\b{end-half}": r"write (?:$|\W)",
    "(?#x)": "begins no group",
    "(?>a)": "begins no group",
    "(?(1)a|b)": "begins no group",
    "(?)": "sets no flag",
    "(?ii)a": "a flag twice",
    "(?i)*": "nothing before it to repeat",
    "a|*": r"write \*",
    "a{,}": r"write \{",
    "a{5,2}": "ends before it begins",
    "a{99999999999}": "more than 5,000 characters",
    "(?:a{100}){100}": "more than 5,000 characters",
    r"\w{0,1000}": "more than 5,000 characters",
    "(": "a ( without its )",
    "a)": "a ) without its (",
    "[[a]b": "a [ without its ]",
    "[z-a]": r"write \-",
    r"[\d-z]": r"write \-",
    "\\": "ends with a backslash",
    r"\Z": r"write \z",
    r"\Q": "no meaning",
    r"[\b]": "no meaning",
    r"\p": "without a property",
    r"\p{Foo}": r"such as \p{Greek}",
    r"\p{scx=Greek}": r"such as \p{Greek}",
    r"\x{d800}": "not a character",
    "(?mR)^": "leave out the flags",
    r"(?-u)\W": "half a character",
    "(?-u).": "half a character",
    r"(?-u)\xff": "half a character",
    "(?<n>a)(?<n>b)": "two groups named n",
    "(" * 300 + ")" * 300: "nested deeper than 250",
    "[" * 300 + "a" + "]" * 300: "nested too deeply",
    "a" * 1001: "at most 1000",
}


@pytest.mark.parametrize(("pattern", "said"), REFUSED.items())
def test_what_cannot_be_run_is_refused_by_name(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        compile_pattern(pattern)
    assert re.match("(has|is|ends) ", str(caught.value))


def test_a_word_boundary_is_refused_only_for_names_with_letters_that_it_does_not_know() -> None:
    pattern = compile_pattern(r"\bb")
    assert matching(pattern, ["a b", "a € b", "1° b"]) == (0, 1, 2)
    with pytest.raises(ValueError, match=r'"ä b".*write \(\?-u:\\b\)'):
        matching(pattern, ["a b", "ä b"])


@pytest.mark.parametrize("pattern", hostile_patterns.PATTERNS)
def test_hostile_patterns_end(pattern: str) -> None:
    """The limit of time for each test is the assertion; the benchmark has the figures."""
    for names in hostile_patterns.names(5, 1_000).values():
        with contextlib.suppress(ValueError):
            matching(compile_pattern(pattern), names)


def test_a_search_that_takes_too_long_is_refused() -> None:
    names = hostile_patterns.names(1_000, 4_000)["two letters"]
    with pytest.raises(ValueError, match=r"takes too long: .* in 1,000 names"):
        matching(compile_pattern("(?:a[ab]{0,100}){1,9}c"), names)


BEGINNINGS = ["^", "^a", r"\Aa", "^a|b", "^(a)", "(^a)", "^a*", "^ab?", "(?i)^a", "^(?i)a",
              "(?m)^a",
              "(?x)^ a", r"^\x61", "^a{2}", "^*a", "^[a]", "^é", "^a$"]  # fmt: skip


@given(
    st.lists(st.text("abAé\n", max_size=5), max_size=9),
    st.lists(st.sampled_from(BEGINNINGS), min_size=4, max_size=8),
    st.sampled_from(["", "b", ".*", "$", "|b"]),
)
def test_names_are_found_by_their_beginning_as_without(
    names: list[str], beginnings: list[str], rest: str
) -> None:
    haystack = Haystack(names)
    for beginning in beginnings:
        pattern = compile_pattern(beginning + rest)
        assert haystack.matching(pattern) == matching(pattern, names)


def test_patterns_that_begin_with_text_are_looked_for_where_it_stands() -> None:
    names = [f"run_{i}_{j}" for i in range(500) for j in range(100)]
    haystack = Haystack(names)
    for i in range(500):  # 25,000,000 searches otherwise
        found = haystack.matching(compile_pattern(rf"^run_{i}_\d+$"))
        assert found == tuple(range(100 * i, 100 * i + 100))


def test_all_patterns_of_a_workflow_have_a_bound_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_SEARCHES", 3_000)
    haystack = Haystack(["a"] * 1_000)
    for i in range(3):
        haystack.matching(compile_pattern(f"{i}"))
    with pytest.raises(ValueError, match=r"is the pattern number 4 .*begin patterns with \^"):
        haystack.matching(compile_pattern("3"))


@given(st.text(), st.sampled_from(["{}", "(?x) ^ {} $", "(?i:{})", "(?:{})+", "x|{}"]))
def test_a_quoted_value_stands_for_itself(value: str, around: str) -> None:
    pattern = compile_pattern(around.replace("{}", quote(value[:30])))
    assert matching(pattern, [value[:30]]) == (0,)


@given(st.characters(codec="utf-8"))
def test_a_quoted_character_stands_for_itself_in_brackets(letter: str) -> None:
    other = "Q" if letter != "Q" else "R"
    assert matching(compile_pattern(f"^[{quote(letter)}]$"), [letter, other]) == (0,)
    assert matching(compile_pattern(f"(?x)^[^{quote(letter)}]$"), [letter, other]) == (1,)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_refused_with_a_sentence(text: str) -> None:
    said = ""
    try:
        matching(compile_pattern(text), ["a", "run_1"])
    except ValueError as error:
        said = str(error)
    assert re.match("(has|is|ends|takes) |$", said)


@given(
    st.lists(
        st.sampled_from(
            ["a", "b", "(", ")", "(?:", "|", "*", "+?", "?", "{1,2}", "[ab]", "[^a]", ".", "^", "$",
             r"\d", r"\w", "(?i)", "[a-c&&b]", "1"]
        ),
        max_size=9,
    ),
    st.lists(st.text("abAB1c", max_size=6), max_size=5),
)  # fmt: skip
def test_where_python_accepts_a_pattern_it_finds_the_same(
    pieces: list[str], names: list[str]
) -> None:
    pattern = "".join(pieces)
    try:
        compiled = compile_pattern(pattern)
        known = re.compile(pattern.replace("[a-c&&b]", "b"))
    except (ValueError, re.error):
        return
    assert matching(compiled, names) == tuple(
        i for i, name in enumerate(names) if known.search(name)
    )
