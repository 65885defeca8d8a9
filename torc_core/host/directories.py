"""The directories of torc on this machine, and its configuration files; the only place that knows.

State is private: directories are 0700, files 0600.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_config_path

from torc_core.errors import MachineError
from torc_core.host.user import expand_home

PRIVATE_DIRECTORY = 0o700
_SYSTEM_CONFIG = Path("/etc/torc/config.toml")
_LOCAL_CONFIG = Path("torc.toml")
"""In the current directory: settings of one project."""
CONFIG_VARIABLE = "TORC_CONFIG"
"""Names a further file, which overrides the others."""


class ConfigFile(NamedTuple):
    """Where settings are looked for."""

    name: str
    """`system`, `user` or `local`, or the variable that names the file."""
    path: Path
    must_exist: bool = False

    @property
    def shown(self) -> str:
        """Its path as text; bytes that are no UTF-8 are escaped."""
        return str(self.path).encode("utf-8", "backslashreplace").decode()


def config_files(environ: Mapping[str, str] = os.environ) -> list[ConfigFile]:
    """Return where settings are looked for, weakest first.

    Raises:
        MachineError: The home that TORC_CONFIG means is not known.
    """
    files = [ConfigFile("system", _SYSTEM_CONFIG), ConfigFile("local", _LOCAL_CONFIG)]
    with suppress(RuntimeError):  # the home is not known
        own = user_config_path("torc", appauthor=False, roaming=True) / "config.toml"
        files.insert(1, ConfigFile("user", own))
    if named := environ.get(CONFIG_VARIABLE):
        files.append(ConfigFile(CONFIG_VARIABLE, expand_home(Path(named)), must_exist=True))
    return files


def state_directory() -> Path:
    """Return `$XDG_STATE_HOME/torc`, else `~/.local/state/torc`; created if it does not exist.

    Raises:
        MachineError: It cannot be created or used, or belongs to another user; or the home is not
            known.
    """
    base = expand_home(Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state"))
    try:
        path = base.absolute() / "torc"
        str(path).encode()  # as SQLite and the records of runs need it
    except FileNotFoundError as error:  # the current directory was deleted
        raise MachineError(
            f"The directory {base} is relative to a directory that no longer exists.",
            hint="Go to another directory, or set XDG_STATE_HOME to an absolute path.",
        ) from error
    except UnicodeEncodeError as error:
        raise MachineError(
            f"The directory {path} cannot be used: its name is not UTF-8.",
            hint="Set XDG_STATE_HOME to another directory.",
        ) from error
    return private_directory(path)


def private_directory(path: Path) -> Path:
    """Create a directory that only its owner may enter, with its parents, and return it.

    Raises:
        MachineError: It cannot be created, is not a directory, or belongs to another user.
    """
    try:
        path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        status = path.stat()
        if status.st_uid == os.getuid() and status.st_mode & 0o077:
            path.chmod(PRIVATE_DIRECTORY)
    except OSError as error:
        raise MachineError(
            f"The directory {path} cannot be used: {error.strerror}.",
            hint="Set XDG_STATE_HOME to a directory of your own on a local disk.",
        ) from error
    if status.st_uid != os.getuid():
        raise MachineError(
            f"The directory {path} belongs to user {status.st_uid}.",
            hint="Set XDG_STATE_HOME to a directory of your own.",
        )
    return path


def runs_directory() -> Path:
    """Return the directory that holds one directory per run."""
    return private_directory(state_directory() / "runs")


def note_first_time(name: str) -> bool:
    """Return whether this is asked for the first time with this state directory."""
    try:
        (state_directory() / name).touch(mode=0o600, exist_ok=False)
    except (OSError, MachineError):  # it was asked before, or that cannot be noted
        return False
    return True
