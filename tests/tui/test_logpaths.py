"""The output of a job is found where its runs on this machine wrote it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from nodes import compute_node

from torc_core.host.process import ProcessIdentity
from torc_core.host.runs import RunMeta, create_run, new_run_id
from torc_core.model.artifact import File
from torc_core.model.job import Job
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow, WorkflowPatch
from torc_tui.state.logs.files.logpaths import find_file, find_logs, find_logs_of_node
from torc_tui.state.logs.preview import preview_text


@pytest.fixture
def job(client, make_workflow, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return client.list_jobs(make_workflow("logged", 1)).items[0]


def write(job, directory, run, attempt, *, text="x\n", ending="o"):
    name = f"job_wf{job.workflow_id}_j{job.id}_r{run}_a{attempt}.{ending}"
    path = Path(directory, "job_stdio", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def named(sources):
    return tuple((each.name, each.source.path) for each in sources.streams)


def stdout_of(client, job):
    return find_logs(client, job).streams[0].source.path


def add_result(client, job, run, attempt):
    node = client.create_compute_node(
        compute_node(
            workflow_id=job.workflow_id, hostname="n1", start_time="2026-03-01T11:00:00.000Z"
        )
    )
    client.create_result(
        Result(
            job_id=job.id, workflow_id=job.workflow_id, run_id=run, attempt_id=attempt,
            compute_node_id=node.id, return_code=0, exec_time_minutes=1.0,
            completion_time="2026-03-01T12:00:00.000Z", status="completed",
        )
    )  # fmt: skip


def test_without_output_the_names_of_the_latest_attempt_are_given(client, job, tmp_path):
    found = find_logs(client, job)
    stem = f"output/job_stdio/job_wf{job.workflow_id}_j{job.id}_r0_a1"

    assert found.title == "log ▸ job_0 ▸ attempt 1"
    assert named(found) == (
        ("stdout", tmp_path / f"{stem}.o"),
        ("stderr", tmp_path / f"{stem}.e"),
    )


def test_the_latest_attempt_with_output_is_found(client, job):
    for run, attempt in ((1, 1), (1, 2), (2, 1)):
        add_result(client, job, run, attempt)
    assert stdout_of(client, job).name.endswith("_r2_a1.o")
    older = write(job, "output", 1, 1)
    assert stdout_of(client, job) == older.absolute()
    newer = write(job, "output", 1, 2, ending="e")
    assert stdout_of(client, job) == newer.absolute().with_suffix(".o")
    assert find_logs(client, job).title == "log ▸ job_0 ▸ run 1, attempt 2 (3 of 4)"


def test_the_output_of_a_recovery_script_is_shown_with_its_attempt(client, job):
    add_result(client, job, 1, 1)
    write(job, "output", 1, 1)
    assert [each.name for each in find_logs(client, job).streams] == ["stdout", "stderr"]
    write(job, "output", 1, 1, ending="recovery.o")
    write(job, "output", 1, 1, ending="recovery.e")
    assert [each.name for each in find_logs(client, job).streams] == [
        *("stdout", "stderr", "recovery stdout", "recovery stderr")
    ]


def test_the_directories_of_its_runs_come_before_the_default_one(client, job, tmp_path):
    other = job.workflow_id + 1
    for number, directory, fields in (
        (job.workflow_id, "theirs", {"url": client.url}),
        (other, "others", {"url": client.url}),
        (job.workflow_id, "of_another_server", {"url": "http://elsewhere"}),
        (job.workflow_id, "of_the_embedded_server", {"url": "http://x", "is_embedded": True}),
    ):
        create_run(
            RunMeta(
                run_id=new_run_id(number), workflow_id=number, workflow_name="w", output_dir="out",
                cwd=str(tmp_path / directory), started_at="2026-03-01T12:00:00Z", **fields,
            )
        )  # fmt: skip
        if directory != "theirs":
            write(job, f"{directory}/out", 0, 1)
    write(job, "output", 0, 1)
    assert stdout_of(client, job).parts[-3] == "output"
    theirs = write(job, "theirs/out", 0, 1)
    assert stdout_of(client, job) == tmp_path / theirs


def test_output_is_looked_for_where_the_workflow_was_created(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workflow = Workflow(
        name="created elsewhere", user="tester", submission_directory=str(tmp_path / "project")
    )
    workflow_id = client.create_workflow(workflow).id
    job = client.create_job(Job(workflow_id=workflow_id, name="j", command="true"))
    there = write(job, "project/output", 0, 1)

    assert stdout_of(client, job) == tmp_path / there
    client.delete_workflow(workflow_id)


def test_a_file_of_a_workflow_is_one_stream(client, job):
    def found(path):
        return find_file(client, File(workflow_id=job.workflow_id, name="data", path=path))

    assert named(found("~/x.csv")) == (("contents", Path.home() / "x.csv"),)
    assert found("/x.csv").title == "file ▸ data"


def make_run(workflow_id, client, directory, process=None):
    create_run(
        RunMeta(
            run_id=new_run_id(workflow_id), workflow_id=workflow_id, workflow_name="w",
            output_dir="output", cwd=str(directory), started_at="2026-03-01T12:00:00Z",
            url=client.url, process=process,
        )
    )  # fmt: skip


def test_the_runner_of_a_node_is_found_by_its_host_and_process(client, job, tmp_path):
    add_result(client, job, 1, 1)
    (node,) = client.list_compute_nodes(job.workflow_id).items
    assert find_logs_of_node(client, node).remark == (
        "The runner on n1 has left no output on this machine."
    )
    process = ProcessIdentity(host="n1", boot_id="b", pid=node.pid, pid_start=7)
    make_run(job.workflow_id, client, tmp_path, process)

    (stream,) = find_logs_of_node(client, node).streams

    assert stream.name == f"#{job.workflow_id} w"


def previewed(client, job, width=30, height=20):
    return "".join(cell.text for cell in preview_text(client, job.id, width, height)).split("\n")


def test_a_preview_is_facts_and_the_ends_of_what_was_written(client, job):
    write(job, "output", 0, 1, text="".join(f"line {n}\n" for n in range(50)))
    write(job, "output", 0, 1, text="\x1b[31mwarning\x1b[0m\n\n" + "w" * 99, ending="e")
    lines = previewed(client, job)
    at = next(n for n, line in enumerate(lines) if line.startswith("── "))

    assert lines[0].startswith("Job ")
    assert len(lines) <= 20
    assert lines[at + 1 : at + 3] == [f"line {n}" for n in range(49 - _count(lines), 51)][1:3]
    assert lines[-2:] == ["warning", "w" * 30]
    assert all(len(line) <= 30 for line in lines)


def _count(lines):
    return sum(line.startswith("line ") for line in lines)


@pytest.mark.parametrize("height", [1, 3, 6, 8])
def test_a_preview_fits_its_height(client, job, height):
    write(job, "output", 0, 1, text="a\nb\nc\n")

    assert len(previewed(client, job, height=height)) <= height


@pytest.fixture
def job_with(client, make_workflow, tmp_path, monkeypatch):
    """Make a job whose workflow has this stdio."""
    monkeypatch.chdir(tmp_path)

    def make(**stdio):
        workflow_id = make_workflow("logged", 1)
        patch = WorkflowPatch(execution_config={"stdio": stdio})
        client.update_workflow(workflow_id, patch)
        return client.list_jobs(workflow_id).items[0]

    return make


@pytest.mark.parametrize(
    ("mode", "endings"),
    [
        ("separate", [("stdout", ".o"), ("stderr", ".e")]),
        ("combined", [("output", ".log")]),
        ("no_stdout", [("stderr", ".e")]),
        ("no_stderr", [("stdout", ".o")]),
        ("none", []),
    ],
)
def test_only_files_that_the_job_writes_are_named(client, job_with, mode, endings):
    found = find_logs(client, job_with(mode=mode))

    assert [(name, path.suffix) for name, path in named(found)] == endings
    assert found.remark == (
        "the output of this job is not kept (its stdio is none)" if mode == "none" else ""
    )


def test_files_of_an_attempt_before_the_mode_was_changed_are_found(client, job_with):
    job = job_with(mode="none")
    combined = write(job, "output", 0, 1, ending="log")
    assert named(find_logs(client, job)) == (("output", combined.absolute()),)
    combined.unlink()
    stdout = write(job, "output", 0, 1)
    assert named(find_logs(client, job))[0] == ("stdout", stdout.absolute())


def test_output_that_was_deleted_is_not_waited_for(client, job_with):
    job = job_with(mode="combined", delete_on_success=True)
    assert find_logs(client, job).remark == ""
    done = msgspec.structs.replace(job, status=JobStatus.COMPLETED)
    assert "deleted when the job had completed" in find_logs(client, done).remark
