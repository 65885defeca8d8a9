"""Long commands, large environments, and directories that jobs delete."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from core.runner import processes

from torc_core.runner.process.preparation import (
    check_size,
    discard_file,
    ensure_log_directory,
    job_command,
    size_limits,
)
from torc_core.runner.process.start_errors import SpawnError, SpawnFailure, find_bash

BASH = find_bash()
LONG = size_limits().one


def run(command: str, folder: Path) -> processes.Outcome:
    """Run a command to its end."""
    environment = {"PATH": os.environ["PATH"], "A": "hello"}
    return processes.run([BASH, "bash", "-c", command], environment, folder)


@pytest.mark.parametrize(
    "command",
    [
        *(
            "echo $A",
            "echo $0 $# $LINENO",
            "exit 7",
            "absent",
            "\n\nabsent\necho $LINENO",
            "echo ${B?no}",
        ),
        *(
            "set -e; false; echo no",
            "trap 'echo bye' EXIT; exit 3",
            "kill -9 $$",
            "cat",
            "exec absent",
        ),
        *("cat <<EOF\n$A\n  EOF\nEOF", "f() { absent; return 2; }\nf", "cd /absent", "[ 1 -eq x ]"),
        *(
            "echo 'it'\"'\"'s' \\\\ \u00e9 \udcff",
            "a=$(echo b); echo $a",
            "for i in 1 2; do echo $i; done\n",
        ),
        *(
            "return 3",
            "echo $BASH_SUBSHELL $-",
            "shopt -s extglob\necho /et@(c)",
            "echo a\necho b\\\n",
        ),
    ],
)
def test_a_long_command_does_what_a_short_one_does(tmp_path: Path, command: str) -> None:
    file = tmp_path / "it's a file.sh"
    long = f"{command}\n#{LONG * 'x'}"
    given = job_command(None, long, file=str(file), mode=0o600)
    assert run(given, tmp_path) == run(command, tmp_path)
    assert file.read_bytes() == os.fsencode(long)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_single_word_may_be_longer_than_the_system_takes(tmp_path: Path) -> None:
    long = f"echo {LONG * 'a'} | wc -c"
    given = job_command(None, long, file=str(tmp_path / "c.sh"), mode=0o600)
    assert run(given, tmp_path) == (0, b"%d\n" % (LONG + 1), b"")


@pytest.mark.parametrize(
    ("command", "needs_file"),
    [
        ("a" * (LONG - 1), False),
        ("a" * LONG, True),
        ("\u00e9" * (LONG // 2 - 1), False),
        ("\u00e9" * (LONG // 2), True),
        ("\U0001f600" * (LONG // 4), True),
        ("a" * LONG + "\0", False),
        ("a" * LONG + "\ud800", False),
    ],
    ids=range(7),
)
def test_a_file_is_made_when_it_has_to_be(tmp_path: Path, command: str, needs_file: bool) -> None:
    file = tmp_path / "c.sh"
    given = job_command(None, command, file=str(file), mode=0o600)
    assert (file.exists(), given != command) == (needs_file, needs_file)
    discard_file(str(file))
    discard_file(str(file))
    assert not file.exists()


def test_a_file_takes_the_place_of_what_has_its_name(tmp_path: Path) -> None:
    victim, file = tmp_path / "victim", tmp_path / "c.sh"
    victim.write_text("precious")
    file.symlink_to(victim)
    job_command(None, "a" * LONG, file=str(file), mode=0o600)
    assert victim.read_text() == "precious"
    assert not file.is_symlink()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpawnError, match=r"absent/c\.sh.*No such file") as caught:
        job_command(None, "a" * LONG, file=str(tmp_path / "absent/c.sh"), mode=0o600)
    assert caught.value.cause is SpawnFailure.MACHINE


@pytest.mark.parametrize(
    ("script", "wrapped"),
    [
        ("env B=1", "env B=1 bash -c "),
        ("bash -c", "bash -c "),
        ("sh -c", "sh -c "),
        ("export B=1", "export B=1\neval "),
        ("time -p sh -c", "time -p sh -c "),
    ],
)
def test_a_script_gets_a_long_command_by_its_file(
    tmp_path: Path, script: str, wrapped: str
) -> None:
    file = str(tmp_path / "it's.sh")
    command = f"echo a && echo $A #{LONG * 'x'}"
    given = job_command(script, command, file=file, mode=0o600)
    assert given.startswith(wrapped)
    assert run(given, tmp_path)[:2] == (0, b"a\nhello\n")


def test_a_long_script_with_its_command_goes_into_the_file(tmp_path: Path) -> None:
    script = f"true {LONG * 'x'}\nB=$A"
    given = job_command(script, "exit 3 || true", file=str(tmp_path / "c.sh"), mode=0o600)
    assert run(given, tmp_path) == (3, b"", b"")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SMALL": "1", "LARGE": "x" * LONG}, "variable LARGE takes 131,079 bytes"),
        ({"LARGE_\u00e9": "\u00e9" * (LONG // 2)}, "variable LARGE_\u00e9 takes"),
        ({f"V{i}": "x" * i * 1000 for i in range(130)}, "the largest variable, V129, 129,006"),
    ],
)
def test_an_environment_that_is_too_large_says_which_variable(
    variables: dict[str, str], said: str
) -> None:
    with pytest.raises(SpawnError, match=said) as caught:
        check_size("true", variables)
    assert caught.value.cause is SpawnFailure.COMMAND
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run([BASH, "-c", "true"], env=variables, check=False)


@pytest.mark.parametrize("variables", [{}, {"A": "x" * (LONG - 3)}, {"A": "\ud800" * LONG}])
def test_what_the_system_takes_is_not_refused(variables: dict[str, str]) -> None:
    check_size("true", variables)


def test_a_log_directory_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    ensure_log_directory(str(tmp_path), 0o600)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("blocked", ["out/job_stdio", "out"])
def test_the_directory_that_cannot_be_made_is_named(tmp_path: Path, blocked: str) -> None:
    logs = tmp_path / "out/job_stdio"
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).touch()
    with pytest.raises(SpawnError, match=str(logs)) as caught:
        ensure_log_directory(str(logs), 0o600)
    assert str(tmp_path / blocked) in caught.value.message


def test_a_log_directory_in_which_no_file_can_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(SpawnError, match=f"{tmp_path} cannot be written") as caught:
        ensure_log_directory(str(tmp_path), 0o600)
    assert caught.value.cause is SpawnFailure.MACHINE
