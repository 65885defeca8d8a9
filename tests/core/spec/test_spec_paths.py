"""Paths in workflow files: what they become, and which records are one file."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow
from torc_core.spec.files.paths import Surroundings, ancestors, expand_path, normalized

SURROUNDINGS = Surroundings(
    {"HOME": "/home/ada", "SCRATCH": "/scratch", "X1": "one", "EMPTY": "", "QUOTE": "a b"},
    {"": "/home/ada", "bob": "/home/bob"}.get,
)
STEPS = st.lists(st.sampled_from(["a", "b", "..", ".", ""]), min_size=1, max_size=6)


def build(jobs: list[dict[str, Any]], files: dict[str, str], **more: Any) -> ExpandedWorkflow:
    records = [{"name": name, "path": path} for name, path in files.items()]
    document = {"name": "w", "jobs": jobs, "files": records, **more}
    return parse_workflow(json.dumps(document), format="json", surroundings=SURROUNDINGS)


def job(name: str, read: str = "", write: str = "", after: str = "") -> dict[str, Any]:
    stated = {"input_files": read, "output_files": write, "depends_on": after}
    lists = {field: names.split() for field, names in stated.items() if names}
    return {"name": name, "command": "true", **lists}


def waits(workflow: ExpandedWorkflow) -> dict[str, set[str]]:
    names = [each.name for each in workflow.jobs]
    return {
        name: {names[needed] for needed in several}
        for name, several in zip(names, workflow.dependencies(), strict=True)
    }


@given(st.booleans(), STEPS)
def test_spellings_of_one_path_are_the_same(is_absolute, steps):
    path = ("/" if is_absolute else "./") + "/".join(steps)
    form = normalized(path)
    assert normalized(form) == form
    assert normalized(path + "/") == normalized(path.replace("/", "//")) == form
    assert posixpath.abspath(form) == posixpath.abspath(re.sub("/+", "/", path))
    assert all(form.startswith(directory + "/") for directory in ancestors(form))


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("~", "/home/ada"),
        ("~/t/x", "/home/ada/t/x"),
        ("~bob/x", "/home/bob/x"),
        ("~nobody-here/x", "~nobody-here/x"),
        ("~notes.txt~", "~notes.txt~"),
        ("a/~/b", "a/~/b"),
        ("$SCRATCH/x", "/scratch/x"),
        ("${SCRATCH}x", "/scratchx"),
        ("$X1$X1.csv", "oneone.csv"),
        ("cost$", "cost$"),
        ("a$$b", "a$$b"),
        ("$1", "$1"),
        ("${SCRATCH:-/tmp}/x", "${SCRATCH:-/tmp}/x"),
        (r"\$SCRATCH", "$SCRATCH"),
        ("$QUOTE/x", "a b/x"),
    ],
)
def test_what_the_shell_would_fill_in_is_filled_in(written, path):
    assert expand_path(written, SURROUNDINGS) == path


@pytest.mark.parametrize("written", ["$UNSET/x", "${UNSET}", "x$EMPTY", "$X12"])
def test_a_variable_that_is_not_set_is_a_problem_with_its_name(written):
    with pytest.raises(SpecError, match=r"files\[0\]\.path: .*the variable \$(UNSET|EMPTY|X12) is"):
        build([job("a")], {"f": written})


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("${SCRATCH:-/tmp}/x{i}", "${SCRATCH:-/tmp}"),
        ("$SCRATCH/$(date +%F)/{i}", "$(date +%F)"),
        ("`hostname`{i}", "`hostname`"),
    ],
)
def test_what_only_a_shell_can_expand_is_told_once(written, left):
    files = [{"name": "f{i}", "path": written, "parameters": {"i": "1:2"}}]
    text = json.dumps({"name": "w", "jobs": [job("a")], "files": files})
    (warning,) = parse_workflow(text, surroundings=SURROUNDINGS).warnings
    assert f"keeps its {left}:" in warning


@pytest.mark.parametrize("plain", ["cost$", "a$(b", r"\${SCRATCH:-x}", "R&D (new)", "$SCRATCH/x"])
def test_other_special_characters_in_a_path_are_not_told(plain):
    assert not build([job("a")], {"f": plain}).warnings


def test_without_a_home_a_tilde_is_a_problem():
    with pytest.raises(ValueError, match="HOME"):
        expand_path("~/x", Surroundings())
    assert expand_path("~/x", Surroundings({}, lambda _: "/root")) == "/root/x"


@pytest.mark.parametrize("value", ["a\nb", "\udcff", "x" * 5000, "\x1b[1m"])
def test_a_variable_that_cannot_be_in_a_path_is_a_problem(value):
    files = [{"name": "f", "path": "$ODD/x"}]
    text = json.dumps({"name": "w", "jobs": [job("a")], "files": files})
    with pytest.raises(SpecError, match=r"unusable path") as raised:
        parse_workflow(text, surroundings=Surroundings({"ODD": value}))
    assert raised.value.problems[0].isprintable()


def test_variables_of_the_workflow_come_before_those_around_it():
    found = build([job("a")], {"f": "$SCRATCH/x"}, env={"SCRATCH": "/mine"})
    assert found.files[0].path == "/mine/x"
    assert found.notes
    assert "/mine/x" in found.notes[0]


def test_a_variable_beside_a_parameter():
    files = [{"name": "f{i}", "path": "${SCRATCH}{i}/~", "parameters": {"i": "1:2"}}]
    document = {"name": "w", "jobs": [job("a")], "files": files}
    found = parse_workflow(json.dumps(document), format="json", surroundings=SURROUNDINGS)
    assert [file.path for file in found.files] == ["/scratch1/~", "/scratch2/~"]
    (note,) = found.notes
    assert '"${SCRATCH}1/~" is /scratch1/~' in note


@pytest.mark.parametrize("second", ["out/t", "./out/t", "out//t", "x/../out/t", "out/t/"])
def test_a_file_is_its_path_and_not_its_record(second):
    found = build([job("use", read="b"), job("make", write="a")], {"a": "out/t", "b": second})
    assert waits(found) == {"use": {"make"}, "make": set()}
    assert found.jobs[0].input_files == (0,), "what must exist beforehand follows from the links"
    assert found.files[1].path == second
    assert '"b" and "a" are one file' in found.warnings[0]


def test_references_and_patterns_lead_to_the_file_that_is_written():
    found = build(
        [
            {"name": "use", "command": "cat ${files.input.b}"},
            {"name": "all", "command": "true", "input_file_regexes": ["^b$"]},
            job("make", write="a"),
        ],
        {"a": "t", "b": "./t"},
    )
    assert waits(found) == {"use": {"make"}, "all": {"make"}, "make": set()}
    assert found.jobs[0].command == ("cat ./t",)


def test_two_writers_of_one_file_are_refused_in_any_spelling():
    with pytest.raises(SpecError, match='both "one" and "two" write'):
        build([job("one", write="a"), job("two", write="b")], {"a": "t", "b": "x/../t"})


def test_a_job_may_change_a_file_in_place_through_two_records():
    found = build(
        [
            job("check", read="raw"),
            job("fix", read="raw", write="fixed", after="check"),
            job("use", read="fixed"),
        ],
        {"raw": "t", "fixed": "./t"},
    )
    assert waits(found) == {"check": set(), "fix": {"check"}, "use": {"fix"}}
    assert any('"check" reads' in warning for warning in found.warnings)


@pytest.mark.parametrize("directory", ["out", "out/", "./out", "out/sub/.."])
def test_who_reads_a_directory_waits_for_what_is_written_in_it(directory):
    found = build(
        [job("use", read="d"), job("one", write="a"), job("two", write="b"), job("no", write="c")],
        {"d": directory, "a": "out/a", "b": "out/deep/b", "c": "outer/c"},
    )
    assert waits(found)["use"] == {"one", "two"}
    assert found.jobs[0].input_files == (1, 2)
    assert not found.warnings


def test_who_reads_within_a_directory_waits_for_who_writes_it():
    found = build(
        [job("use", read="x"), job("make", write="d"), job("top", write="t")],
        {"x": "top/out/deep/x", "d": "top/out/", "t": "other"},
    )
    assert waits(found)["use"] == {"make"}


def test_one_makes_a_directory_and_many_fill_it():
    fill = [job(f"fill{i}", read="d", write=f"f{i}") for i in range(3)]
    files = {"d": "out", **{f"f{i}": f"out/{i}" for i in range(3)}}
    found = build([job("make", write="d"), *fill, job("use", read="d")], files)
    assert waits(found) == {
        "make": set(),
        **{f"fill{i}": {"make"} for i in range(3)},
        "use": {"make", "fill0", "fill1", "fill2"},
    }
    assert not found.warnings


def test_a_directory_never_makes_jobs_wait_in_a_circle():
    later = [job(f"later{i}", after="check", write=f"f{i}") for i in range(40)]
    files = {"d": "out", "other": "out/other", **{f"f{i}": f"out/{i}" for i in range(40)}}
    found = build([job("check", read="d"), *later, job("first", write="other")], files)
    assert waits(found)["check"] == {"first"}
    assert any('"check" reads' in warning for warning in found.warnings)


@pytest.mark.parametrize("path", ["$HERE/t", "../here/t", "/work/./here/t"])
def test_relative_and_absolute_paths_are_compared_where_the_workflow_is_created(path):
    jobs = [job("use", read="b"), job("make", write="a")]
    files = [{"name": "a", "path": "t"}, {"name": "b", "path": path}]
    text = json.dumps({"name": "w", "jobs": jobs, "files": files, "env": {"HERE": "/work/here"}})
    here, elsewhere = (Surroundings(folder=folder) for folder in ("/work/here", "/work/other"))
    assert waits(parse_workflow(text, surroundings=here))["use"] == {"make"}
    assert waits(parse_workflow(text, surroundings=elsewhere))["use"] == set()


@pytest.mark.parametrize("directory", [".", "..", "/work/here", "/work", "/"])
def test_nobody_waits_for_everything_in_the_folder_of_the_workflow(directory):
    jobs = [job("use", read="d"), job("make", write="a")]
    files = [{"name": "a", "path": "out/t"}, {"name": "d", "path": directory}]
    text = json.dumps({"name": "w", "jobs": jobs, "files": files})
    found = parse_workflow(text, surroundings=Surroundings(folder="/work/here"))
    assert waits(found)["use"] == set()


def test_a_directory_and_something_in_it_written_in_no_order():
    jobs = [job("whole", write="d"), job("part", write="x")]
    found = build(jobs, {"d": "out", "x": "out/x"})
    assert "neither waits for the other" in found.warnings[0]
    jobs.append(job("between", after="whole"))
    jobs[1]["depends_on"] = ["between"]
    assert not build(jobs, {"d": "out", "x": "out/x"}).warnings


@given(st.data())
def test_links_add_dependencies_and_never_a_circle(data):
    paths = data.draw(st.lists(st.sampled_from(["d", "d/", "d/a", "./d/a", "d/b/c", "e"])))
    files = {f"f{i}": path for i, path in enumerate(paths)}
    names = st.lists(st.sampled_from([*files] or [""]), max_size=2, unique=True).map(" ".join)
    jobs = [job(f"j{i}", data.draw(names), data.draw(names)) for i in range(4)]
    for i in range(1, 4):
        jobs[i]["depends_on"] = [f"j{n}" for n in range(i) if data.draw(st.booleans())]
    try:
        found = build(jobs, files)
    except SpecError as error:
        reasons = ("both", "itself", "circle")
        if all(any(reason in problem for reason in reasons) for problem in error.problems):
            return
        raise
    for each, needed in waits(found).items():
        stated = next(j for j in jobs if j["name"] == each).get("depends_on", [])
        assert needed >= set(stated)
