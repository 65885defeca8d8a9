"""The pictures of the documentation are all shown, all there, small, and can be made again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from picture_drawing import svg
from picture_list import PICTURES, Stage
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
PAGE = (ROOT / "docs" / "explanation" / "interface.md").read_text("utf-8")
COLORS = "#ffffff", "#000000"
MOST_BYTES = 1_000_000


def texts(picture):
    """What is written in a picture, row by row."""
    rows = {}
    for text in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        rows.setdefault(int(text.get("y")), []).append(text.text)
    return [" ".join(row) for _, row in sorted(rows.items())]


def test_the_page_shows_every_picture_and_every_picture_is_there():
    shown = re.findall(r"!\[[^]]+\]\(\.\./images/(\w+)\.svg\)", PAGE)

    assert sorted(shown) == sorted(PICTURES)
    assert sorted(shown) == sorted(path.stem for path in IMAGES.iterdir())


def test_pictures_are_small_and_name_nothing_of_the_machine_that_drew_them():
    pictures = {path.name: path.read_text("utf-8") for path in IMAGES.iterdir()}

    assert sum(map(len, pictures.values())) < MOST_BYTES
    assert not [name for name, text in pictures.items() if re.search(r"/(?:tmp|root)\b", text)]


def test_the_command_that_the_page_names_draws_them(tmp_path):
    assert "python docs/pictures.py" in PAGE
    names = [name for name, picture in PICTURES.items() if picture.stage is Stage.CREATED]
    command = [sys.executable, str(ROOT / "docs" / "pictures.py"), "--to", str(tmp_path), *names]
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True, timeout=280)
    drawn = {path.stem: texts(path.read_text("utf-8")) for path in tmp_path.iterdir()}

    assert sorted(drawn) == sorted(names)
    assert drawn["help"][0] == "Keys"
    assert any("hpo-sweep.yaml" in row for row in drawn["create"])
    assert any("own" in row and "this machine" in row for row in drawn["servers"])


def test_frames_are_lines_and_text_is_where_it_was():
    line = Strip([Segment("│  <a>  b ", Style(bold=True)), Segment("━x", Style(color="#00ff00"))])
    root = ET.fromstring(svg([line], COLORS, {"b": "c"}))
    found = [(each.get("x"), each.text) for each in root.iter() if each.tag.endswith("text")]
    paths = [each.get("stroke") for each in root.iter() if each.tag.endswith("path")]

    assert found == [("18", "<a>  c"), ("66", "x")]
    assert paths == ["#ffffff", "#00ff00"]


@pytest.mark.parametrize(("text", "cells"), [("日本", 4), ("ab", 2), ("é", 1)])
def test_text_has_the_width_of_its_cells(text, cells):
    root = ET.fromstring(svg([Strip([Segment(text)])], COLORS, {}))
    lengths = [each.get("textLength") for each in root.iter() if each.tag.endswith("text")]

    assert lengths == [str(6 * cells)]
