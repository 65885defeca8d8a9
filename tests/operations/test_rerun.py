"""A rerun: what failed and was canceled because of it runs again, and nothing else."""

from __future__ import annotations

import pytest
from operations.situations import Stage

from torc_core.errors import ConflictError, NotFoundError
from torc_core.host.connect import Connection
from torc_core.host.runs import list_runs
from torc_core.model.ids import WorkflowId
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.job_graph import JobGraph
from torc_core.operations.repair.rerun import RerunRequest, propose_rerun
from torc_core.operations.repair.rerun_scope import Place, decide_scope
from torc_core.operations.reporter import carry_out
from torc_core.runner.policy.options import RunnerOptions

AT = WorkflowId(7)
NAMES = ("completed", "failed", "canceled", "terminated", "disabled", "completed", "ready")


def graph(statuses, dependencies):
    jobs = [
        Job(id=at + 1, workflow_id=AT, name=f"j{at + 1}", command="x", status=JobStatus(status))
        for at, status in enumerate(statuses)
    ]
    return JobGraph(jobs, dependencies)


def ids(jobs):
    return [job.id for job in jobs]


# 1 completed, 2 failed after 1, 3 canceled after 2, 4 terminated, 5 disabled after 2,
# 6 completed after 4, 7 ready
SITUATION = graph(NAMES, [(), (0,), (1,), (), (1,), (3,), ()])


def test_all_that_failed_runs_again_with_what_is_downstream_and_the_rest_is_kept():
    scope = decide_scope(AT, SITUATION)

    assert ids(scope.chosen) == [2, 3, 4]
    assert ids(scope.downstream) == [6]
    assert scope.num_kept == 1
    assert scope.question("#7 x") == "Rerun 4 jobs of #7 x?"
    assert list(scope.lines()) == [
        "2 failed jobs: j2, j4",
        "1 canceled job: j3",
        "1 job downstream of them: j6",
        "1 completed job is kept.",
    ]


def test_chosen_jobs_run_again_with_what_waits_for_them_alone():
    scope = decide_scope(AT, SITUATION, [2])

    assert (ids(scope.chosen), ids(scope.downstream)) == ([2], [3])
    assert scope.question("#7 x") == "Rerun 2 jobs of #7 x?"


def test_many_names_are_folded_and_cut():
    scope = decide_scope(AT, graph(["failed"] * 2000, [()] * 2000))

    assert next(scope.lines()) == "2,000 failed jobs: j{1..1000} …"


def test_what_is_active_or_unknown_or_whole_is_refused():
    with pytest.raises(ConflictError, match="no failed, canceled or terminated jobs"):
        decide_scope(AT, graph(["completed"], [()]))
    with pytest.raises(NotFoundError, match="no job 9"):
        decide_scope(AT, SITUATION, [2, 9])
    with pytest.raises(ConflictError, match=r"Job 1 \(j1\) is running"):
        decide_scope(AT, graph(["running"], [()]), [1])


def test_what_completed_stays_and_a_runner_that_is_active_takes_the_rest(
    client, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    stage = Stage(client, "rerun")
    stage.add("independent")
    stage.failed()
    before = {"a": "failed", "b": "canceled", "independent": "ready"}
    assert _statuses(client, stage) == before

    proposal = propose_rerun(Connection(client, is_embedded=False), _request(stage))
    assert proposal.question is not None
    assert proposal.question.lines == (
        "1 failed job: a",
        "1 canceled job: b",
        "1 other job, changed or not run yet: independent",
        "0 completed jobs are kept.",
        Place.ACTIVE.then(stage.id),
    )
    done = carry_out(proposal)

    assert _statuses(client, stage) == {"a": "ready", "b": "blocked", "independent": "ready"}
    assert client.get_workflow_status(stage.id).run_id == 2
    assert "A runner is active already" in done.sentence
    assert list_runs() == []


def _request(stage):
    return RerunRequest(
        workflow_id=stage.id, run=RunnerOptions(workflow_id=WorkflowId(0), output_dir="output")
    )


def _statuses(client, stage):
    return {job.name: job.status for job in client.list_jobs(stage.id).items}
