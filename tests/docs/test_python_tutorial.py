"""The tutorial on mapped functions shows what the examples contain."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_what_the_tutorial_shows_of_the_examples_is_there():
    page = (ROOT / "docs" / "tutorial" / "map-a-python-function.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page.partition("## The results")[0], re.DOTALL)
    examples = [path.read_text("utf-8") for path in (ROOT / "examples/python").glob("*.py")]

    assert len(blocks) == 3
    for block in blocks:
        assert any(block in example for example in examples), block
