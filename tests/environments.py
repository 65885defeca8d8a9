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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from clients import environments as clients

PACKAGES = Path(__file__).parent / "debian-packages.txt"
POLICY = Path("/usr/sbin/policy-rc.d")
COMMAND = "python tests/environments.py"
_POSTGRESQL = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), key=len)[-1:]
PATHS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *_POSTGRESQL])
"""Where programs are: users other than root often lack some, and no PATH has PostgreSQL's."""


def program(name: str) -> str:
    """Return the path of a program that a package brings.

    Raises:
        FileNotFoundError: It is not installed.
    """
    found = _find(name)
    if found is None:
        message = f"The test needs the program {name}, which is not installed: run {COMMAND}"
        raise FileNotFoundError(message)
    return found


def missing_packages() -> list[str]:
    """Return the packages of the list that lack a program."""
    lines = PACKAGES.read_text("utf-8").splitlines()
    pairs = (line.split(": ") for line in lines if line and not line.startswith("#"))
    return [name for name, programs in pairs if not all(map(_find, programs.split()))]


def _find(name: str) -> str | None:
    return shutil.which(name, path=PATHS)


def install(names: list[str]) -> str:
    """Install Debian packages; return why that failed, or nothing."""
    listed = " ".join(names)
    if shutil.which("apt-get") is None:
        return f"This system has no apt-get. Install by its own means: {listed}."
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    if as_root and shutil.which("sudo") is None:
        return f"Only root can install packages. As root, run: apt-get install {listed}"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with daemons_not_started(as_root):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
            arguments = [*as_root, "apt-get", "--quiet=2", *command]
            if subprocess.run(arguments, env=environment, check=False).returncode:
                return f"{' '.join(arguments)} failed; what it printed says why."
    return ""


@contextmanager
def daemons_not_started(as_root: list[str]) -> Iterator[None]:
    """Keep packages from starting what they bring: tests start it where they need it.

    Debian asks POLICY, if there is such a program; one that is there decides as before.
    """
    if POLICY.exists():
        yield
        return
    with NamedTemporaryFile("w", encoding="utf-8") as script:
        script.write("#!/bin/sh\nexit 101\n")
        script.flush()
        subprocess.run([*as_root, "install", "--mode=755", script.name, POLICY], check=True)
    try:
        yield
    finally:
        subprocess.run([*as_root, "rm", POLICY], check=True)


def main() -> int:
    """Install and make what is missing."""
    missing = missing_packages()
    if missing and (problem := install(missing)):
        sys.stderr.write(f"{problem}\n")
        return 1
    clients.make_missing()
    return 0


if __name__ == "__main__":
    sys.exit(main())
