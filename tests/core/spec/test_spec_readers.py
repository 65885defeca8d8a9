"""Each reader returns what its format says, or one problem with a place."""

from __future__ import annotations

import json
import math
from typing import Any

import json5
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec.formats.read_json import read_json
from torc_core.spec.formats.read_kdl import read_kdl
from torc_core.spec.formats.read_yaml import read_yaml
from torc_core.spec.load import FORMATS, parse_workflow
from torc_core.spec.problems import MalformedError, Marks

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\x85\u2028\u2029"), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts
numbers = st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    scalars | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
# Pieces of syntax in any order reach further into a reader than any characters do.
fragments = st.lists(
    st.sampled_from(
        [*"{}[]()#:,;=-*&!|>'\"\\/<\n\t .0123456789ex_", "name", "job", '"""', "/*", "*/", "//",
         "/-", "#true", "null", "\r\n", "<<", "- ", ": ", "\\u{1}", "\\ud800", "\ufeff", "é", "\0"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(text=fragments | st.text(max_size=60))
@example(text="'\\")
@example(text='a """\n"')
@example(text="\\")
@example(text="a: \ud800")
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    outcomes = [outcome(name, text, marks) for marks in (None, Marks([]))]
    assert outcomes[0] == outcomes[1]


def outcome(name: str, text: str, marks: Marks | None) -> str:
    """Return what a reader says about a text; the places it names are within the text."""
    try:
        return repr(FORMATS[name](text, marks))
    except MalformedError as problem:
        line, column = problem.position or (1, 1)
        lines = [*text.splitlines(), ""]
        in_text = 1 <= line <= len(lines) + 1 and column >= 1
        return problem.message if in_text else f"a place that is not there: {line}:{column}"


@given(documents)
def test_json_reads_what_json_writes(document: Any) -> None:
    text = json.dumps(document, indent=1)
    assert read_json(text) == document
    assert read_json(text, Marks([])) == document


class Quoting(yaml.SafeDumper):
    """Writes every text in quotes: what YAML 1.1 leaves bare may be a number in YAML 1.2."""


Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


@given(documents)
@example("0E0")
def test_yaml_reads_what_yaml_writes(document: Any) -> None:
    assert read_yaml(yaml.dump(document, Dumper=Quoting, allow_unicode=True)) == document


@given(st.dictionaries(texts.filter(bool), scalars.filter(lambda v: v is not None), max_size=5))
def test_kdl_reads_quoted_texts_and_numbers(fields: dict[str, Any]) -> None:
    words = {True: "#true", False: "#false"}
    lines = []
    for key, value in fields.items():
        written = words[value] if isinstance(value, bool) else kdl_text(value)
        lines.append(f"{kdl_text('x' + key)} {written}")
    assert read_kdl("\n".join(lines)) == {"x" + key: value for key, value in fields.items()}


def kdl_text(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in value)
    return '"' + escaped.replace('"', '\\"') + '"' if "\\" not in value else raw(value)


def raw(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in escaped) + '"'


JSON5 = [
    "{a: 1, 'b': \"c\", $d_1: null,}",
    "[1, 2, 3,]",
    "// c\n[+1, -.5, 5., 0x1F, 1e3, -0x10]",
    "/* a * b **/ {/**/}",
    r"""['it\'s', "a\
b", '\x41\u00e9\v\0', "\q"]""",
    "{while: true, \u00e9: false}",
]


@pytest.mark.parametrize("text", JSON5)
def test_json5_is_read_as_the_json5_package_reads_it(text: str) -> None:
    assert read_json(text) == json5.loads(text)


def test_surrogate_pairs_are_one_character() -> None:
    assert read_json(r"['\ud83d\ude00']") == ["\U0001f600"]


YAML_SCALARS = {
    "no": "no", "yes": "yes", "on": "on", "off": "off", "y": "y", "n": "n",
    "true": True, "True": True, "FALSE": False, "tRue": "tRue",
    "null": None, "~": None, "Null": None, "nil": "nil", "''": "",
    "0": 0, "-7": -7, "0123": "0123", "0o17": "0o17", "0x1F": "0x1F", "1_000": "1_000",
    "12:30:00": "12:30:00", "04:00:00": "04:00:00", "1:30": "1:30", "24:00:00": "24:00:00",
    "1.5": 1.5, "1e3": 1000.0, ".5": 0.5, "-.inf": -math.inf, "1.2.3": "1.2.3", "1-00:00:00":
    "1-00:00:00", "2024-01-15": "2024-01-15", "'5'": "5", '"true"': "true", "!!str 5": "5",
    "=": "=", "1e": "1e",
}  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), YAML_SCALARS.items(), ids=YAML_SCALARS)
def test_yaml_scalars_mean_what_yaml_1_2_says(written: str, meant: Any) -> None:
    read = read_yaml(f"x: {written}\n")["x"]
    assert read == meant
    assert isinstance(read, type(meant))


def test_yaml_keys_are_always_text() -> None:
    assert read_yaml("no: 1\n1: 2\n~: 3\n") == {"no": 1, "1": 2, "~": 3}


def test_yaml_merges_keep_what_is_stated() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\nc: {<<: *a, y: 4}\n"
    assert read_yaml(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 4},
    }


MERGES = {
    "{<<: *a}": {"x": 1, "y": 2},
    "{<<: {x: 5}, z: 6}": {"x": 5, "z": 6},
    "{<<: [*a, *b]}": {"x": 1, "y": 2, "z": 4},
    "{<<: [*b, *a]}": {"y": 3, "z": 4, "x": 1},
    "{y: 9, <<: [*b, {x: 7, w: 8}]}": {"y": 9, "z": 4, "x": 7, "w": 8},
    "{<<: [*b, {x: {y: 1}}], x: 0}": {"y": 3, "z": 4, "x": 0},
    "{<<: {<<: *a, x: 5}}": {"x": 5, "y": 2},
    "{<<: *a, <<: *b}": {"x": 1, "y": 2, "z": 4},
    "{<<: []}": {},
    "{'<<': 1}": {"<<": 1},
    "\n  <<:\n    - *a\n    - *b\n  y: 0": {"x": 1, "y": 0, "z": 4},
    "\n  <<: &c\n    x: 5\n  y: *c": {"x": 5, "y": {"x": 5}},
}


@pytest.mark.parametrize(("written", "merged"), MERGES.items(), ids=MERGES)
def test_yaml_merges_mappings_and_lists_of_them(written: str, merged: dict[str, Any]) -> None:
    text = f"a: &a {{x: 1, y: 2}}\nb: &b {{y: 3, z: 4}}\nm: {written}\n"
    assert list(read_yaml(text)["m"].items()) == list(merged.items())
    assert read_yaml(text, Marks([])) == read_yaml(text)


@pytest.mark.parametrize("written", ["1", "[1]", "[*a, x]", "*l", "", "[[*a]]"])
def test_yaml_merges_nothing_else(written: str) -> None:
    text = f"l: &l [1]\na: &a {{x: 1}}\nm: {{<<: {written}}}\n"
    with pytest.raises(MalformedError, match="<< takes a mapping or a list of mappings") as caught:
        read_yaml(text)
    assert caught.value.position is not None
    assert caught.value.position.line == 3


KDL = {
    "a b": {"a": "b"},
    "a 1.5; b 0x1F; c 0b11; d 1_000; e -0o7": {"a": 1.5, "b": 31, "c": 3, "d": 1000, "e": -7},
    "a #true\nb #false\nc #null": {"a": True, "b": False, "c": None},
    'a "x\\n\\u{e9}\\s\\\n   y"': {"a": "x\né y"},
    'a """\n    one\n      two\n\n    """': {"a": "one\n  two\n"},
    'a #"C:\\n"#': {"a": "C:\\n"},
    'a ##"""\n  "#quoted"#\n  """##': {"a": '"#quoted"#'},
    "a b=1 c = 2": {"a": {"b": 1, "c": 2}},
    "a { b 1; c 2 }": {"a": {"b": 1, "c": 2}},
    "a 1 2 3": {"a": [1, 2, 3]},
    "/- a 1\nb /- 2 3 // end": {"b": 3},
    "a /* x /* y */ z */ 1": {"a": 1},
    "a \\ // more\n  1": {"a": 1},
    "(t)a (u8)1": {"a": 1},
    "/- a { b }\nc 1": {"c": 1},
    "a { /- b 1\n c 2 }": {"a": {"c": 2}},
    "a 12345678901234567890123": {"a": 12345678901234567890123},
    # Version 1, which the old package reads:
    'a true; b null; c r"x\\y"; d 3': {"a": True, "b": None, "c": "x\\y", "d": 3},
    'a "x\ny"': {"a": "x\ny"},
}  # fmt: skip


@pytest.mark.parametrize(("text", "data"), KDL.items(), ids=KDL)
def test_kdl_is_read_as_plain_data(text: str, data: Any) -> None:
    assert read_kdl(text) == data


def test_kdl_repeated_nodes_are_lists() -> None:
    text = """
        job a { depends_on_job b; depends_on_job c; input_file f g; depends_on_regexes "x" "y" }
        job b
        action { command "one"; command "two" }
        failure_handler h { rule { exit_codes 1 2 }; rule { match_all_exit_codes #true } }
    """
    assert read_kdl(text) == {
        "jobs": [
            {
                "name": "a",
                "depends_on": ["b", "c"],
                "input_files": ["f", "g"],
                "depends_on_regexes": ["x", "y"],
            },
            {"name": "b"},
        ],
        "actions": [{"commands": ["one", "two"]}],
        "failure_handlers": [
            {"name": "h", "rules": [{"exit_codes": [1, 2]}, {"match_all_exit_codes": True}]}
        ],
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("yaml", "name: w\njobs:\n  - name: a\n    depends_on:\n      - b\n"),
        ("json", '{\n"name": "w",\n "jobs": [{"name": "a",\n\n    "depends_on": [\n      "b"]}]}'),
        ("kdl", "name w\n\njob a {\n\n      depends_on_job b\n}"),
    ],
)
def test_marks_lead_to_the_line_of_a_value(name: str, text: str) -> None:
    path = ("jobs", 0, "depends_on", 0)
    marks = Marks([path])
    FORMATS[name](text, marks)
    position = marks[path]
    line = text.splitlines()[position.line - 1]
    assert "b" in line[position.column - 1 :]
    assert position.column >= 7


def test_a_text_in_no_format_is_said_to_be_wrong_in_each():
    with pytest.raises(SpecError) as refused:
        parse_workflow("# Title\n\nSome: text: with colons\n", source="README.md")

    kinds = [problem.split(": as ", 1)[1][:4] for problem in refused.value.problems]
    assert kinds == ["JSON", "YAML", "KDL,"]
