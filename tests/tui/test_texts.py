"""Texts that are read in full: help, errors, rows, jobs."""

from __future__ import annotations

import pytest

from torc_core.errors import ConflictError, SpecError
from torc_core.model.artifact import File
from torc_core.model.compute import ComputeNode
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_tui.actions import ACTIONS
from torc_tui.lists.files import FILES
from torc_tui.state.texts import error_text, facts_text, help_text, job_text, row_text
from torc_tui.theme import QUIET, Cell


def lines_of(text):
    return ["".join(cell.text for cell in line) for line in text]


def test_the_help_has_each_group_once_and_its_keys_below():
    lines = lines_of(help_text(80))
    groups = list(dict.fromkeys(action.group for action in ACTIONS if action.group))

    assert lines[0] == groups[0]
    for group in groups:
        at = lines.index(group)
        assert lines.count(group) == 1
        first = next(action for action in ACTIONS if action.group == group)
        assert lines[at + 1] == f"  {first.label}".ljust(12) + first.help
        assert at == 0 or lines[at - 1] == ""
    assert lines[-2] == ""
    assert "continue" in lines[-1]
    assert help_text(80)[1][0].tone == help_text(80)[0][0].tone == "bold"


def test_the_help_is_cut_to_the_width():
    assert max(map(len, lines_of(help_text(30)))) <= 12 + 30
    assert all(len(cell.text) <= 30 for line in help_text(30) for cell in line)


def test_an_error_is_shown_with_what_to_do_next():
    error = ConflictError("It is running\x1b.\nSince noon.", hint="Wait for it to end, or cancel.")

    assert lines_of(error_text(error, 20)) == [
        "It is running␛.", "Since noon.", "", "Wait for it to end,", "or cancel.",
    ]  # fmt: skip
    assert lines_of(error_text(ConflictError("No."), 20)) == ["No."]


def test_all_problems_of_a_file_are_shown():
    error = SpecError(["1:2: one", "3:4: two"], source="w.yaml")

    assert lines_of(error_text(error, 40))[:2] == ["1:2: one", "3:4: two"]


def test_a_row_is_shown_with_every_column_in_full():
    file = File(id=3, workflow_id=1, name="a\x1b", path="/x" * 30, st_mtime=None)

    assert row_text(FILES, file, 42) == [
        [Cell("ID          ", QUIET), Cell("3", "")],
        [Cell("Name        ", QUIET), Cell("a␛", "")],
        [Cell("Modified    ", QUIET)],
        [Cell("Path        ", QUIET), Cell("/x" * 15, "")],
        [Cell("            ", QUIET), Cell("/x" * 15, "")],
    ]


def test_facts_keep_their_tone_and_at_least_ten_cells():
    assert facts_text([("Status", "failed badly", "red")], 5) == [
        [Cell("Status      ", QUIET), Cell("failed", "red")],
        [Cell("            ", QUIET), Cell("badly", "red")],
    ]


def add_node(client, workflow_id):
    return client.create_compute_node(
        ComputeNode(
            workflow_id=workflow_id, hostname="n1", pid=1, start_time="2026-03-01T11:00:00.000Z",
            num_cpus=1, memory_gb=1.0, num_gpus=0, num_nodes=1, compute_node_type="local",
        )
    ).id  # fmt: skip


@pytest.fixture
def workflow_id(make_workflow):
    return make_workflow("told", 1)


def test_a_job_is_told_in_facts(client, workflow_id):
    needs = client.create_resource_requirements(
        ResourceRequirements(
            workflow_id=workflow_id, name="big", num_cpus=4, num_gpus=1, memory="8g",
            runtime="PT1H", num_nodes=1,
        )
    )  # fmt: skip
    files = [
        client.create_file(File(workflow_id=workflow_id, name=f"f{n}", path=f"f{n}"))
        for n in range(42)
    ]
    first = client.list_jobs(workflow_id).items[0]
    job = client.create_job(
        Job(
            workflow_id=workflow_id, name="fit", command="fit --all", invocation_script="#!/bin/sh",
            depends_on_job_ids=[first.id], input_file_ids=[files[0].id],
            output_file_ids=[file.id for file in files[1:]],
            resource_requirements_id=needs.id, cancel_on_blocking_job_failure=False,
        )
    )  # fmt: skip
    fresh, facts = job_text(client, job.id)
    ids = ", ".join(str(file.id) for file in files[1:41])

    assert fresh.name == "fit"
    assert facts == [
        ("Job", f"{job.id}  fit", "bold"),
        ("Status", "· uninitialized   attempt 1", QUIET),
        ("Command", "fit --all", ""),
        ("Invocation", "#!/bin/sh", ""),
        ("Depends on", f"1 job: {first.id}", ""),
        ("Reads", f"1 file: {files[0].id}", ""),
        ("Writes", f"41 files: {ids} and 1 more", ""),
        ("On failure", "runs even if a job that it depends on fails", ""),
        ("Needs", "big: 4 CPU, 1 GPU, 8g memory, PT1H", ""),
    ]


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize(
    ("peaks", "text"),
    [
        ({}, "✗ failed, exit code 3, 1m 30s"),
        (
            {"peak_memory_bytes": 2 << 30, "peak_cpu_percent": 149.6},
            "✗ failed, exit code 3, 1m 30s, peak 2.0 GiB, 150% CPU",
        ),
    ],
)
def test_results_of_a_job_are_told_the_latest_first(client, workflow_id, peaks, text):
    job = client.list_jobs(workflow_id).items[0]
    node = add_node(client, workflow_id)
    for run in (1, 2):
        client.create_result(
            Result(
                job_id=job.id, workflow_id=workflow_id, run_id=run, attempt_id=1,
                compute_node_id=node, return_code=3, exec_time_minutes=1.5,
                completion_time="2026-03-01T12:00:00.000Z", status="failed", **peaks,
            )
        )  # fmt: skip
    results = [fact for fact in job_text(client, job.id)[1] if fact[0].startswith("Run ")]

    assert [name for name, _, _ in results] == ["Run 2.1", "Run 1.1"]
    assert results[0][1:] == (f"{text}, 03-01 13:00:00", "red")
