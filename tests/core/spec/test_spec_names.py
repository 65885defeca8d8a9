"""Names in all scripts, in both forms of Unicode; and how many of them parameters make."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow


def workflow(jobs: list[dict[str, Any]], **sections: Any) -> ExpandedWorkflow:
    return parse_workflow(json.dumps({"name": "w", "jobs": jobs, **sections}), format="json")


def problem(jobs: list[dict[str, Any]], **sections: Any) -> str:
    with pytest.raises(SpecError) as caught:
        workflow(jobs, **sections)
    (said,) = caught.value.problems
    return str(said)


def command(found: ExpandedWorkflow, index: int = 0) -> str:
    return "".join(map(str, found.jobs[index].command))


APART, TOGETHER = (unicodedata.normalize(form, "müller") for form in ("NFD", "NFC"))


@pytest.mark.parametrize(
    ("written", "used"), [(APART, TOGETHER), (TOGETHER, APART), (APART, APART)]
)
def test_a_name_is_found_in_either_form(written: str, used: str) -> None:
    found = workflow(
        [
            {"name": written, "command": "c", "output_files": [f"{used}_file"]},
            {"name": "b", "command": "c", "depends_on": [used]},
            {"name": "c", "command": "c", "depends_on_regexes": [f"^{used}$"]},
            {"name": "d", "command": f"cat ${{files.input.{used}_file}}"},
            {"name": "e_{x}", "command": "c", "depends_on": ["{x}"], "parameters": {"x": [used]}},
        ],
        files=[{"name": f"{written}_file", "path": written}],
        actions=[{"trigger_type": "on_jobs_ready", "action_type": "run_commands",
                  "commands": ["c"], "jobs": [used]}],
    )  # fmt: skip
    assert found.jobs[0].name == TOGETHER
    assert [job.depends_on for job in found.jobs[1:3]] == [(0,), (0,)]
    assert found.jobs[4].depends_on == (0,)
    assert found.files[0].path == written  # bytes on a disk
    assert command(found, 3) == f"cat {written}"


def test_both_forms_of_one_name_are_one_name_twice() -> None:
    jobs = [{"name": APART, "command": "c"}, {"name": TOGETHER, "command": "c"}]
    assert "too makes a job named" in problem(jobs)


@pytest.mark.parametrize("field", ["name", "depends_on", "depends_on_regexes"])
def test_what_reorders_a_line_is_refused_in_names_and_patterns(field: str) -> None:
    value = "a\u202eb"
    job = {"name": "a", "command": "c", field: value if field == "name" else [value]}
    assert "U+202E, which reorders" in problem([job])


def test_what_reorders_a_line_is_told_in_commands() -> None:
    (warning,) = workflow([{"name": "a", "command": "echo \u202e x"}]).warnings
    assert "U+202E" in warning


@pytest.mark.parametrize("value", ["a\nb", "a\u2028b", "a\u202eb"])
def test_values_bring_no_controls_into_names_and_paths(value: str) -> None:
    parameters = {"x": [value]}
    assert "jobs[0].name" in problem([{"name": "j{x}", "command": "c", "parameters": parameters}])
    file = {"name": "f", "path": "p{x}", "parameters": parameters}
    assert "files[0].path" in problem([{"name": "a", "command": "c"}], files=[file])


def test_a_parameter_that_only_the_command_uses() -> None:
    found = workflow(
        [
            {"name": "a_{m}", "command": "r {m} {s}", "parameter_mode": "zip",
             "parameters": {"m": "[x,y]", "s": "[1,2]"}},
            {"name": "make_{m}", "command": "r {m} --year {year}",
             "parameters": {"m": "[x,y]", "year": [2012]}},
            {"name": "one", "command": "r {year}", "parameters": {"year": "[2012]"}},
            {"name": "same_{m}", "command": "r {s}", "parameter_mode": "zip",
             "parameters": {"m": "[x,x,y]", "s": "[1,1,2]"}},
            {"name": "f_{i}", "command": "r {prev} {i}", "depends_on": ["f_{prev}"],
             "parameter_mode": "zip", "parameters": {"i": "1:3", "prev": "0:2"}},
            {"name": "f_0", "command": "c"},
        ],
        files=[{"name": "file_{m}", "path": "{m}_{s}", "parameter_mode": "zip",
                "parameters": {"m": "[x,y]", "s": "[1,2]"}}],
        user_data=[{"name": "data_{m}", "data": {"s": "{s}"}, "parameter_mode": "zip",
                    "parameters": {"m": "[x,y]", "s": "[1,2]"}}],
    )  # fmt: skip
    shown = [(job.name, command(found, i)) for i, job in enumerate(found.jobs)]
    assert shown == [
        ("a_x", "r x 1"), ("a_y", "r y 2"), ("make_x", "r x --year 2012"),
        ("make_y", "r y --year 2012"), ("one", "r 2012"), ("same_x", "r 1"), ("same_y", "r 2"),
        ("f_1", "r 0 1"), ("f_2", "r 1 2"), ("f_3", "r 2 3"), ("f_0", "c"),
    ]  # fmt: skip
    assert [file.path for file in found.files] == ["x_1", "y_2"]
    assert [data.data for data in found.user_data] == [{"s": "1"}, {"s": "2"}]


def test_lists_still_collect_what_the_name_lacks() -> None:
    parameters = {"d": "[x,y]", "k": "1:2"}
    found = workflow([
        {"name": "a_{d}_{k}", "command": "c", "parameters": parameters},
        {"name": "r_{d}", "command": "r {d}", "depends_on": ["a_{d}_{k}"],
         "parameters": parameters},
    ])  # fmt: skip
    assert [job.depends_on for job in found.jobs[4:]] == [(0, 1), (2, 3)]


@pytest.mark.parametrize(
    ("mode", "values"), [("product", {"m": "[x]", "s": "1:2"}), ("zip", {"m": "[x,x]", "s": "1:2"})]
)
def test_two_texts_for_one_name_are_refused_with_the_values(mode: str, values: Any) -> None:
    said = problem([{"name": "j_{m}", "command": "r {s}", "parameters": values,
                     "parameter_mode": mode}])  # fmt: skip
    assert "jobs[0].command: uses {s}, but the name does not" in said
    assert 's = 1 and 2 would make two with the name "j_x"; put {s} into "j_{m}"' in said


def test_one_entry_that_makes_many_names_twice_is_told_once() -> None:
    said = problem([{"name": "j{i:.0e}", "command": "c", "parameters": {"i": "1:1000"}}])
    assert "its name needs what tells its values apart" in said


HUGE: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "commands": (
        [{"name": "j{i}", "command": "x" * 10_000, "parameters": {"i": "1:1000000"}}], {},
    ),
    "lists": (
        [{"name": "j", "command": "c", "parameters": {"i": "1:1000000"},
          "depends_on": ["j{i}" + "x" * 200] * 10}], {},
    ),
    "values": (
        [{"name": "j{i}", "command": "{v}" * 100,
          "parameters": {"i": "1:100000", "v": ["x" * 5000]}}],
        {},
    ),
    "user data": (
        [{"name": "a", "command": "c"}],
        {"user_data": [{"name": "d{i}", "data": ["{i}" + "x" * 5000],
                        "parameters": {"i": "1:500000"}}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("jobs", "sections"), HUGE.values(), ids=HUGE)
def test_texts_are_counted_before_they_are_made(
    jobs: list[dict[str, Any]], sections: dict[str, Any]
) -> None:
    assert "MB of text" in problem(jobs, **sections)


def test_one_text_has_a_limit_with_the_values_in_it() -> None:
    parameters = {"v": ["x" * 10_000]}
    said = problem([{"name": "j", "command": "{v}" * 200, "parameters": parameters}])
    assert "jobs[0].command: up to 2,000,000 characters" in said
    said = problem(
        [{"name": "j", "command": "c", "env": {"A": "{v}" * 20}, "parameters": parameters}]
    )
    assert "jobs[0].env.A: up to 200,000 characters" in said
