"""A rerun makes ready what failed and what was canceled because of it, and nothing else."""

from __future__ import annotations

from operations.situations import Stage

from torc_core.model.status import JobStatus
from torc_core.operations.lifecycle.reset import propose_rerun
from torc_core.operations.reporter import carry_out


def test_what_completed_stays_and_the_rest_begins_a_new_run(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stage = Stage(client, "rerun")
    done = stage.add("independent")
    stage.failed()
    client.claim_next_jobs(stage.id, 1)
    client.start_job(done, 1, stage.node)
    stage.complete_job(done, JobStatus.COMPLETED, 0)
    assert _statuses(client, stage) == {"a": "failed", "b": "canceled", "independent": "completed"}

    carry_out(propose_rerun(client, stage.id))

    assert _statuses(client, stage) == {"a": "ready", "b": "blocked", "independent": "completed"}
    assert client.get_workflow_status(stage.id).run_id == 2


def _statuses(client, stage):
    return {job.name: job.status for job in client.list_jobs(stage.id).items}
