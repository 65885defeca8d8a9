"""A job's command runs whole inside its invocation script."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torc_core.runner.policy.commands.command_line import command_line

WRAPPER = 'echo "wrapped $#"; exec "$@"'


def run(script: str | None, command: str, folder: Path) -> str:
    """Return the output of a command, inside a wrapper that says how many arguments it got."""
    (folder / "wrap.sh").write_text(WRAPPER)
    (folder / "prepare.sh").write_text("greet() { echo hello $1; }\nexport GREETING=hello\n")
    done = subprocess.run(
        ["bash", "-c", command_line(script, command)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("script", [None, "", "\n", "  # nothing\n"])
def test_a_command_without_a_script_is_as_it_is(script: str | None) -> None:
    """Nothing is added."""
    assert command_line(script, "set -e\na | b\n") == "set -e\na | b\n"


@pytest.mark.parametrize(
    "command",
    [
        "echo a",
        "./train.py --lr 0.1 'a;b' \"c|d\"",
        "./train.py > out.txt 2>&1",
        'echo "$(date)" $(nproc) `id` ${HOME}',
        "python -c 'import sys; print(1)'",
        r"echo a\;b",
    ],
)
def test_a_program_and_its_arguments_stay_the_scripts_arguments(command: str) -> None:
    """A script that looks at its arguments goes on to see them one by one."""
    assert command_line("bash wrap.sh", command) == f"bash wrap.sh {command}"
    assert command_line("bash wrap.sh\n", command) == f"bash wrap.sh {command}"


@pytest.mark.parametrize(
    ("command", "right"),
    [
        ("set -o pipefail\necho a | tr a b", "b\n"),
        ("cd / && pwd", "/\n"),
        ("cd /", ""),
        ("A=1 env | grep ^A=", "A=1\n"),
        ("A=2 printenv A", "2\n"),
        ("if true; then echo yes; fi", "yes\n"),
        ("echo a; echo b", "a\nb\n"),
        ("for i in 1 2; do echo $i; done", "1\n2\n"),
        ("cat <<'EOF'\nit's\nEOF", "it's\n"),
        ("(echo a)", "a\n"),
        ("! false", ""),
        ("echo 'it''s' \"q\" && echo $((1+2))", "its q\n3\n"),
        ("echo a # b", "a\n"),
        ("export X=1; echo $X", "1\n"),
        ("echo a &\nwait", "a\n"),
    ],
)
@pytest.mark.parametrize("script", ["bash wrap.sh", "bash wrap.sh\n", "bash wrap.sh  # our own\n"])
def test_all_of_a_shell_command_runs_in_the_wrapper(
    script: str, command: str, right: str, tmp_path: Path
) -> None:
    """The wrapper gets `bash -c COMMAND`: three arguments."""
    assert run(script, command, tmp_path) == f"wrapped 3\n{right}"


@pytest.mark.parametrize(
    ("script", "command", "right"),
    [
        ("set -e\nexport A=1\n", "echo $A; false; echo no", "1\n"),
        ("#!/bin/bash\nset -e\nexport A=1:$PATH\n", "echo ${A%%:*}", "1\n"),
        ("source ./prepare.sh", "greet you", "hello you\n"),
        ("source ./prepare.sh &&", "greet you; greet me", "hello you\nhello me\n"),
        ("false &&", "echo a; echo b", ""),
        ("source ./prepare.sh;", "echo $GREETING", "hello\n"),
        ("source ./prepare.sh; bash wrap.sh", "cd / && pwd", "wrapped 3\n/\n"),
        ("if true; then\n  export A=1\nfi", "echo $A", "1\n"),
        ("A=5", "printenv A", "5\n"),
        ("A=5", "echo $A; printenv A", "5\n5\n"),
        ("bash \\\n  wrap.sh", "pwd | tail -c 1", "wrapped 3\n\n"),
        ("export A=1\nbash wrap.sh", "echo $A && true", "wrapped 3\n1\n"),
        ("mamba() { export A=$1; }; mamba activate", "echo $A; pwd | wc -l", "activate\n1\n"),
        ('conda() { shift 3; "$@"; }; conda run -n x', "echo $A && echo b", "\nb\n"),
        ("env B=$(echo 7)", "echo $B; echo b", "7\nb\n"),
    ],
)
def test_a_script_that_prepares_the_shell_comes_before_the_command(
    script: str, command: str, right: str, tmp_path: Path
) -> None:
    """What it sets is there for all of the command."""
    assert run(script, command, tmp_path) == right


@pytest.mark.parametrize(
    "script", ["bash -c", "env A=1 sh -c", "/bin/bash --norc -eo pipefail -uc  # all"]
)
@pytest.mark.parametrize(
    ("command", "right"),
    [
        ("echo a b", "a b\n"),
        ("cd / && pwd", "/\n"),
        ("echo a\necho 'b c' | cat", "a\nb c\n"),
        ("'echo a; echo b'", "a\nb\n"),
        ("pwd>/dev/null", ""),
    ],
)
def test_a_shell_that_takes_one_argument_gets_the_whole_command(
    script: str, command: str, right: str, tmp_path: Path
) -> None:
    """A command that its author has quoted is one argument already."""
    assert run(script, command, tmp_path) == right


@pytest.mark.parametrize("script", ["python -c", "bash wrap.sh -c", "bash -c 'exec \"$@\"' _"])
def test_other_options_and_scripts_get_words(script: str) -> None:
    """What is not known to take one argument is left as it is."""
    assert command_line(script, "echo a").endswith(" echo a")


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("ab ;&|<>()'\"\\\n$`#{}=!"), max_size=60))
def test_every_text_is_taken_apart(text: str) -> None:
    """Neither a script nor a command is refused, and the command stands behind its script."""
    assert command_line(None, text) == text
    assert command_line(text, "printenv A").rstrip("}\n").endswith("printenv A")


def test_a_long_script_costs_little() -> None:
    """A long text of what could be matched in many ways is read once."""
    for piece in ("1", "sh -o ", "sh -c ", "'", '"', "\\", "$(", "#", "a ", "<", '"\\'):
        command_line(piece * (50_000 // len(piece)), piece * (50_000 // len(piece)))


@pytest.mark.parametrize(
    ("script", "command", "line"),
    [
        ("(module load x)", "pwd", "(module load x)\npwd"),
        ("true &&", "pwd -P", "true && pwd -P"),
        ("wrap on load", "pwd -P", "wrap on load pwd -P"),
        ("env A=1   # why", "pwd -P", "env A=1 pwd -P"),
        ("wrap", "echo $(a; (b; c); d) e", "wrap echo $(a; (b; c); d) e"),
        ("wrap", "echo $((1 + 2)); b", "wrap bash -c 'echo $((1 + 2)); b'"),
        ("wrap", "echo $(a) $(b); c", "wrap bash -c 'echo $(a) $(b); c'"),
        ("bash -c", "x$(a)y", "bash -c x$(a)y"),
    ],
)
def test_what_belongs_together_stays_together(script: str, command: str, line: str) -> None:
    assert command_line(script, command) == line
