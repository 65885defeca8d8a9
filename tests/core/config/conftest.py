from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.host import directories


class Folder:
    """A directory with the files of all layers, none of which exists yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = {
            "system": path / "etc" / "config.toml",
            "user": path / "config" / "torc" / "config.toml",
            "local": Path("torc.toml"),
            "TORC_CONFIG": path / "named.toml",
        }

    def write(self, name: str, text: str) -> str:
        """Write one of the files and return its name in messages."""
        file = self.files[name]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return str(file)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = Folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(directories, "_SYSTEM_CONFIG", made.files["system"])
    return made
