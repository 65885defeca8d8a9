"""The official Python client, as published, makes a workflow; our runner runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture
def api(server):
    from torc.openapi_client import ApiClient, Configuration, DefaultApi

    with ApiClient(Configuration(host=server.url)) as connected:
        yield DefaultApi(connected)


def test_a_workflow_made_by_the_official_client_runs_and_reports(api, server, tmp_path):
    from torc.openapi_client import models

    workflow = api.create_workflow(models.WorkflowModel(name="official", user="tester"))
    file = api.create_file(
        models.FileModel(workflow_id=workflow.id, name="f", path=str(tmp_path / "f.txt"))
    )
    api.create_job(
        models.JobModel(
            workflow_id=workflow.id,
            name="write",
            command=f"echo hello > {file.path}",
            output_file_ids=[file.id],
        )
    )
    api.create_job(
        models.JobModel(
            workflow_id=workflow.id,
            name="read",
            command=f"cat {file.path}",
            input_file_ids=[file.id],
        )
    )
    api.initialize_jobs(workflow.id)

    finished = subprocess.run(
        [sys.executable, "-m", "torc_tui", "--url", server.url, "run", str(workflow.id)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    assert api.is_workflow_complete(workflow.id).is_complete
    results = api.list_results(workflow.id).items
    assert [result.return_code for result in results] == [0, 0]
    statuses = {job.name: job.status for job in api.list_jobs(workflow.id).items}
    assert {str(getattr(status, "value", status)) for status in statuses.values()} == {"completed"}
    assert (tmp_path / "f.txt").read_text() == "hello\n"
    stdout = next((tmp_path / "output" / "job_stdio").glob("*_j*_r*_a1.o"))
    assert stdout.exists()
