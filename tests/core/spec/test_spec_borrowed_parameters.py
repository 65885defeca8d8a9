"""Files without parameters that take those of the jobs that use them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow

LETTERS = {"d": "[a, b]"}
RAW = {"name": "raw_{d}", "path": "raw/{d}.csv"}


def parse(jobs: list[dict[str, Any]], *files: dict[str, Any], **fields: Any) -> ExpandedWorkflow:
    tree = {
        "name": "w",
        "files": list(files),
        "jobs": [{"command": "x", **job} for job in jobs],
        **fields,
    }
    return parse_workflow(json.dumps(tree), format="json", source="f")


def paths(workflow: ExpandedWorkflow) -> list[str]:
    return [file.path for file in workflow.files]


@pytest.mark.parametrize(
    "use",
    [
        {"input_files": ["raw_{d}"]},
        {"output_files": ["raw_{d}"]},
        {"command": "cat ${files.input.raw_{d}} {d}"},
        {"invocation_script": "cat ${files.input.raw_{d}}"},
        {"env": {"RAW": "${files.input.raw_{d}}"}},
    ],
    ids=lambda use: next(iter(use)),
)
def test_a_file_takes_the_parameters_of_the_job_that_uses_it(use: dict[str, Any]) -> None:
    found = parse([{"name": "read_{d}", "parameters": LETTERS, **use}], RAW)

    assert paths(found) == ["raw/a.csv", "raw/b.csv"]
    assert not found.warnings


def test_the_pipeline_of_the_documents_is_linked() -> None:
    found = parse(
        [
            {
                "name": "process_{d}",
                "command": "x ${files.input.raw_{d}} ${files.output.done_{d}}",
                "parameters": LETTERS,
            },
            {"name": "collect", "depends_on": ["process_{d}"], "parameters": LETTERS},
        ],
        RAW,
        {"name": "done_{d}", "path": "done/{d}.json"},
    )

    assert [job.name for job in found.jobs] == ["process_a", "process_b", "collect"]
    assert found.jobs[1].input_files == (1,)
    assert found.jobs[1].output_files == (3,)
    assert found.dependencies()[2] == (0, 1)


def test_only_what_the_file_uses_is_taken() -> None:
    job = {
        "name": "job_{d}_{n}",
        "parameters": {"n": "0.1:0.3:0.1", **LETTERS},
        "input_files": ["raw_{d}"],
    }

    assert paths(parse([job], RAW)) == ["raw/a.csv", "raw/b.csv"]


def test_zipped_parameters_stay_zipped() -> None:
    job = {
        "name": "job_{d}_{n}",
        "parameters": {"n": "1:2", **LETTERS},
        "parameter_mode": "zip",
        "input_files": ["raw_{d}_{n}"],
    }

    found = parse([job], {"name": "raw_{d}_{n}", "path": "{d}{n}"})
    assert paths(found) == ["a1", "b2"]


def test_shared_parameters_count_where_the_job_uses_them() -> None:
    jobs = [
        {"name": f"{name}_{{d}}", "use_parameters": ["d"], field: ["raw_{d}"]}
        for name, field in (("make", "output_files"), ("read", "input_files"))
    ]

    assert paths(parse(jobs, RAW, parameters=LETTERS)) == ["raw/a.csv", "raw/b.csv"]


def user(name: str, values: str, parameter: str = "d") -> dict[str, Any]:
    return {
        "name": f"{name}_{{{parameter}}}",
        "parameters": {parameter: values},
        "input_files": ["raw_{d}"],
    }


def test_jobs_that_agree_may_write_their_values_alike() -> None:
    found = parse(
        [user("a", "0.1:0.2:0.1"), user("b", "0.1:0.2:0.1")],
        {"name": "raw_{d}", "path": "{d}"},
    )

    assert paths(found) == ["0.1", "0.2"]


@pytest.mark.parametrize(
    "jobs",
    [
        [user("one", "[a, b]"), user("two", "[b, c]")],
        [user("one", "0.1:0.3:0.1"), user("two", "0.1:0.4:0.1")],
        [user("one", "[a]", "other")],
        [{"name": "none"}],
    ],
    ids=["two lists", "two ranges", "another parameter", "no user"],
)
def test_where_it_is_not_clear_which_files_there_are_the_file_has_to_say(
    jobs: list[dict[str, Any]],
) -> None:
    with pytest.raises(SpecError) as caught:
        parse(jobs, RAW)

    assert any(
        "files[0].name: {d} is not a parameter here" in line for line in caught.value.problems
    )


def test_a_file_with_parameters_of_its_own_takes_no_other() -> None:
    with pytest.raises(SpecError) as caught:
        parse([user("one", "[a]")], {**RAW, "path": "{d}/{e}", "parameters": {"e": "1:2"}})

    assert "{d} is not a parameter here" in caught.value.problems[0]


@given(
    st.lists(st.sampled_from("abcd"), min_size=1, unique=True),
    st.sampled_from(["product", "zip"]),
    st.sampled_from(["raw_{d}", "raw_{n}", "raw_{d}_{n}"]),
)
def test_borrowed_parameters_are_as_good_as_stated_ones(
    values: list[str], mode: str, name: str
) -> None:
    parameters = {"d": values, "n": f"1:{len(values)}"}
    job = {
        "name": "job_{d}_{n}",
        "parameters": parameters,
        "parameter_mode": mode,
        "input_files": [name],
    }
    file = {"name": name, "path": f"{name}.csv"}
    used = {key: parameters[key] for key in parameters if f"{{{key}}}" in name}

    assert parse([job], file) == parse([job], {**file, "parameters": used, "parameter_mode": mode})
