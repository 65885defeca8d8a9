"""The map in the documentation and the tree agree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")


def test_the_map_has_one_line_for_every_folder() -> None:
    named = re.findall(r"^\| `(torc_\w+(?:/\w+)*)` \|", TEXT, re.MULTILINE)
    folders = {
        str(path.parent.relative_to(ROOT))
        for package in ("torc_core", "torc_server", "torc_tui")
        for path in (ROOT / package).rglob("*.py")
    }
    assert sorted(named) == sorted(folders)


def test_every_path_in_it_exists() -> None:
    paths = re.findall(r"`(torc_\w+(?:/[\w.]+)+)`", TEXT)
    assert paths
    assert not [path for path in paths if not (ROOT / path).exists()]
