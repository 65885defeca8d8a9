r"""Paths of files: variables and home directories in them, and which of them are the same.

A command is filled with a path as it stands, so the shell would expand `~` and `$NAME` in it, while
whatever looks for the file would not. They are therefore expanded once, when the workflow is made,
and everything after that sees one path. Only what can be said without the shell is expanded:
`${NAME:-default}`, `$1` and `$(...)` stay, as does `~name` without an account of that name, which
the shell leaves alone too. `\$` is a dollar sign of the file's name.

Stored is the path as written, not its normalized form: `./run.sh` is a program in the current
folder and `run.sh` is one to be searched for, and `link/..` need not be where `link` is.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

_TILDE = re.compile(r"~([A-Za-z0-9_][A-Za-z0-9_.-]*)?(?=/|\Z)", re.ASCII)
_VARIABLE = re.compile(
    r"\\\$|\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})", re.ASCII
)
_ONLY_IN_THE_SHELL = re.compile(r"\$\{[^{}]*\}|\$\([^()]*\)|`[^`]*`")


class Surroundings(NamedTuple):
    """What paths may refer to outside of their workflow file."""

    environment: Mapping[str, str] = {}
    home_of: Callable[[str], str | None] = lambda _account: None
    """Returns the home directory of an account; of the user's own where the name is empty."""
    folder: str = ""
    """Where relative paths start: jobs mostly run where their workflow was created."""

    def identity(self, path: str) -> str:
        """Return the form in which paths of one workflow are compared."""
        return normalized(posixpath.join(self.folder, path))


def expand_path(path: str, surroundings: Surroundings) -> str:
    """Return a path with its home directory and its variables filled in.

    Raises:
        ValueError: A variable is not set, or the user's home directory is not known.
    """
    if "$" not in path and not path.startswith("~"):
        return path
    home = ""
    tilde = _TILDE.match(path)
    if tilde is not None:
        home, path = _home(tilde, surroundings), path[tilde.end() :]

    def value(match: re.Match[str]) -> str:
        if match[0] == r"\$":
            return "$"
        name = match[1] or match[2]
        if not name:
            return match[0]
        found = surroundings.environment.get(name)
        if not found:
            state = "not set" if found is None else "empty"
            raise ValueError(
                f"the variable ${name} is {state}; set it, or write \\$ "
                "where a dollar sign belongs to the name of the file"
            )
        return found

    return home + _VARIABLE.sub(value, path)


def left_to_the_shell(path: str) -> str | None:
    """Return the first part that a shell would expand and `expand_path` does not, if any."""
    found = _ONLY_IN_THE_SHELL.search(_VARIABLE.sub("", path))
    return found[0] if found else None


def _home(tilde: re.Match[str], surroundings: Surroundings) -> str:
    account = tilde[1] or ""
    own = "" if account else surroundings.environment.get("HOME")
    home = own or surroundings.home_of(account)
    if home is None and not account:
        raise ValueError("~ has no meaning here: the variable $HOME is not set")
    return tilde[0] if home is None else home


def normalized(path: str) -> str:
    """Return the form in which paths are compared: the same for every spelling of one path.

    Symbolic links are not followed; the path need not exist.
    """
    plain = posixpath.normpath(path)
    return plain[1:] if plain.startswith("//") else plain


def ancestors(path: str, folder: str = "") -> Iterator[str]:
    """Yield the directories that a normalized path lies within, the nearest one first.

    Those that the folder of relative paths lies within are left out, and that folder itself:
    everything lies within them.
    """
    end = path.rfind("/")
    while end > 0:
        directory = path[:end]
        if f"{folder}/".startswith(f"{directory}/"):
            return
        yield directory
        end = path.rfind("/", 0, end)
