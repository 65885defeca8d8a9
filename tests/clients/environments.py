"""The environments of the official clients, one for each generation that is tested.

They are under `clients` in the environment that runs this; `tests/environments.py` makes them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

VERSIONS = ("0.12.3", "0.35.0")
ENVIRONMENTS = Path(sys.prefix) / "clients"
COMMAND = "python tests/environments.py"

_SENT = re.compile(r"def _(\w+)_serialize\(.*?method='(\w+)',\s+resource_path='([^']+)'", re.DOTALL)
"""The function of a call, and what it sends."""
_KNOWN = re.compile(
    r"class (\w+)\(BaseModel\):.*?__properties: ClassVar\[List\[str\]\] = \[(.*?)\]", re.DOTALL
)
"""A model, and the names of its fields."""


def python_of(version: str) -> Path:
    """Return the interpreter of a client's environment."""
    package_of(version)
    return ENVIRONMENTS / version / "bin" / "python"


def package_of(version: str) -> Path:
    """Return the folder of a client's generated package.

    Raises:
        FileNotFoundError: It is not installed, or another version is.
    """
    for site in (ENVIRONMENTS / version).glob("lib/python*/site-packages"):
        if (site / f"torc_client-{version}.dist-info" / "RECORD").exists():
            return site / "torc" / "openapi_client"
    message = f"torc-client {version} is not in {ENVIRONMENTS / version}: run {COMMAND}"
    raise FileNotFoundError(message)


def published(version: str) -> dict[str, tuple[str, str]]:
    """Return method and path of a client's calls by name; parameters are anonymous."""
    sources = (path.read_text("utf-8") for path in package_of(version).glob("api/*_api.py"))
    return {
        name: (method, re.sub(r"\{[^}]*\}", "{}", path))
        for source in sources
        for name, method, path in _SENT.findall(source)
    }


def fields(version: str) -> dict[str, list[str]]:
    """Return the fields of a client's models by name."""
    sources = (path.read_text("utf-8") for path in package_of(version).glob("models/*.py"))
    return {
        name: re.findall(r'"(\w+)"', names)
        for source in sources
        for name, names in _KNOWN.findall(source)
    }


def make(version: str) -> None:
    """Make the environment of a version from scratch."""
    place = ENVIRONMENTS / version
    shutil.rmtree(place, ignore_errors=True)
    venv.create(place, with_pip=True)
    pip = (place / "bin" / "python", "-m", "pip")
    subprocess.run([*pip, "install", "--quiet", f"torc-client=={version}"], check=True)


def make_missing() -> None:
    """Make those that are not there."""
    for wanted in VERSIONS:
        try:
            package_of(wanted)
        except FileNotFoundError:
            make(wanted)
