"""How jobs are executed, and what is kept of their output, in workflow files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torc_core.errors import SpecError
from torc_core.model.execution import ExecutionConfig, ExecutionMode, Stdio, StdioMode
from torc_core.spec import ExpandedWorkflow, parse_workflow

YAML = """
name: w
execution_config:
  mode: direct
  limit_resources: true
  termination_signal: SIGINT
  sigterm_lead_seconds: 10
  stdio: {mode: combined, delete_on_success: true}
jobs:
  - {name: a, command: x}
  - name: b
    command: x
    stdio: {mode: no_stdout}
"""
JSON5 = """
{
  name: 'w',
  execution_config: {
    mode: 'direct', limit_resources: true, termination_signal: 'SIGINT', sigterm_lead_seconds: 10,
    stdio: {mode: 'combined', delete_on_success: true},
  },
  jobs: [{name: 'a', command: 'x'}, {name: 'b', command: 'x', stdio: {mode: 'no_stdout'}}],
}
"""
KDL = """
name w
execution_config {
    mode direct
    limit_resources #true
    termination_signal SIGINT
    sigterm_lead_seconds 10
    stdio mode=combined {
        delete_on_success #true
    }
}
job a { command x; }
job b {
    command x
    stdio { mode no_stdout; }
}
"""


@pytest.mark.parametrize(
    ("text", "notation"),
    [(YAML, "yaml"), (JSON5, "json"), (KDL, "kdl")],
    ids=["yaml", "json", "kdl"],
)
def test_every_notation_has_them(text: str, notation: str) -> None:
    found = parse_workflow(text, format=notation)

    assert found.settings.execution_config == ExecutionConfig(
        mode=ExecutionMode.DIRECT,
        limit_resources=True,
        termination_signal="SIGINT",
        sigterm_lead_seconds=10,
        stdio=Stdio(mode=StdioMode.COMBINED, delete_on_success=True),
    )
    assert [job.stdio for job in found.jobs] == [None, Stdio(mode=StdioMode.NO_STDOUT)]


def workflow(config: Any = None, stdio: Any = None) -> ExpandedWorkflow:
    job = {"name": "a{i}", "command": "x", "parameters": {"i": "1:2"}, "stdio": stdio}
    document = {"name": "w", "jobs": [job], "execution_config": config}
    return parse_workflow(json.dumps(document), format="json")


def test_a_file_that_says_nothing_states_nothing() -> None:
    found = workflow()

    assert found.settings.execution_config is None
    assert {job.stdio for job in found.jobs} == {None}
    assert workflow({}).settings.execution_config == ExecutionConfig()


def test_every_job_of_an_entry_has_its_stdio() -> None:
    assert [job.stdio for job in workflow(stdio={"mode": "none"}).jobs] == [
        Stdio(mode=StdioMode.NONE)
    ] * 2


@pytest.mark.parametrize(
    ("config", "stdio", "said"),
    [
        ({"mode": "sturm"}, None, 'execution_config.mode: "sturm" is not one of direct, slurm'),
        ({"stdio": {"mode": "both"}}, None, "execution_config.stdio.mode: "),
        ({"stdio": "combined"}, None, "execution_config.stdio: text"),
        ({"termination_signal": "SIGKIL"}, None, '"SIGKIL" is not a signal'),
        ({"oom_exit_code": 0}, None, "execution_config.oom_exit_code: 0 is too small"),
        ({"timeout_exit_code": 256}, None, "execution_config.timeout_exit_code: 256"),
        ({"sigterm_lead_seconds": -1}, None, "execution_config.sigterm_lead_seconds: -1"),
        ({"limit_resources": "yes"}, None, "execution_config.limit_resources: text"),
        ({"limit_resource": True}, None, "did you mean"),
        ({"job_stdio_overrides": {"a1": {"mod": "none"}}}, None, "job_stdio_overrides.a1.mod"),
        ({"job_stdio_overrides": []}, None, "execution_config.job_stdio_overrides: a list"),
        (None, {"mode": "no_stdin"}, "jobs[0].stdio.mode: "),
        (None, {"delete_on_success": 1}, "jobs[0].stdio.delete_on_success: a whole number"),
        (None, ["none"], "jobs[0].stdio: a list where a mapping belongs"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(config: Any, stdio: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        workflow(config, stdio)

    assert len(caught.value.problems) == 1
    assert said in caught.value.problems[0]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"mode": "slurm", "limit_resources": True}, "limit_resources: has no effect with mode"),
        ({"mode": "direct", "enable_cpu_bind": False}, "enable_cpu_bind: has no effect with mode"),
        (
            {"job_stdio_overrides": {"a": {}}},
            "job_stdio_overrides.a: has no effect: there is no job",
        ),
    ],
)
def test_what_has_no_effect_is_said(config: Any, said: str) -> None:
    (warning,) = workflow(config).warnings

    assert said in warning


@pytest.mark.parametrize(
    "config",
    [
        {"mode": "auto", "limit_resources": True, "enable_cpu_bind": True},
        {"mode": "slurm", "limit_resources": None, "timeout_exit_code": 100},
        {"job_stdio_overrides": {"a1": {"mode": "none"}}},
    ],
)
def test_what_may_have_an_effect_is_not(config: Any) -> None:
    assert workflow(config).warnings == ()
