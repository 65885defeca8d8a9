"""`torc slurm generate`: the plan of a file, shown, printed and written."""

from __future__ import annotations

from pathlib import Path

import pytest

from torc_core.spec import read_spec

WORKFLOW = """\
name: w  # a comment
resource_requirements:
- {name: small, num_cpus: 4, memory: 8g, runtime: PT1H}

# The jobs.
jobs:
- name: prepare
  command: "true"
  resource_requirements: small
- name: work_{i}
  command: "true"
  parameters: {i: "1:1000"}
  depends_on: [prepare]
  resource_requirements: small
"""
PLAN = ("slurm", "generate", "w.yaml", "-a", "acc", "--profile", "kestrel")


@pytest.fixture
def torc(torc_here, tmp_path: Path):
    (tmp_path / "w.yaml").write_text(WORKFLOW)
    return torc_here


def test_the_file_is_printed_with_its_schedulers_and_all_of_its_lines(torc):
    printed = torc(*PLAN).out

    lines = iter(printed.splitlines())
    assert all(any(line == other for other in lines) for line in WORKFLOW.splitlines())
    assert "  scheduler: small_deferred_scheduler\n" in printed


def test_a_dry_run_shows_the_numbers_and_writes_nothing(torc, tmp_path):
    shown = torc(*PLAN, "--dry-run", "-o", "out.yaml").out

    row = next(line for line in shown.splitlines() if line.startswith("small_deferred"))
    # 26 at once, by CPUs, in one round: 1.5 hours hold one job of an hour.
    assert row.split() == [
        "small_deferred_scheduler", "short", "1000", "26", "1", "39", "1", "01:34:00", "61.1"
    ]  # fmt: skip
    assert "40 allocations, at most 62.7 node-hours" in shown
    assert not (tmp_path / "out.yaml").exists()


def test_what_is_written_is_a_workflow_file_that_need_not_be_planned_again(torc, tmp_path):
    answer = torc("-f", "json", *PLAN, "-o", "out.yaml").json

    assert (answer["output_file"], answer["allocations"]) == ("out.yaml", 40)
    spec = read_spec(tmp_path / "out.yaml").expand()
    assert [each.num_allocations for each in spec.actions] == [1, 39]
    again = torc("slurm", "generate", "out.yaml", "-a", "acc", "--profile", "kestrel")
    assert again.code == 5
    assert "--overwrite" in again.err
    renewed = torc("-f", "json", *PLAN[:2], "out.yaml", *PLAN[3:], "--overwrite").json
    assert renewed == torc("-f", "json", *PLAN).json


@pytest.mark.parametrize(
    ("options", "allocations", "nodes"),
    [
        (("--walltime-multiplier", "3"), [1, 13], 1),
        (("--walltime-strategy", "max-partition-time"), [1, 13], 1),
        (("--group-by", "partition"), [1, 39], 1),
        (("--single-allocation",), [1, 1], 39),
        (("--no-actions",), [], 1),
    ],
)
def test_options_change_the_plan(torc, options, allocations, nodes):
    plan = torc("-f", "json", *PLAN, "--dry-run", *options).json

    assert [each["num_allocations"] for each in plan["actions"]] == allocations
    assert max(each["nodes"] for each in plan["slurm_schedulers"]) == nodes


def test_the_account_may_be_the_files(torc, tmp_path):
    text = WORKFLOW + "slurm_defaults: {account: ours}\n"
    (tmp_path / "w.yaml").write_text(text)

    plan = torc("-f", "json", "slurm", "generate", "w.yaml", "--profile", "dane", "--dry-run").json

    assert {each["account"] for each in plan["slurm_schedulers"]} == {"ours"}


def test_many_short_allocations_are_warned_of_on_stderr(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(WORKFLOW.replace("PT1H", "PT1M").replace("1000", "9000"))

    answer = torc(*PLAN)

    assert "warning: " in answer.err
    assert "--walltime-multiplier 60" in answer.err
    assert "warning" not in answer.out
