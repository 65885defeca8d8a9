"""The page on job states says what the machine does."""

from __future__ import annotations

import re
from pathlib import Path

from torc_core.model.status import TRANSITIONS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "job-states.md"


def test_the_table_is_that_of_the_machine():
    table = PAGE.read_text("utf-8").split("\n\n")[1].splitlines()[2:]
    rows = [[re.findall(r"`(\w+)`", cell) for cell in line.strip("|").split("|")] for line in table]
    assert {own: set(ways) for (own,), _, ways in rows} == TRANSITIONS
