from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """The shell of a new user."""
    new = Shell(tmp_path)
    yield new
    new.close()
