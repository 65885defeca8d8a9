"""The pages on workflow files: every field is explained, and every workflow in them is valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs.pages import blocks
from specification_page import EXPLAINED, TABLES

from torc_core.spec import parse_workflow
from torc_core.spec.expansion.parameters import parse_values, show
from torc_core.spec.expansion.templates import show_as
from torc_core.spec.problems import Problems

DOCS = Path(__file__).parents[2] / "docs"
VALUES = (DOCS / "reference" / "specification-values.md").read_text("utf-8")
FORMATS = {"yaml": "yaml", "json5": "json", "kdl": "kdl"}
WHOLE = {
    "yaml": re.compile(r"^jobs:", re.MULTILINE),
    "json": re.compile(r"\bjobs\b"),
    "kdl": re.compile(r"^job ", re.MULTILINE),
}
"""What a block contains that is a workflow, and not a part of one."""
WORKFLOWS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*/*.md"))
    for number, block in enumerate(blocks(page))
    if block.language in FORMATS
    and WHOLE[FORMATS[block.language]].search(block.content)
    and block.name != "wrong.yaml"
]


@pytest.mark.parametrize("table", TABLES)
def test_every_field_is_explained(table):
    assert EXPLAINED[table].keys() == TABLES[table].keys()


def test_every_table_is_a_table_of_the_specification():
    assert EXPLAINED.keys() == TABLES.keys()


@pytest.mark.parametrize("block", WORKFLOWS)
def test_every_workflow_of_the_documentation_is_valid(block):
    text = block.content
    if block.language == "yaml" and not text.startswith("name:"):
        text = f"name: part\n{text}"

    workflow = parse_workflow(text, format=FORMATS[block.language])

    assert workflow.jobs
    assert workflow.warnings == ()


@pytest.mark.parametrize(
    "row", re.findall(r'^\| `"(.+?)"`.* \| ([\d., -]+):? ', VALUES, re.MULTILINE)
)
def test_ranges_have_the_values_that_are_said(row):
    written, values = row

    assert [show(each) for each in parse_values(written, (), Problems())] == values.split(", ")


def test_formats_make_what_is_said():
    rows = re.findall(r"^\| (`\{[ix]:.*?) \| (`.*?`) \|$", VALUES, re.MULTILINE)

    made = [
        show_as({"i": 7, "x": 0.00125}[name], spec)
        for written, _ in rows
        for name, spec in re.findall(r"\{(\w):(.*?)\}", written)
    ]

    assert made == [each for _, said in rows for each in re.findall(r"`(.*?)`", said)]
    assert len(made) == 6
