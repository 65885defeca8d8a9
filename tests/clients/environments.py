"""Make the environments of the official clients, one for each generation that is tested.

    python tests/clients/environments.py

Each stands under `clients` in the environment that runs this, so that the suite itself needs no
network. One that is right already is left alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

VERSIONS = ("0.12.3", "0.35.0")


def environment(version: str) -> Path:
    """Return where the environment of a version is, made or not."""
    return Path(sys.prefix) / "clients" / version


def python_of(version: str) -> Path:
    """Return the interpreter of a version's environment."""
    return environment(version) / "bin" / "python"


def package_of(version: str) -> Path | None:
    """Return the folder of the client's generated package, None if it is not installed."""
    site = environment(version).glob("lib/python*/site-packages")
    installed = (path for path in site if (path / f"torc_client-{version}.dist-info/RECORD").exists())
    return next((path / "torc" / "openapi_client" for path in installed), None)


def make(version: str) -> None:
    """Make the environment of a version anew."""
    place = environment(version)
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True)
    install = (python_of(version), "-m", "pip", "install", "--quiet", f"torc-client=={version}")
    subprocess.run(install, check=True)


if __name__ == "__main__":
    for wanted in VERSIONS:
        if package_of(wanted) is None:
            make(wanted)
