"""Jobs have to write their output files: real jobs, real files."""

from __future__ import annotations

import json
import os

import pytest

from torc_core.model.artifact import File
from torc_core.model.resources import FailureHandler


@pytest.fixture
def writer(make_flow, tmp_path):
    """Make a workflow with one job whose output file is `out`, and return both with its path."""

    def make(command, *, before=None, handler=None, **settings):
        flow = make_flow(**settings)
        path = tmp_path / "result"
        if before is not None:
            path.write_text(before)
            os.utime(path, (1.7e9, 1.7e9))
        file = flow.client.create_file(File(workflow_id=flow.id, name="out", path=str(path)))
        fields = {}
        if handler is not None:
            record = FailureHandler(workflow_id=flow.id, name="h", rules=json.dumps([handler]))
            fields["failure_handler_id"] = flow.client.create_failure_handler(record).id
        job = flow.add(command.format(out=path), output_file_ids=[file.id], **fields)
        return flow, job, path

    return make


def test_a_file_older_than_the_job_was_not_written_by_it(writer):
    flow, job, path = writer("true", before="old")

    assert flow.run().outcomes == {"failed": 1}
    assert flow.result(job).return_code == 1
    said = flow.stdio(job, "e")
    assert f"torc: The job exited with 0 but left its output file {path} as it was" in said
    assert "accept_unchanged_outputs: true" in said


@pytest.mark.parametrize("command", ["echo new > {out}", "printf old > {out}", "touch {out}"])
def test_a_file_from_before_may_be_written_anew(writer, command):
    flow, _, path = writer(command, before="old")

    assert flow.run().outcomes == {"completed": 1}
    (file,) = flow.client.list_files(flow.id).items
    assert file.st_mtime == pytest.approx(path.stat().st_mtime)


def test_a_workflow_may_accept_files_that_are_up_to_date(writer):
    flow, _, _ = writer("true", before="old", execution_config={"accept_unchanged_outputs": True})

    assert flow.run().outcomes == {"completed": 1}


def test_a_file_that_is_missing_is_not_accepted_by_that(writer):
    flow, job, _ = writer("true", execution_config={"accept_unchanged_outputs": True})

    assert flow.run().outcomes == {"failed": 1}
    assert "did not write" in flow.stdio(job, "e")


def test_a_file_that_comes_late_is_found(writer):
    flow, _, _ = writer("setsid bash -c 'sleep 1; echo late > {out}' > /dev/null 2>&1 &")

    assert flow.run().outcomes == {"completed": 1}


def test_a_retry_may_write_over_what_the_attempt_before_it_wrote(writer):
    rule = {"exit_codes": [3], "max_retries": 2}
    flow, _, _ = writer("echo same > {out}; [ $TORC_ATTEMPT_ID = 2 ] || exit 3", handler=rule)

    assert flow.run().outcomes == {"retried": 1, "completed": 1}


def test_a_run_after_a_run_may_write_the_same_again(writer):
    flow, job, _ = writer("echo same > {out}", before="old")
    assert flow.run().outcomes == {"completed": 1}
    flow.initialize()

    assert flow.run().outcomes == {"completed": 1}
    results = flow.client.list_results(flow.id, job_id=job, all_runs=True).items
    assert [result.run_id for result in results] == [1, 2]


def test_a_job_that_changes_its_input_in_place_has_written_it(make_flow, tmp_path):
    flow = make_flow()
    path = tmp_path / "data"
    path.write_text("a\n")
    record = File(workflow_id=flow.id, name="data", path=str(path), st_mtime=1.0)
    file = flow.client.create_file(record)
    flow.add(f"sed -i s/a/b/ {path}", input_file_ids=[file.id], output_file_ids=[file.id])

    assert flow.run().outcomes == {"completed": 1}


def test_only_the_files_that_were_left_alone_are_named(make_flow, tmp_path):
    flow = make_flow()
    ids = []
    for name in ("left", "made", "gone"):
        path = tmp_path / name
        if name != "gone":
            path.touch()
        record = flow.client.create_file(File(workflow_id=flow.id, name=name, path=str(path)))
        ids.append(record.id)
    job = flow.add(f"touch {tmp_path}/made", output_file_ids=ids)
    flow.run()

    said = flow.stdio(job, "e").splitlines()
    assert [str(tmp_path / name) in line for name, line in zip(("left", "gone"), said, strict=True)]
