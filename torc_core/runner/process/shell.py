"""The bash that runs commands, and how to do without it where nothing but time is lost.

What bash makes of an environment, and which names it runs itself, depends on its version and on how
it was built. So it is asked, once for each runner.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from collections.abc import Iterable, Mapping

import msgspec

from torc_core.runner.policy.commands.direct_command import may_be_added, may_leave_out, plain_words

_ASK = 'mapfile -d "" -t v </proc/self/environ && compgen -bk && printf "%s\\0" "" "${v[@]}"'
"""Prints the names of builtins and keywords, then the environment with which it was started."""
_ANSWER_S = 10.0
_CHECKS_EFFECTIVE_IDS = os.access in os.supports_effective_ids


class Shell(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of bash, in one environment and working directory."""

    path: str
    environment: Mapping[str, str]
    """For all commands: with it bash hands on the same, but for `_`."""
    own_names: frozenset[str] | None = None
    """Commands that bash runs itself; None when everything has to be left to it."""

    def arguments(self, command: str) -> list[str]:
        """Return the path of bash, and its arguments for a command with its own name first.

        By that name it goes in its messages, and in `$0`, as in the reference.
        """
        return [self.path, "bash", "-c", command]

    def find_direct(
        self, command: str, environment: Mapping[str, str], added: Iterable[str]
    ) -> list[str] | None:
        """Return the same of a command's own program; None to let bash do it.

        Also None for all that bash has an error message for.

        Args:
            command: What bash would be given.
            environment: All that the program gets.
            added: The names of variables that users add to that of this shell.
        """
        if self.own_names is None:
            return None
        words = plain_words(command)
        if words is None or words[0] in self.own_names or not may_be_added(added):
            return None
        program = _find_program(words[0], environment.get("PATH", ""))
        return [program, *words] if program and _names_true_directories(environment) else None


def ask_shell(path: str, environment: Mapping[str, str]) -> Shell:
    """Find out what a bash hands on to programs, and what it runs itself.

    Args:
        path: The program.
        environment: For all commands.
    """
    unknown = Shell(path=path, environment=environment)
    if not may_leave_out(environment):
        return unknown
    # The outer one is given a simple command, as for a job: to execute the inner one.
    command = f"{shlex.quote(path)} -c {shlex.quote(_ASK)}"
    try:
        answer = subprocess.run(
            [path, "-c", command],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return unknown
    names, _, variables = os.fsdecode(answer.stdout).partition("\0")
    seen = dict(line.split("=", 1) for line in variables.split("\0") if "=" in line)
    # Where it complains, as of an unknown locale, it does so in every job.
    if answer.returncode or answer.stderr or not names or seen.pop("_", None) != path:
        return unknown
    return Shell(path=path, environment=seen, own_names=frozenset(names.split()))


def _find_program(name: str, path: str) -> str | None:
    """Return the path of the program that bash executes for a name, if that is sure to work."""
    if "/" in name:
        return name if _is_program(name) else None
    for folder in path.split(":") if path else ():
        if folder.startswith("~"):
            return None
        slash = "" if folder.endswith("/") else "/"
        program = f"{folder or '.'}{slash}{name}"
        if _is_program(program):
            return program
    return None


def _is_program(path: str) -> bool:
    if not os.access(path, os.X_OK, effective_ids=_CHECKS_EFFECTIVE_IDS):
        return False
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 - twice as fast
    except OSError:
        return False


def _names_true_directories(environment: Mapping[str, str]) -> bool:
    """Return whether bash would still find the directories true that variables name."""
    directory, earlier = environment.get("PWD", ""), environment.get("OLDPWD")
    try:
        is_here = os.getcwd() == directory or os.path.samefile(".", directory)  # noqa: PTH109, PTH121
    except OSError:
        return False
    return is_here and (earlier is None or os.path.isdir(earlier))  # noqa: PTH112
