"""A program that is started without a shell does not notice, nor does a reader of its output."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from core.runner.processes import Outcome, run
from hypothesis import example, given
from hypothesis import strategies as st

from torc_core.runner.process.shell import ask_shell
from torc_core.runner.process.start_errors import find_bash

BASH = find_bash()
SYSTEM = os.defpath.lstrip(":")


def by_bash(command: str, environment: Mapping[str, str]) -> Outcome:
    """Run a command as jobs always were."""
    return run([BASH, "bash", "-c", command], environment)


def as_a_job(
    command: str, environment: Mapping[str, str], added: Mapping[str, str]
) -> tuple[Outcome, bool]:
    """Run a command as the launcher does; also return whether it tried to do without bash."""
    shell = ask_shell(BASH, environment)
    whole = {**shell.environment, **added}
    direct = shell.find_direct(command, whole, added)
    if direct:
        whole["_"] = direct[0]
    return run(shell.arguments(command), whole, direct=direct), direct is not None


def split(outcome: Outcome) -> tuple[int, list[bytes], bytes]:
    """Return an outcome with lines, or arguments and variables, in an order of their own."""
    return outcome.exit_code, sorted(outcome.stdout.split(b"\0")), outcome.stderr


@pytest.fixture(scope="module", autouse=True)
def _work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A working directory with programs of every kind."""
    place = tmp_path_factory.mktemp("shell") / "work"
    for name in ("bin/folder", "late", "plain file"):
        (place / name).mkdir(parents=True)
    cat = Path("/bin/cat").resolve()
    for name in ("show", "bin/show", "late/show", "late/only_late", "bin/if", "bin/echo"):
        (place / name).symlink_to(cat)
    scripts = {
        "bin/shebang": "#!/bin/sh\necho $0 $#\nexit 3\n",
        "bin/bare": "echo bare $0 $# ${BASH_VERSION%%.*}\nexit 4\n",
        "bin/empty": "",
        "bin/broken": "#!/nonexistent/interpreter\n",
        "bin/not_executable": "#!/bin/sh\n",
        "bin/signalled": "#!/bin/sh\nkill -9 $$\n",
    }
    for name, text in scripts.items():
        (place / name).write_text(text)
        (place / name).chmod(0o644 if name.endswith("not_executable") else 0o755)
    (place / "bin/dangling").symlink_to("nowhere")
    with contextlib.chdir(place):
        yield


@pytest.mark.parametrize(
    "command",
    [
        *("show /proc/self/cmdline", "show /proc/self/environ", "./show /proc/self/environ"),
        *("bin/show /proc/self/environ", "../work/show /proc/self/cmdline", "show\n", " show \n"),
        *("show '' 'a b' \"c d\"", "'show' x", "s\"h\"o'w' x", "only_late /proc/self/environ"),
        *("shebang a b", "./bin/shebang", "bare x y", "./bin/bare x", "empty", "signalled"),
        *("broken", "not_executable", "bin/not_executable", "folder", "./bin", "bin", "dangling"),
        *("absent x", "./absent", "/absent/program", "show/x", "''", "'' x", "'absent prog' x"),
        *("if", "'if' x", "echo a", "\\echo a", "'echo' -n a", "true", "[ a ]", ": x", "%1", "a=b"),
        *(
            "a=b show /proc/self/environ",
            "show $HOME",
            "show *",
            "show ~",
            "show {a,b}",
            "show # x",
        ),
        *("show 'a\nb'", "show\n\n", "show; show", "show <show", "! show x", "show a\\ b"),
    ],
)
@pytest.mark.parametrize("path", ["bin:late:{}", ":{}:bin", "late/::bin/:{}", "{}:./bin:.", "~:{}"])
def test_every_command_does_the_same_as_in_bash(command: str, path: str) -> None:
    environment = {"PATH": path.format(SYSTEM), "HOME": "/", "A": "1"}
    result, _ = as_a_job(command, environment, {})
    assert split(result) == split(by_bash(command, environment))


PLAIN = st.text("azAZ09_./,:@%+=-", min_size=1, max_size=8)
QUOTED = st.text([chr(code) for code in range(0x20, 0x7F) if chr(code) != "'"] + ["\t"], max_size=8)
DOUBLE = st.text([c for c in map(chr, range(0x20, 0x7F)) if c not in '"$`\\'] + ["\t"], max_size=8)
PIECE = PLAIN | QUOTED.map(lambda text: f"'{text}'") | DOUBLE.map(lambda text: f'"{text}"')
WORD = st.lists(PIECE, min_size=1, max_size=3).map("".join)
BLANKS = st.text(" \t", min_size=1, max_size=2)
NAMES = """
A b_1 a.b HOME PATH PWD OLDPWD SHLVL _ LANG LC_ALL IFS PS1 TERM UID PPID EPOCHSECONDS RANDOM OPTIND
COLUMNS SSH_CLIENT LINENO BASH_FUNC_show%% SHELLOPTS BASHOPTS BASH_ENV ENV POSIXLY_CORRECT TZ
SECONDS EXECIGNORE BASH_COMPAT TMPDIR SHELL GLOBIGNORE HISTFILE TMOUT HOSTNAME COMP_WORDBREAKS
MAILPATH
"""
WORDS = """
1 3 999 -1 x C C.UTF-8 xx_YY / /tmp ~ . : xtrace keyword extdebug *show ./profile
"""
TEXTS = ["", " 1", "() { :; }", "() {  cat /proc/self/stat\n}", *WORDS.split()]
BYTES = st.binary(max_size=6).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"\1")))
VALUES = st.sampled_from(TEXTS) | BYTES
VARIABLES = st.dictionaries(st.sampled_from(NAMES.split()), VALUES, max_size=4)


@given(words=st.lists(WORD, max_size=4), blanks=BLANKS, end=st.sampled_from(["", " ", "\n"]))
def test_words_reach_the_program_as_they_were_written(
    words: list[str], blanks: str, end: str
) -> None:
    command = blanks.join(["./show", "/proc/self/cmdline", "--", *words]) + end
    environment = {"PATH": SYSTEM}
    result, is_direct = as_a_job(command, environment, {})
    assert is_direct
    assert result == by_bash(command, environment)


@given(inherited=VARIABLES, added=VARIABLES)
@example(inherited={"SHLVL": "1", "SSH_CLIENT": "1"}, added={"PATH": "late"})
@example(inherited={"OLDPWD": "/", "PWD": "/tmp"}, added={})
def test_variables_reach_the_program_as_bash_hands_them_on(
    inherited: dict[str, str], added: dict[str, str]
) -> None:
    inherited = {"PATH": SYSTEM, **inherited}
    command = "./show /proc/self/environ"
    result, _ = as_a_job(command, inherited, added)
    expected = by_bash(command, {**inherited, **added})
    assert names_of(result) == names_of(expected)


def names_of(outcome: Outcome) -> tuple[int, dict[bytes, bytes], bytes]:
    """Return an outcome with variables whose values depend on time left empty."""
    pairs = [line.partition(b"=") for line in outcome.stdout.split(b"\0") if b"=" in line]
    moving = {b"EPOCHSECONDS", b"SECONDS", b"RANDOM"}
    seen = {name: b"" if name in moving else value for name, _, value in pairs}
    return outcome.exit_code, seen, outcome.stderr


SAME = (
    "SigBlk",
    "SigIgn",
    "SigCgt",
    "Umask",
    "Groups",
    "Cap",
    "Seccomp",
    "Cpus_allowed:",
    "Uid",
    "Gid",
    "NoNewPrivs",
)


def test_a_program_lives_in_the_same_conditions() -> None:
    """Signals, umask, limits, rights, its session and its parent are those under bash."""
    command = "show /proc/self/status /proc/self/limits"
    environment = {"PATH": f"bin:{SYSTEM}"}
    seen = []
    for outcome in (as_a_job(command, environment, {})[0], by_bash(command, environment)):
        lines = outcome.stdout.decode().splitlines()
        seen.append([line for line in lines if line.startswith(("Max", *SAME))])
    assert seen[0] == seen[1]
    assert len(seen[0]) > 20


def test_a_program_takes_the_place_that_bash_would_give_it() -> None:
    """It has the same parent, and leads a group and a session without a terminal."""
    environment = {"PATH": f"bin:{SYSTEM}"}
    for outcome in (
        as_a_job("show /proc/self/stat", environment, {})[0],
        by_bash("show /proc/self/stat", environment),
    ):
        pid, rest = outcome.stdout.decode().split(" (")
        _, parent, group, session, terminal = rest.rpartition(")")[2].split()[:5]
        assert (group, session, parent, terminal) == (pid, pid, str(os.getpid()), "0")


@pytest.mark.parametrize(
    ("command", "is_direct"),
    [
        *(("show", True), ("./show x\n", True), ("'show' \"a b\"", True), ("shebang --x=1", True)),
        *(("echo a", False), ("if", False), ("'if'", False), ("show $HOME", False)),
        *(("absent", False), ("bin", False), ("not_executable", False), ("show >x", False)),
    ],
)
def test_only_what_is_sure_to_work_is_left_to_no_shell(command: str, is_direct: bool) -> None:
    shell = ask_shell(BASH, {"PATH": f"bin:{SYSTEM}"})
    assert (shell.find_direct(command, shell.environment, ()) is not None) is is_direct


@pytest.mark.parametrize(
    "variables",
    [
        *({"BASH_ENV": "/dev/null"}, {"SHELLOPTS": "keyword"}, {"BASH_FUNC_show%%": "() { :; }"}),
        *({"LC_ALL": "xx_YY"}, {"SSH_CLIENT": "1 2 3"}, {"POSIXLY_CORRECT": ""}),
        *({"EXECIGNORE": "*show"}, {"EPOCHSECONDS": "1"}, {"A": "a\0"}),
    ],
)
def test_an_environment_that_means_something_to_bash_is_left_to_it(
    variables: dict[str, str],
) -> None:
    environment = {"PATH": f"bin:{SYSTEM}", **variables}
    shell = ask_shell(BASH, environment)
    assert shell.find_direct("show", environment, ()) is None
    assert shell.environment == environment


def test_bash_explains_when_the_working_directory_is_gone(tmp_path: Path) -> None:
    environment = {"PATH": SYSTEM}
    gone = tmp_path / "gone"
    gone.mkdir()
    with contextlib.chdir(gone):
        shell = ask_shell(BASH, environment)
        assert shell.find_direct("cat", shell.environment, ())
        gone.rmdir()
        assert shell.find_direct("cat", shell.environment, ()) is None


@pytest.mark.parametrize("change", ["rename", "replace", "repoint"])
def test_bash_finds_out_where_a_directory_that_has_changed_is_now(
    tmp_path: Path, change: str
) -> None:
    place, link = tmp_path / "place", tmp_path / "link"
    place.mkdir()
    link.symlink_to(place)
    environment = {"PATH": SYSTEM, "PWD": str(link)}
    with contextlib.chdir(place):
        shell = ask_shell(BASH, environment)
        assert shell.environment["PWD"] == str(link)
        assert shell.find_direct("cat", shell.environment, ())
        match change:
            case "rename":
                place.rename(tmp_path / "other")
            case "replace":
                place.rename(tmp_path / "other")
                place.mkdir()
            case _:
                link.unlink()
                link.symlink_to(tmp_path)
        assert shell.find_direct("cat", shell.environment, ()) is None


@pytest.mark.parametrize("path", ["/nonexistent/bash", "/dev/null", "/bin/cat"])
def test_what_is_no_bash_is_asked_in_vain(path: str) -> None:
    environment = {"PATH": SYSTEM}
    shell = ask_shell(path, environment)
    assert shell.find_direct("cat", environment, ()) is None
