"""Create a configuration file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.config.toml import template
from torc_core.errors import ConflictError, MachineError
from torc_core.host.directories import config_files
from torc_core.host.files.replacement import replacing


class ConfigFileCreated(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration file was created."""

    path: str

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Created {self.path}; remove the # before what you want to set."


def create_config_file(name: str, *, force: bool) -> ConfigFileCreated:
    """Create a configuration file that explains every setting and sets none.

    Args:
        name: Which one: `system`, `user` or `local`.
        force: Replace one that exists.

    Raises:
        ConflictError: There is one.
        MachineError: It cannot be written, or the home is not known.
    """
    path = next((file.path for file in config_files() if file.name == name), None)
    if path is None:
        raise MachineError("The home directory is not known.", hint="Set HOME.")
    try:
        _write(path, template(), force=force)
    except FileExistsError as error:
        raise ConflictError(
            f"{path} exists.", hint="To replace it and what it sets, add --force."
        ) from error
    except OSError as error:
        raise MachineError(
            f"{path} cannot be written: {error.strerror}.",
            hint="Choose another file: --user, --local or --system.",
        ) from error
    return ConfigFileCreated(path=str(path))


def _write(path: Path, text: str, *, force: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not force and (path.exists() or path.is_symlink()):
        raise FileExistsError
    with replacing(path) as replaced:
        replaced.write(text.encode())
