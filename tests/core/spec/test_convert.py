"""A workflow file in another format is the same workflow."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec import SpecFile, parse_workflow, read_spec
from torc_core.spec.convert import Format, convert
from torc_core.spec.load import FORMATS

ROOT = Path(__file__).parents[3]
EXAMPLES = [
    path
    for folder in ("examples", "tests/data/reference_examples")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".yaml", ".json", ".json5", ".kdl"}
]
READER = {"yaml": "yaml", "json": "json", "json5": "json", "kdl": "kdl"}


def expanded(text: str, format_: str):
    workflow = parse_workflow(text, format=READER[format_], skip_checks=True)
    return msgspec.structs.replace(workflow, warnings=(), notes=())


def spec(text: str, suffix: str = ".yaml") -> SpecFile:
    return SpecFile(source=f"w{suffix}", suffix=suffix, text=text)


@pytest.mark.parametrize("target", Format)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_example_in_every_format(path, target):
    file = read_spec(path)
    format_, _ = file.read()

    converted = convert(file, target)

    assert expanded(converted.text, target) == expanded(file.text, format_)
    if target is Format.JSON:
        json.loads(converted.text)


HARD = """
x-own: &own {memory: 2g}
name: "hard: #1"
description: "two lines\\n\\n  the third\\tone\\n"
metadata: {"a b": [1, [2, {c: null}]], no: "no", "1": "1e5"}
env: {A: "0x10", B: "true", C: "", D: "\\u202e\\x7f\\\\"}
resource_requirements: [{name: small, num_cpus: 1, <<: *own}]
slurm_defaults: {exclusive: true, qos: "normal"}
user_data:
- {name: text, data: "null"}
- {name: list, data: [[], {}]}
- {name: number, data: 1.0e-7}
jobs:
- name: "a {i} {lr} {one} {few}"
  command: |
    # a comment of the shell, and "quotes" and \\ and ${files.input.f}
    if true; then
        echo '{i}'
    fi
  resource_requirements: small
  input_files: [f]
  parameters: {i: ["007", 1e-4, 1.10], lr: "1:3", one: ["it's"], few: ["1:3"]}
- {name: b, command: "  leading\\n \\n", depends_on: [], depends_on_regexes: ["^a .*\\\\d"]}
files: [{name: f, path: "data/#1.txt"}]
"""


@pytest.mark.parametrize("target", Format)
def test_values_that_formats_write_differently(target):
    converted = convert(spec(HARD), target)

    assert expanded(converted.text, target) == expanded(HARD, "yaml")
    assert "\u202e" not in converted.text
    assert "\x7f" not in converted.text
    assert "Comments" in converted.lost[0]
    assert "anchors" in converted.lost[1]
    assert ("x-own" in converted.lost[-1]) == (target is Format.KDL)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["1e5", "0x1", "~", "no", ".5", "<<", "- a", "a: b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(data=VALUES, command=st.text(min_size=1), target=st.sampled_from(Format))
def test_any_text_and_any_data(data, command, target):
    tree = {
        "name": "w",
        "user_data": [{"name": "d", "data": data}],
        "jobs": [{"name": "a", "command": command}],
    }
    try:
        before = expanded(json.dumps(tree), "json")
    except SpecError:
        return  # no workflow, such as one whose command has control characters
    converted = convert(spec(json.dumps(tree), ".json"), target)

    assert expanded(converted.text, target) == before
    # Also where nothing depends on it, such as in a list of numbers.
    assert FORMATS[READER[target]](converted.text, None)["jobs"] == tree["jobs"]


@pytest.mark.parametrize(
    ("text", "suffix", "target", "spelling"),
    [
        (
            "{name: 'w', jobs: [{name: 'a{i}', command: 'x', parameters: {i: [0x10]}}]}",
            ".json5",
            Format.JSON,
            '["0x10"]',
        ),
        (
            "{name: 'w', jobs: [{name: 'a{i}', command: 'x', parameters: {i: [0x10, .5]}}]}",
            ".json5",
            Format.JSON5,
            "[0x10, .5]",
        ),
        (
            "name: w\njobs: [{name: 'a{i}', command: x, parameters: {i: [1.10]}}]",
            ".yaml",
            Format.KDL,
            "\"['1.10']\"",
        ),
    ],
)
def test_numbers_keep_their_spelling_or_become_text(text, suffix, target, spelling):
    assert spelling in convert(spec(text, suffix), target).text


def test_what_a_format_has_no_form_for_is_refused():
    text = "name: w\njobs: [{name: a, command: x}]\nresource_monitor: {metrics: [cpu]}"
    convert(spec(text), Format.YAML)
    with pytest.raises(SpecError, match=r"resource_monitor\.metrics is a list of 1, for which KDL"):
        convert(spec(text), Format.KDL)


def test_a_file_with_problems_is_not_converted():
    with pytest.raises(SpecError, match="no_such_field"):
        convert(spec("name: w\njobs: []\nno_such_field: 1"), Format.JSON)
