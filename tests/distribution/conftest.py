"""What is built of torc, and an environment without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from distribution.environments import ROOT, Built, Environment
from uv import find_uv_bin

from torc_core import __version__


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The source distribution, and the wheel that is built from it."""
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [
            *(find_uv_bin(), "build", "--offline", "--no-build-isolation", "--quiet"),
            *("--python", sys.executable, "--out-dir", directory, ROOT),
        ],
        check=True,
        timeout=100,
    )
    name = f"torc_tui-{__version__}"
    return Built(directory / f"{name}.tar.gz", directory / f"{name}-py3-none-any.whl")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment without torc."""
    return Environment(tmp_path)
