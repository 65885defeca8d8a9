"""The documentation is a site: no broken link, no page outside of it, no unknown language."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_site_is_built_without_a_warning(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert (built.returncode, built.stderr) == (0, "")
    assert "Your first workflow" in (tmp_path / "index.html").read_text("utf-8")
