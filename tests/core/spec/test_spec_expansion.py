"""Parameters, references and patterns become concrete jobs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc_core.spec import ExpandedWorkflow, parse_workflow
from torc_core.spec.expansion.parameters import count_rows, parse_values, rows
from torc_core.spec.expansion.templates import show_as
from torc_core.spec.fields import walltime_seconds
from torc_core.spec.patterns import compile_pattern, matching
from torc_core.spec.problems import Problems


def workflow(jobs: list[dict[str, Any]], **sections: Any) -> ExpandedWorkflow:
    return parse_workflow(json.dumps({"name": "w", "jobs": jobs, **sections}), format="json")


def job_names(spec: dict[str, Any], **sections: Any) -> list[str]:
    return [job.name for job in workflow([{"command": "x", **spec}], **sections).jobs]


VALUES = {
    "1:5": [1, 2, 3, 4, 5],
    "0:100:25": [0, 25, 50, 75, 100],
    "1:100:25": [1, 26, 51, 76],
    "10:1:-3": [10, 7, 4, 1],
    "-2:2": [-2, -1, 0, 1, 2],
    "5:5": [5],
    "0.0:1.0:0.25": [0.0, 0.25, 0.5, 0.75, 1.0],
    "0.1:0.5:0.1": [0.1, 0.2, 0.3, 0.4, 0.5],
    "1.0:0.5:-0.25": [1.0, 0.75, 0.5],
    "1:2:0.5": [1.0, 1.5, 2.0],
    "[1,5, 10]": ["1", "5", "10"],
    "[0.1, 1e-3]": ["0.1", "1e-3"],
    "['a','b, c', \"d\"]": ["a", "b, c", "d"],
    "[adam, sgd]": ["adam", "sgd"],
    r"['it\'s']": ["it's"],
    "[1,2,]": ["1", "2"],
    "7": ["7"],
}


@pytest.mark.parametrize(("written", "values"), VALUES.items(), ids=VALUES)
def test_values_of_a_parameter(written: str, values: list[Any]) -> None:
    problems = Problems()
    found = list(parse_values(written, (), problems))
    assert not problems.errors
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize("value", [[1, "a", 0.5, True], 5, 0.5])
def test_real_lists_and_numbers_are_parameters_too(value: Any) -> None:
    problems = Problems()
    expected = ["1", "a", "0.5", "true"] if isinstance(value, list) else [str(value)]
    assert list(parse_values(value, (), problems)) == expected
    assert not problems.errors


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(-50, 50).filter(bool))
def test_ranges_end_with_the_last_value_that_is_not_beyond(first: int, last: int, by: int) -> None:
    problems = Problems()
    values = list(parse_values(f"{first}:{last}:{by}", (), problems))
    expected = list(range(first, last + (1 if by > 0 else -1), by))
    assert values == expected if expected else problems.errors


def test_a_range_that_looks_logarithmic_is_a_step_and_told() -> None:
    problems = Problems()
    assert list(parse_values("0.0001:0.01:10", (), problems)) == [0.0001]
    assert "third part is the step" in problems.warnings[0][1]


@pytest.mark.parametrize("written", ["0.1:0.5", "1e-5:1e-3"])
def test_a_range_shorter_than_the_step_of_1_is_told(written: str) -> None:
    problems = Problems()
    assert len(parse_values(written, (), problems)) == 1
    assert "the step is 1" in problems.warnings[0][1]


def test_huge_ranges_are_counted_without_being_made() -> None:
    values = parse_values("1:1000000000", (), Problems())
    assert len(values) == 10**9
    assert count_rows({"a": values, "b": values}, zipped=False) == 10**18


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_the_first_parameter_varies_slowest(sizes: list[int]) -> None:
    parameters = {f"p{i}": range(size) for i, size in enumerate(sizes)}
    found = list(rows(parameters, zipped=False))
    assert len(found) == count_rows(parameters, zipped=False) == math.prod(sizes)
    assert found == sorted(set(found))


FORMATTED = [
    (7, "", "7"), (7, "03d", "007"), (0.1, ".4f", "0.1000"), (1.0, "", "1.0"),
    (0.00001, "", "0.00001"), (1e21, "", "1000000000000000000000"), ("x", ">3", "  x"),
    (255, "x", "ff"), (2, ".1f", "2.0"), (0.001, "e", "1.000000e-03"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "spec", "text"), FORMATTED)
def test_formats(value: Any, spec: str, text: str) -> None:
    assert show_as(value, spec) == text


def test_product_and_zip() -> None:
    parameters = {"a": "[1, 2]", "b": "['x', 'y']"}
    spec = {"name": "j_{a}_{b}", "parameters": parameters}
    assert job_names(spec) == ["j_1_x", "j_1_y", "j_2_x", "j_2_y"]
    assert job_names({**spec, "parameter_mode": "zip"}) == ["j_1_x", "j_2_y"]


def test_shared_parameters_reach_only_who_asks_and_own_ones_win() -> None:
    shared = {"a": "[1, 2]", "b": "[3, 4]"}
    spec = {"name": "j_{a}", "use_parameters": ["a"]}
    assert job_names(spec, parameters=shared) == ["j_1", "j_2"]
    own = {**spec, "parameters": {"a": "[9]"}}
    assert job_names(own, parameters=shared) == ["j_9"]


def test_shell_braces_are_left_alone() -> None:
    command = "echo ${i} ${HOME} {1..3} {print} '{\"k\": 1}' {i} ${files.other} $((1))"
    (job,) = workflow([{"name": "j{i}", "command": command, "parameters": {"i": "[5]"}}]).jobs
    assert job.render_command([]) == command.replace(" {i}", " 5")


def test_all_texts_of_a_job_are_filled_in() -> None:
    found = workflow(
        [
            {
                "name": "j{i}",
                "command": "c{i}",
                "invocation_script": "s{i}",
                "resource_requirements": "r{i}",
                "parameters": {"i": "1:2"},
            }
        ],
        resource_requirements=[{"name": f"r{i}", "num_cpus": i, "memory": "1g"} for i in (1, 2)],
    )
    assert [
        (job.name, job.render_command([]), job.invocation_script, job.resource_requirements)
        for job in found.jobs
    ] == [("j1", "c1", "s1", 0), ("j2", "c2", "s2", 1)]


def test_references_in_a_command_add_to_the_lists() -> None:
    found = workflow(
        [
            {
                "name": "j",
                "command": "x ${files.input.a} ${files.output.b} ${user_data.input.u} "
                "${user_data.output.v} ${user_data.input.u}",
                "input_files": ["c"],
            }
        ],
        files=[{"name": name, "path": f"dir/{name}.txt"} for name in "abc"],
        user_data=[{"name": "v"}, {"name": "u", "data": {"x": 1}}],
    )
    (job,) = found.jobs
    assert job.input_files == (0, 2)
    assert job.output_files == (1,)
    assert (job.input_user_data, job.output_user_data) == ((1,), (0,))
    assert job.render_command([70, 80]) == "x dir/a.txt dir/b.txt 80 70 80"


def test_parameters_within_references() -> None:
    found = workflow(
        [{"name": "j{i}", "command": "x ${files.output.f_{i:02d}}", "parameters": {"i": "1:2"}}],
        files=[{"name": "f_{i:02d}", "path": "p{i}", "parameters": {"i": "1:2"}}],
    )
    assert [job.render_command([]) for job in found.jobs] == ["x p1", "x p2"]
    assert [job.output_files for job in found.jobs] == [(0,), (1,)]


def test_parameters_in_user_data_fill_all_texts() -> None:
    found = workflow(
        [{"name": "a", "command": "x"}],
        user_data=[
            {"name": "u{i}", "data": {"k": ["{i}", 1], "n": None}, "parameters": {"i": "1:2"}}
        ],
    )
    assert [(u.name, u.data) for u in found.user_data] == [
        ("u1", {"k": ["1", 1], "n": None}),
        ("u2", {"k": ["2", 1], "n": None}),
    ]


def test_a_name_without_the_parameters_collects() -> None:
    found = workflow(
        [
            {"name": "w_{a}_{b}", "command": "x", "parameters": {"a": "1:2", "b": "1:3"}},
            {
                "name": "r_{a}",
                "command": "x",
                "depends_on": ["w_{a}_{b}"],
                "parameters": {"a": "1:2", "b": "1:3"},
            },
            {"name": "all", "command": "x", "depends_on": ["r_{a}"], "parameters": {"a": "1:2"}},
        ]
    )
    assert [job.depends_on for job in found.jobs[6:]] == [(0, 1, 2), (3, 4, 5), (6, 7)]


def test_patterns_find_names_anywhere_and_never_the_job_itself() -> None:
    found = workflow(
        [
            {"name": "train_1", "command": "x"},
            {"name": "pretrain_2", "command": "x"},
            {"name": "train_all", "command": "x", "depends_on_regexes": ["train_"]},
            {"name": "last", "command": "x", "depends_on_regexes": ["^train_", "^pre"]},
        ]
    )
    assert [job.depends_on for job in found.jobs] == [(), (), (0, 1), (0, 1, 2)]


def test_equal_dependencies_are_one_object() -> None:
    found = workflow(
        [
            {"name": "a{i:03d}", "command": "x", "parameters": {"i": "1:100"}},
            {
                "name": "b{i:03d}",
                "command": "x",
                "depends_on_regexes": ["^a"],
                "parameters": {"i": "1:100"},
            },
            {"name": "c", "command": "x", "depends_on": ["a{i:03d}"], "parameters": {"i": "1:100"}},
        ]
    )
    waiting = found.jobs[100:]
    assert {len(job.depends_on) for job in waiting} == {100}
    assert len({id(job.depends_on) for job in waiting}) == 1
    assert len({id(needed) for needed in found.dependencies()}) == 2


WARNINGS: dict[str, tuple[dict[str, Any], str]] = {
    "pattern without match": (
        {"jobs": [{"name": "a", "command": "x", "depends_on_regexes": ["zzz"]}]},
        'no job matches "zzz"',
    ),
    "unused parameter": (
        {"jobs": [{"name": "a", "command": "x", "parameters": {"i": "1:3"}}]},
        "nothing here uses {i}",
    ),
    "unused shared parameter": (
        {"jobs": [{"name": "a", "command": "x"}], "parameters": {"i": "1:3"}},
        "nothing uses this parameter",
    ),
    "shared parameter left in a command": (
        {
            "jobs": [
                {"name": "a", "command": "echo {i}"},
                {"name": "b{i}", "command": "x", "use_parameters": ["i"]},
            ],
            "parameters": {"i": "1:3"},
        },
        "{i} is left as it is; add it to use_parameters",
    ),
    "misspelt parameter in a command": (
        {
            "jobs": [
                {"name": "a{rate}", "command": "{rates} {print}", "parameters": {"rate": "1:3"}}
            ]
        },
        '{rates} is left as it is; did you mean "rate"?',
    ),
    "nameless scheduler": (
        {"jobs": [{"name": "a", "command": "x"}], "slurm_schedulers": [{"account": "a"}]},
        "has no name",
    ),
}


@pytest.mark.parametrize(("content", "expected"), WARNINGS.values(), ids=WARNINGS)
def test_what_is_strange_is_a_warning_with_a_place(content: Any, expected: str) -> None:
    text = json.dumps({"name": "w", **content}, indent=1)
    (warning,) = parse_workflow(text, format="json", source="f").warnings
    assert expected in warning
    assert warning.startswith("f:")


def test_settings_and_defaults() -> None:
    found = workflow(
        [{"name": "a", "command": "x"}],
        user="u",
        project="p",
        metadata={"k": 1},
        resource_monitor={"enabled": True, "granularity": "TimeSeries"},
        resource_requirements=[{"name": "r", "num_cpus": 1, "memory": 1024}],
        slurm_defaults={"account": "acc"},
        slurm_schedulers=[{"name": "s"}],
        failure_handlers=[{"name": "h", "rules": [{"match_all_exit_codes": True}]}],
    )
    assert found.settings.user == "u"
    assert found.settings.metadata == {"k": 1}
    assert found.settings.resource_monitor == {
        "enabled": True,
        "granularity": "time_series",
        "sample_interval_seconds": 5,
        "generate_plots": False,
    }
    assert found.resource_requirements[0].memory == "1024"
    assert found.resource_requirements[0].runtime == "PT1H"
    assert found.slurm_schedulers[0].account == "acc"
    assert found.slurm_schedulers[0].walltime == "01:00:00"
    assert found.failure_handlers[0].rules[0].max_retries == 3
    assert found.jobs[0].cancel_on_blocking_job_failure is True
    assert found.jobs[0].supports_termination is False


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"granularity": "time_series"}, {"granularity": "time_series"}),
        ({"enabled": False}, {"enabled": False}),
        (
            {"jobs": {"granularity": "TimeSeries"}},
            {"jobs": {"granularity": "time_series"}, "sample_interval_seconds": 10},
        ),
        (
            {"compute_node": {"enabled": True, "cpu": False}, "sample_interval_seconds": 2},
            {"compute_node": {"enabled": True, "cpu": False}, "sample_interval_seconds": 2},
        ),
        (
            {"flush_interval_seconds": 300, "jobs": None},
            {"flush_interval_seconds": 300},
        ),
    ],
)
def test_monitoring_is_described_flat_or_in_sections(stated, expected) -> None:
    found = workflow([{"name": "a", "command": "x"}], resource_monitor=stated)
    defaults = {
        "enabled": True,
        "granularity": "summary",
        "sample_interval_seconds": 5,
        "generate_plots": False,
    }
    assert found.settings.resource_monitor == defaults | expected


def test_actions_name_jobs_and_schedulers_by_position() -> None:
    found = workflow(
        [{"name": name, "command": "x"} for name in ("a1", "b", "a2")],
        slurm_schedulers=[{"name": "s", "account": "a"}],
        actions=[
            {"trigger_type": "on_workflow_start", "action_type": "run_commands", "commands": ["x"]},
            {
                "trigger_type": "on_jobs_ready",
                "action_type": "schedule_nodes",
                "scheduler": "s",
                "jobs": ["b"],
                "job_name_regexes": ["^a"],
            },
        ],
    )
    start, ready = found.actions
    assert (start.jobs, start.commands, start.scheduler) == (None, ("x",), None)
    assert (ready.jobs, ready.scheduler, ready.scheduler_type) == ((0, 1, 2), 0, "slurm")


WALLTIMES = {
    "60": 3600, "01:30": 90, "04:00:00": 14400, "2-00": 172800, "1-12:30": 131400,
    "1-00:00:01": 86401, "": None, "4h": None, "-1": None,
}  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), WALLTIMES.items())
def test_walltimes(text: str, seconds: int | None) -> None:
    assert walltime_seconds(text) == seconds


GOOD: list[tuple[str, Callable[[str], bool]]] = [
    ("train_.*", lambda name: "train_" in name),
    (r"^stage1_\d+$", lambda name: name.startswith("stage1_")),
    (r"sim_\d+_run\d+_seed\d+$", lambda name: name.startswith("sim_")),
    ("(?i)TRAIN", lambda name: "train" in name),
    (".*", lambda _: True),
    (r"(train|eval)_\d$", lambda name: name in {"train_1", "eval_1"}),
    (r"\.dat", lambda name: name.endswith(".dat")),
]
NAMES = ["train_1", "train_10", "eval_1", "stage1_7", "sim_1_run2_seed3", "x.dat", "other"]


@pytest.mark.parametrize(("pattern", "expected"), GOOD)
def test_patterns_of_every_day_are_searched(pattern: str, expected: Callable[[str], bool]) -> None:
    found = matching(compile_pattern(pattern), NAMES)
    assert [NAMES[i] for i in found] == [name for name in NAMES if expected(name)]


PERSISTENT = {
    ("on_worker_start", ""): True,
    ("on_worker_complete", ""): True,
    ("on_worker_start", "persistent: false, "): False,
    ("on_workflow_start", ""): False,
    ("on_workflow_start", "persistent: true, "): True,
    ("on_workflow_complete", ""): False,
}


@pytest.mark.parametrize(("stated", "expected"), PERSISTENT.items())
def test_actions_on_workers_are_for_each_of_them_unless_they_say_otherwise(stated, expected):
    trigger, persistent = stated
    text = f"""
name: w
jobs: [{{name: a, command: x}}]
actions:
  - {{trigger_type: {trigger}, {persistent}action_type: run_commands, commands: [x]}}
"""
    (action,) = parse_workflow(text, format="yaml").actions
    assert action.persistent is expected


ON_START, ON_READY = "trigger_type: on_workflow_start", "trigger_type: on_jobs_ready"
COMMANDS = "action_type: run_commands, commands: [x]"
HANDLED = """
name: w
jobs: [{name: a, command: x, failure_handler: used}]
failure_handlers:
  - {name: used, rules: [{exit_codes: [3], max_retries: 2}, {match_all_exit_codes: true}]}
"""


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (
            "  - {name: idle, rules: [{exit_codes: [3]}]}",
            'f:6:5: failure_handlers[1]: no job has the failure handler "idle"',
        ),
        (
            f"actions: [{{{ON_START}, action_type: schedule_nodes, scheduler_type: local}}]",
            "actions[0].scheduler_type: no runner requests nodes but those of Slurm",
        ),
        (
            f"actions: [{{{ON_READY}, {COMMANDS}, jobs: [a], job_name_regexes: [b]}}]",
            'actions[0].job_name_regexes[0]: no job matches "b"',
        ),
    ],
)
def test_what_has_no_effect_is_warned_of(added, expected):
    (warning,) = parse_workflow(HANDLED + added, format="yaml", source="f").warnings
    assert expected in warning


def test_a_rule_that_allows_one_attempt_is_warned_of():
    text = HANDLED.replace("max_retries: 2", "max_retries: 1")
    (warning,) = parse_workflow(text, format="yaml", source="f").warnings
    assert "max_retries: counts attempts, the first one included" in warning
