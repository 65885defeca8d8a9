"""Values of parameters appear as they are written, and stand for themselves in patterns."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow
from torc_core.spec.expansion.parameters import parse_values
from torc_core.spec.problems import Problems

YAML = "name: w\njobs: [{{name: 'j_{{x}}', command: './r {{x}}', parameters: {{x: {}}}}}]\n"
JSON = (
    '{{"name": "w", "jobs": '
    '[{{"name": "j_{{x}}", "command": "./r {{x}}", "parameters": {{"x": {}}}}}]}}'
)
KDL = 'name w\njob "j_{{x}}" {{ command "./r {{x}}"; parameters {{ x {} }} }}\n'


def commands(text: str, format_name: str) -> list[str]:
    return ["".join(map(str, job.command)) for job in parse_workflow(text, format=format_name).jobs]


def values_of(written: str, format_name: str, around: str) -> list[str]:
    return [c.removeprefix("./r ") for c in commands(around.format(written), format_name)]


EVERYWHERE = ["1.10", "12e4", "12345678901234567890", "1.0", "-0", "0.5", "1e-7", "100", "-2.50E+3"]
"""Numbers in all formats."""
LISTS = [
    *((YAML, "yaml", "[{}]", value) for value in
      [*EVERYWHERE, "001", "+5", ".5", "1_000", "0x10", "0o7", "9" * 40, "1:30:00"]),
    *((JSON, "json", "[{}]", value) for value in EVERYWHERE),
    *((JSON, "json", "[{}, /* JSON5 */]", value) for value in
      [*EVERYWHERE, "+5", ".5", "5.", "0x10"]),
    *((KDL, "kdl", "{}", value) for value in [*EVERYWHERE, "001", "+5", "1_000", "0x10", "0b11"]),
    *((KDL, "kdl", "{} a", value) for value in EVERYWHERE),
    *((JSON, "json", '"[{}]"', value) for value in
      [*EVERYWHERE, "001", "+5", ".5", "1_000", "0x10"]),
    *((YAML, "yaml", "{}", value) for value in [*EVERYWHERE, "001", "+5", ".5", "1_000", "0x10"]),
    *((JSON, "json", "{}", value) for value in EVERYWHERE),
]  # fmt: skip


@pytest.mark.parametrize(("around", "format_name", "inner", "value"), LISTS)
def test_a_value_keeps_its_spelling(around: str, format_name: str, inner: str, value: str) -> None:
    assert values_of(inner.format(value), format_name, around)[0] == value


def test_spellings_of_one_number_are_different_values() -> None:
    assert values_of("[1, 1.0, 01, 1e0]", "yaml", YAML) == ["1", "1.0", "01", "1e0"]
    collected = {"name": "j_{x}", "command": "c", "depends_on": ["a_{x}_{y}"],
                 "parameters": {"x": [1, 1.0], "y": "1:2"}}  # fmt: skip
    others = {"name": "a_{x}_{y}", "command": "c", "parameters": collected["parameters"]}
    text = json.dumps({"name": "w", "jobs": [others, collected]})
    assert [job.depends_on for job in parse_workflow(text, format="json").jobs[4:]] == [
        (0, 1),
        (2, 3),
    ]


FORMATTED = [
    ("001", "{x:03d}", "001"), ("7", "{x:03d}", "007"), ("1.10", "{x:.2f}", "1.10"),
    ("1.1", "{x:.2f}", "1.10"), ("12e4", "{x:.0f}", "120000"), ("+5", "{x:d}", "5"),
    (".5", "{x:.1f}", "0.5"), ("0x10", "{x:d}", "16"), ("1_000", "{x:d}", "1000"),
    ("12345678901234567890", "{x:d}", "12345678901234567890"), ("007", "{x:5}", "    7"),
    ("007", "{x:>5s}", "  007"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "slot", "text"), FORMATTED)
def test_a_format_asks_for_the_number(value: str, slot: str, text: str) -> None:
    for written in (f"[{value}]", f'"[{value}]"', f"{value}"):
        around = YAML.replace("./r {{x}}", "./r " + slot.replace("{", "{{").replace("}", "}}"))
        assert values_of(written, "yaml", around) == [text]


def test_other_fields_have_plain_numbers() -> None:
    text = (
        "name: w\nuser_data: [{name: u, data: {a: 1.10, b: [1e3, -0]}}]\n"
        "resource_requirements: [{name: r, num_cpus: 2, memory: 1g}]\n"
        "jobs: [{name: a, command: 'true', priority: -0, env: {A: 5}}]\n"
    )
    found = parse_workflow(text, format="yaml")
    data = found.user_data[0].data
    assert (data, [type(v) for v in data["b"]]) == ({"a": 1.1, "b": [1000.0, 0]}, [float, int])
    assert type(found.jobs[0].priority) is int


def test_an_alias_may_be_a_parameter_and_data() -> None:
    text = (
        "name: w\nuser_data: [{name: u, data: &list [1.10, 2]}]\n"
        "jobs: [{name: 'j_{x}', command: 'c', parameters: {x: *list}}]\n"
    )
    found = parse_workflow(text, format="yaml")
    assert [job.name for job in found.jobs] == ["j_1.10", "j_2"]
    assert found.user_data[0].data == [1.1, 2]


# Text that a name may have and that needs no thought about blanks at its ends.
words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20).filter(
    lambda text: "{" not in text and "}" not in text
)


@given(st.lists(words, min_size=1, max_size=5, unique=True))
def test_what_is_written_is_what_the_command_shows(values: list[str]) -> None:
    escaped = [value.replace("\\", "\\\\").replace("'", "\\'") for value in values]
    for written in (values, f"[{','.join(chr(39) + value + chr(39) for value in escaped)}]"):
        job: dict[str, Any] = {"name": "j_{x}", "command": "./r {x}", "parameters": {"x": written}}
        content = {"name": "w", "jobs": [job]}
        for format_name, text in (
            ("json", json.dumps(content)),
            ("yaml", yaml.safe_dump(content, allow_unicode=True)),
        ):
            found = [c.removeprefix("./r ") for c in commands(text, format_name)]
            assert found == values


@given(
    st.from_regex(
        r"[-+]?([0-9]{1,25}(\.[0-9]{0,25})?|\.[0-9]{1,25})([eE][-+]?[0-9]{1,3})?", fullmatch=True
    )
)
def test_numbers_are_shown_as_they_are_written(value: str) -> None:
    for text in (f"[{value}]", value):
        assert list(parse_values(text, (), Problems())) == [value]
    assert values_of(f"[{value}]", "yaml", YAML) == [value]


def test_decimals_of_a_range_are_exact() -> None:
    assert values_of('"0.1:0.5:0.1"', "yaml", YAML) == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    tiny = values_of(
        '"0.10000000000000000001:0.10000000000000000003:0.00000000000000000001"', "yaml", YAML
    )
    assert tiny == [f"0.1000000000000000000{i}" for i in (1, 2, 3)]
    large = values_of('"12345678901234567890:12345678901234567892"', "yaml", YAML)
    assert large == ["12345678901234567890", "12345678901234567891", "12345678901234567892"]


def test_a_range_is_counted_and_has_no_zeros_of_its_own() -> None:
    found = parse_workflow(YAML.format('"008:010"'), format="yaml")
    assert [job.name for job in found.jobs] == ["j_8", "j_9", "j_10"]
    assert "{name:03d}" in found.warnings[0]
    assert not parse_workflow(YAML.format('"0:1"'), format="yaml").warnings


NEARLY = {
    "1..10": 'write "1:10"', "1...10": 'write "1:10"', "1-10": 'write "1:10"',
    "1 to 10": 'write "1:10"', "0..1..0.1": 'write "0:1:0.1"', "1:10:": 'write "1:10"',
    "1 to 9 by 2": 'write "1:9:2"', "1,2,3": 'write "[1, 2, 3]"', "a, b": 'write "[a, b]"',
    "(1,2)": 'write "[1, 2]"', "1 2 3": 'write "[1, 2, 3]"', "abc": "neither a range",
}  # fmt: skip


@pytest.mark.parametrize(("written", "said"), NEARLY.items())
def test_what_is_nearly_a_range_or_a_list_is_told_how_to_write_it(written: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_workflow(YAML.format(f'"{written}"'), format="yaml")
    assert said in str(caught.value.problems)


@pytest.mark.parametrize("written", ["[1 2 3]", '"[1 2 3]"', "[0.1 0.2]"])
def test_a_list_without_commas_is_one_value_and_told(written: str) -> None:
    (warning,) = parse_workflow(YAML.format(written), format="yaml").warnings
    assert "is one value; write [" in warning


@pytest.mark.parametrize("written", ["[1:3]", '"[1:3]"', '["0:1:0.5"]'])
def test_a_range_in_brackets_is_one_value_and_told(written: str) -> None:
    (warning,) = parse_workflow(YAML.format(written), format="yaml").warnings
    assert "without them if a range is meant" in warning


def patterns(values: list[str], pattern: str) -> ExpandedWorkflow:
    jobs = [
        {"name": "run_{v}_{s}", "command": "c", "parameters": {"v": values, "s": "1:2"}},
        {"name": "sum_{v}", "command": "c", "depends_on_regexes": [pattern],
         "parameters": {"v": values}},
    ]  # fmt: skip
    return parse_workflow(json.dumps({"name": "w", "jobs": jobs}), format="json")


@pytest.mark.parametrize(
    "pattern",
    ["^run_{v}_[0-9]+$", "(?x) ^ run_{v}_ [0-9]+ $", "(?i)^RUN_{v}_", "^run_({v})_(1|2)$"],
)
def test_values_stand_for_themselves_in_patterns(pattern: str) -> None:
    values = ["1.5", "115", "c++", "g*", "a b", "[x]", "x<y>", "a|b", "\\d", "#1", "(?i)", "ä$"]
    found = patterns(values, pattern)
    count = len(values)
    assert [job.depends_on for job in found.jobs[2 * count :]] == [
        (2 * i, 2 * i + 1) for i in range(count)
    ]


def test_values_stand_for_themselves_within_brackets() -> None:
    values = [".", "^", "-", "]", "\\", "&", "a"]
    found = patterns(values, "^run_[{v}]_")
    assert [job.depends_on for job in found.jobs[14:]] == [(2 * i, 2 * i + 1) for i in range(7)]
