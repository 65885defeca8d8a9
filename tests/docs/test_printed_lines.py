"""Lines that the documentation of the reference prints work, each in the setting of its page."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from docs.pages import with_exit_codes
from docs.shell import Shell

DATA = tomllib.loads((Path(__file__).parents[1] / "data/printed_lines.toml").read_text("utf-8"))
PAGES = {page["name"]: page for page in DATA["page"]}


@pytest.mark.parametrize("name", PAGES)
def test_the_lines_of_a_page_are_accepted(name: str, shell: Shell):
    page: dict[str, Any] = PAGES[name]
    for spec in page.get("specs", ()):
        (shell.home / f"{spec}.yaml").write_text(DATA["specs"][spec])
    for workflow_id in page.get("ids", ()):
        shell.begin_with(workflow_id + 1)
    shell.begin_with(page.get("next_id", 1))
    setting = "set -x\n" + page.get("setting", "")
    lines = page["lines"].replace("\n+ ", "\n")

    done = shell(setting + with_exit_codes(lines))

    assert done.returncode == 0, f"{done.stderr[-3000:]}\n{done.stdout[-2000:]}"
