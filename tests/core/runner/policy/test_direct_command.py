"""Which commands consist of plain words, and which variables mean something to bash."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.policy.commands.direct_command import may_be_added, may_leave_out, plain_words


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("true", ["true"]),
        ("  python\tsim.py  7\n", ["python", "sim.py", "7"]),
        ("a-b_c./,:@%+ --x=1", ["a-b_c./,:@%+", "--x=1"]),
        ("a ''", ["a", ""]),
        ("a 'b  $c;d' \"e 'f' !#\"", ["a", "b  $c;d", "e 'f' !#"]),
        ("a'b'\"c\"d", ["abcd"]),
    ],
)
def test_plain_words_are_taken_apart(command: str, words: list[str]) -> None:
    assert plain_words(command) == words


@pytest.mark.parametrize("character", "$`\\;&|<>(){}[]*?~!#^\n\r\x01\x7f\u00e9\u00a0\ud800\0")
def test_one_character_of_the_shell_is_enough_to_need_it(character: str) -> None:
    assert plain_words(f"a b{character}c") is None
    assert plain_words(f"{character} a") is None


@pytest.mark.parametrize(
    "command",
    [
        *(
            "",
            " ",
            "\n",
            "''",
            "'' a",
            "a=b",
            "a=b c",
            "a+=b c",
            "%1",
            "a\n\n",
            "\na",
            "a\nb",
            "a\n b",
        ),
        *("a 'b", 'a "b', "a 'b\nc'", 'a "$b"', 'a "`b`"', 'a "\\b"', "a $'b'", 'a $"b"', "a\r\n"),
    ],
)
def test_what_only_a_shell_understands_is_left_to_it(command: str) -> None:
    assert plain_words(command) is None


@given(words=st.lists(st.text(max_size=6), min_size=1, max_size=4))
def test_words_that_were_quoted_come_out_as_they_were(words: list[str]) -> None:
    assert plain_words(shlex.join(words)) in (words, None)


@given(text=st.text("ab '\"\t", max_size=12))
def test_quotes_are_understood_like_in_other_shells(text: str) -> None:
    words = plain_words(text)
    assert words is None or words == shlex.split(text)


def test_a_long_command_is_looked_at_in_no_time() -> None:
    assert plain_words("a" * 1_000_000 + "$") is None
    assert plain_words("a " * 500_000 + "'b") is None


@pytest.mark.parametrize(
    ("variables", "may"),
    [
        ({}, True),
        ({"PATH": "/bin", "PS1": "$ ", "LC_ALL": "C", "PWD": "/", "SHLVL": "x"}, True),
        ({"BASH_ENV": ""}, False),
        ({"BASH_FUNC_ls%%": "() { :; }"}, False),
        ({"BASHOPTS": ""}, False),
        ({"SHELLOPTS": ""}, False),
        ({"EPOCHREALTIME": "1"}, False),
        ({"SSH_CLIENT": ""}, False),
        ({"SSH_CLIENT": "", "SHLVL": "0"}, False),
        ({"SSH2_CLIENT": "", "SHLVL": "\u0661"}, False),
        ({"SSH_CLIENT": "", "SHLVL": "999"}, False),
        ({"SSH_CLIENT": "", "SHLVL": "998"}, True),
        ({"SSH_CLIENT": "", "SHLVL": "1"}, True),
        ({"SSH_CONNECTION": ""}, True),
    ],
)
def test_some_variables_say_what_bash_does(variables: dict[str, str], may: bool) -> None:
    assert may_leave_out(variables) is may


@pytest.mark.parametrize(
    "name", ["SEED", "a", "_a", "PATH", "OMP_NUM_THREADS", "HOME", "_BASH", "LANGX"]
)
def test_bash_hands_on_what_means_nothing_to_it(name: str) -> None:
    assert may_be_added([name])


@pytest.mark.parametrize(
    "name", ["PWD", "_", "LC_TIME", "BASH_X", "IFS", "1a", "a.b", "a-b", "", "a\n", "UID", "RANDOM"]
)
def test_other_names_are_left_to_bash(name: str) -> None:
    assert not may_be_added(["A", name])
