"""Everything that the tests need and pip does not install.

    python tests/environments.py

installs the Debian packages that the tests run programs of, and makes the environments of the
official clients. What is there already is left alone; the tests themselves need no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from clients import environments as clients

PACKAGES = Path(__file__).parent / "debian-packages.txt"
COMMAND = "python tests/environments.py"
PATHS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
"""Where programs are; users other than root often lack the last two."""


def program(name: str) -> str:
    """Return the path of a program that a package brings.

    Raises:
        FileNotFoundError: It is not installed.
    """
    found = shutil.which(name, path=PATHS)
    if found is None:
        message = f"The test needs the program {name}, which is not installed: run {COMMAND}"
        raise FileNotFoundError(message)
    return found


def packages() -> list[str]:
    """Return the packages of the list; each brings a program of its name."""
    lines = PACKAGES.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def install(names: list[str]) -> str:
    """Install Debian packages; return why that failed, or nothing."""
    listed = " ".join(names)
    if shutil.which("apt-get") is None:
        return f"This system has no apt-get. Install by its own means: {listed}."
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    if as_root and shutil.which("sudo") is None:
        return f"Only root can install packages. As root, run: apt-get install {listed}"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
        arguments = [*as_root, "apt-get", "--quiet=2", *command]
        if subprocess.run(arguments, env=environment, check=False).returncode:
            return f"{' '.join(arguments)} failed; what it printed says why."
    return ""


def main() -> int:
    """Install and make what is missing."""
    missing = [name for name in packages() if shutil.which(name, path=PATHS) is None]
    if missing and (problem := install(missing)):
        sys.stderr.write(f"{problem}\n")
        return 1
    clients.make_missing()
    return 0


if __name__ == "__main__":
    sys.exit(main())
