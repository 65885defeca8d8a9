"""Environment variables, priorities and bounds in workflow files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torc_core.errors import SpecError
from torc_core.spec import ExpandedWorkflow, parse_workflow

YAML = """
name: w
env: {OMP_NUM_THREADS: 4, GREETING: "a b"}
dynamic_jobs: {max_iterations: 20}
jobs:
  - name: a
    command: x
    priority: 3
    on_lost: hold
    env:
      GREETING: 'it''s "c"'
"""
JSON5 = """
{
  name: 'w', // as above
  env: {OMP_NUM_THREADS: 4, GREETING: "a b"},
  dynamic_jobs: {max_iterations: 20},
  jobs: [{name: 'a', command: 'x', priority: 3, on_lost: 'hold', env: {GREETING: 'it\\'s "c"'}}],
}
"""
KDL = """
name w
env OMP_NUM_THREADS=4 {
    GREETING "a b"
}
dynamic_jobs { max_iterations 20 }
job a {
    command x
    priority 3
    on_lost hold
    env { GREETING "it's \\"c\\"" }
}
"""


@pytest.mark.parametrize(
    ("text", "notation"),
    [(YAML, "yaml"), (JSON5, "json"), (KDL, "kdl")],
    ids=["yaml", "json", "kdl"],
)
def test_every_notation_has_them(text: str, notation: str) -> None:
    found = parse_workflow(text, format=notation)

    assert found.settings.env == {"OMP_NUM_THREADS": "4", "GREETING": "a b"}
    assert found.settings.dynamic_jobs is not None
    assert found.settings.dynamic_jobs.max_iterations == 20
    assert (found.jobs[0].env, found.jobs[0].priority) == ({"GREETING": 'it\'s "c"'}, 3)
    assert found.jobs[0].on_lost == "hold"


def workflow(job: dict[str, Any], **sections: Any) -> ExpandedWorkflow:
    document = {"name": "w", "jobs": [{"name": "a", "command": "x", **job}], **sections}
    return parse_workflow(json.dumps(document), format="json")


def test_a_file_that_says_nothing_states_nothing() -> None:
    found = workflow({})

    assert (found.settings.env, found.settings.dynamic_jobs) == (None, None)
    assert (found.jobs[0].env, found.jobs[0].priority) == (None, 0)


def test_parameters_are_filled_into_values() -> None:
    job = {
        "name": "a{seed}",
        "parameters": {"seed": "1:2"},
        "env": {"SEED": "{seed:03d}", "SHELL_STYLE": "${seed} {other}", "PLAIN": "p"},
    }

    found = workflow(job)

    assert [job.env for job in found.jobs] == [
        {"SEED": "001", "SHELL_STYLE": "${seed} {other}", "PLAIN": "p"},
        {"SEED": "002", "SHELL_STYLE": "${seed} {other}", "PLAIN": "p"},
    ]


@pytest.mark.parametrize(
    ("job", "sections", "said"),
    [
        ({"env": {"A-B": "x"}}, {}, "jobs[0].env.A-B: 'A-B' cannot be the name of a variable"),
        ({}, {"env": {"1A": "x"}}, "env.1A: '1A' cannot be the name of a variable"),
        ({"env": {"A": True}}, {}, "jobs[0].env.A: true or false where text belongs"),
        ({"env": {"A": None}}, {}, "jobs[0].env.A: nothing where text belongs"),
        ({"env": {"A": "\0"}}, {}, "jobs[0].env.A: contains a NUL character"),
        ({"env": {"A": "x" * 131_072}}, {}, "longer than 131,071 bytes"),
        ({"env": ["A=1"]}, {}, "jobs[0].env: a list where a mapping of names to values belongs"),
        ({"priority": -1}, {}, "jobs[0].priority: -1 is too small"),
        ({}, {"dynamic_jobs": {"max_iterations": 0}}, "max_iterations: 0 is too small"),
        ({}, {"dynamic_jobs": {"most": 1}}, 'dynamic_jobs.most: unknown field "most"'),
        (
            {"parameters": {"i": "1:2"}, "env": {"A": "{i}"}},
            {},
            "jobs[0].env.A: uses {i}, but the name does not",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_place(
    job: dict[str, Any], sections: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError) as caught:
        workflow(job, **sections)

    assert len(caught.value.problems) == 1
    assert said in caught.value.problems[0]
