"""Requirements that a job states itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow

NEEDS = {"num_cpus": 4, "memory": "16g", "runtime": "PT2H"}


def parse(*jobs: dict[str, Any], **fields: Any) -> ExpandedWorkflow:
    tree = {"name": "w", "jobs": [{"command": "x", **job} for job in jobs], **fields}
    return parse_workflow(json.dumps(tree), format="json", source="f")


def test_they_are_named_after_their_job() -> None:
    found = parse({"name": "train", "resource_requirements": NEEDS}, {"name": "other"})

    (needs,) = found.resource_requirements
    assert (needs.name, needs.num_cpus, needs.memory, needs.num_gpus) == ("train", 4, "16g", 0)
    assert [job.resource_requirements for job in found.jobs] == [0, None]


def test_the_jobs_of_one_entry_share_them() -> None:
    job = {"name": "work_{i}", "parameters": {"i": "1:3"}, "resource_requirements": NEEDS}
    found = parse(job)

    assert [needs.name for needs in found.resource_requirements] == ["work_{i}"]
    assert [job.resource_requirements for job in found.jobs] == [0, 0, 0]


def test_they_take_no_name_that_is_taken() -> None:
    named = [{"name": "a", **NEEDS}, {"name": "a (2)", **NEEDS}]
    found = parse(
        {"name": "a", "resource_requirements": {**NEEDS, "num_cpus": 8}},
        {"name": "default", "resource_requirements": NEEDS},
        {"name": "b", "resource_requirements": "a"},
        resource_requirements=named,
    )

    assert [needs.name for needs in found.resource_requirements] == [
        *("a", "a (2)", "a (3)", "default (2)")
    ]
    assert [job.resource_requirements for job in found.jobs] == [2, 3, 0]


@pytest.mark.parametrize(
    ("needs", "problem"),
    [
        ({"num_cpus": 4}, 'jobs[0].resource_requirements: the field "memory" is missing'),
        ({**NEEDS, "memory": "lots"}, "jobs[0].resource_requirements.memory"),
        ({**NEEDS, "cpus": 1}, 'unknown field "cpus"'),
        ([], "a list where text belongs"),
    ],
)
def test_what_is_wrong_with_them_is_said(needs: object, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse({"name": "a", "resource_requirements": needs})

    assert problem in caught.value.problems[0]


def test_kdl_states_them_as_children() -> None:
    text = 'name "w"\njob "a" {\n command "x"\n resource_requirements num_cpus=2 memory="1g"\n}\n'
    (needs,) = parse_workflow(text, format="kdl").resource_requirements

    assert (needs.name, needs.num_cpus) == ("a", 2)


@given(
    st.sets(st.sampled_from(["a", "a (2)", "a (3)", "b"])),
    st.lists(st.sampled_from(["a", "a (2)", "b", "c", "default"]), unique=True, min_size=1),
)
def test_every_requirement_has_a_name_of_its_own(named: set[str], jobs: list[str]) -> None:
    found = parse(
        *({"name": name, "resource_requirements": NEEDS} for name in jobs),
        resource_requirements=[{"name": name, **NEEDS} for name in named],
    )

    names = [needs.name for needs in found.resource_requirements]
    assert len(names) == len(set(names)) == len(named) + len(jobs)
    assert "default" not in names
    for job in found.jobs:
        assert job.resource_requirements is not None
        assert names[job.resource_requirements].startswith(job.name)
