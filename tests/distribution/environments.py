"""What is built of torc, and environments that find what torc needs where this interpreter does."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tui.pty_screen import PtyScreen
from uv import find_uv_bin

from torc_core.service import PORT_LINE

ROOT = Path(__file__).parents[2]


class Built(NamedTuple):
    sdist: Path
    wheel: Path


class Environment:
    """A virtual environment, and a home in which its programs run."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self._root = root / "environment"
        self.home.mkdir()
        self.uv("venv", "--python", sys.executable, self._root)
        self.site_packages = next(self._root.glob("lib/python*/site-packages"))
        self.find(sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))

    def find(self, *lines: str | Path) -> None:
        """Add directories in which it looks for modules, or imports for each of its starts."""
        with (self.site_packages / "tests.pth").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def uv(self, *arguments: str | Path) -> None:
        """Run uv for this environment, without the network."""
        subprocess.run(
            [find_uv_bin(), *arguments, "--offline", "--quiet"],
            env=os.environ | {"VIRTUAL_ENV": str(self._root)},
            check=True,
            timeout=100,
        )

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self._root / "bin" / name)

    @property
    def _environ(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def __call__(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of its programs to its end."""
        return subprocess.run(
            [self.program(name), *map(str, arguments)],
            cwd=self.home,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve a database of its own, and yield the port."""
        with subprocess.Popen(
            [self.program("torc-server"), "run", "--port", "0", "--database", "own.db"],
            cwd=self.home,
            env=self._environ,
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdout is not None
            try:
                line = next(line for line in server.stdout if line.startswith(PORT_LINE))
                yield int(line.removeprefix(PORT_LINE))
            finally:
                server.terminate()
        assert server.returncode == 0

    def open(self, name: str, *arguments: str) -> PtyScreen:
        """Start one of its programs in a terminal."""
        return PtyScreen(
            [self.program(name), *arguments],
            columns=100,
            rows=30,
            environ={"PYTHONPATH": ""},
            cwd=self.home,
        )
