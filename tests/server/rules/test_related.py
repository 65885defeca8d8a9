"""What jobs and results use of another workflow, as the reference allows."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW, TIME, Bench
from sqlalchemy import select, update

from torc_core.errors import NotFoundError, UsageError
from torc_core.model.action import ActionClaim, WorkflowAction
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.job import JobPatch
from torc_core.model.resources import FailureHandler, ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_server.queries.ready_requirements import ready_job_requirements
from torc_server.records import crud, resources
from torc_server.records.actions import claim_action, create_action
from torc_server.rules.attempts.claims import claim_jobs_based_on_resources, claim_next_jobs
from torc_server.rules.attempts.client_reports import complete_job, start_job
from torc_server.rules.editing import update_job
from torc_server.rules.jobs import get_job
from torc_server.rules.large.deletion import delete_workflow
from torc_server.storage import tables

DONE = JobStatus.COMPLETED


@pytest.fixture
def other(bench):
    """Another workflow in the same database."""
    return Bench(bench.conn)


def rules(bench):
    handler = FailureHandler(workflow_id=bench.workflow_id, name="h", rules="[]")
    return crud.create(bench.conn, resources.FAILURE_HANDLER, handler, now_ms=NOW).id


def result(bench, job, node):
    return Result(
        job_id=job,
        workflow_id=bench.workflow_id,
        run_id=0,
        compute_node_id=node,
        return_code=0,
        exec_time_minutes=0.5,
        completion_time=TIME,
        status=DONE,
    )


def claim(bench, **free):
    offered = {"num_cpus": 4, "memory_gb": 4.0, "num_gpus": 0, "num_nodes": 1} | free
    claimed = claim_jobs_based_on_resources(
        bench.conn, bench.workflow_id, ComputeNodesResources(**offered), 9, now_ms=NOW
    )
    return [job.name for job in claimed.jobs]


def test_a_job_is_claimed_by_what_another_workflow_says_it_needs(bench, other):
    wide = other.need("wide", num_cpus=4)
    bench.add("own", resource_requirements_id=bench.need("own", num_cpus=2))
    bench.add("lent", resource_requirements_id=wide)
    late = bench.add("late")
    update_job(bench.conn, late, JobPatch(resource_requirements_id=wide), now_ms=NOW)
    other.add("its own", resource_requirements_id=wide)
    bench.initialize()

    assert ready_job_requirements(bench.conn, bench.workflow_id).num_cpus == 10
    assert claim(bench, num_cpus=3) == ["own"]
    assert claim(bench) == ["lent"]
    assert [claimed.num_cpus for claimed in bench.claim().jobs] == [4]


def test_a_job_runs_on_the_node_of_another_workflow(bench, other):
    first, second = bench.add("first"), bench.add("second")
    bench.initialize()
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    for job in (first, second):
        started = start_job(bench.conn, job, 0, other.node_id, now_ms=NOW)
        assert started == start_job(bench.conn, job, 0, other.node_id, now_ms=NOW)
        assert started.compute_node_id == other.node_id
    ended = result(bench, first, other.node_id)
    assert complete_job(bench.conn, first, DONE, 0, ended, now_ms=NOW).status == "completed"
    table = tables.compute_node
    bench.conn.execute(update(table).where(table.c.id == other.node_id).values(is_active=False))
    bench.initialize()
    assert bench.statuses() == {"first": "completed", "second": "ready"}


def test_a_job_runs_on_a_node_that_nobody_has_recorded(bench):
    job = bench.add("job")
    bench.initialize()
    claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    for _ in range(2):
        started = start_job(bench.conn, job, 0, 999, now_ms=NOW)
        assert (started.status, started.compute_node_id) == ("running", None)
    assert bench.event_types().count("job_started") == 1
    with pytest.raises(NotFoundError, match="no compute node 999"):
        complete_job(bench.conn, job, DONE, 0, result(bench, job, 999), now_ms=NOW)


def test_results_and_actions_name_nodes_of_other_workflows(bench, other):
    job = bench.add("job")
    stored = crud.create(
        bench.conn, resources.RESULT, result(bench, job, other.node_id), now_ms=NOW
    )
    action = create_action(
        bench.conn,
        bench.workflow_id,
        WorkflowAction(
            workflow_id=bench.workflow_id,
            trigger_type="on_workflow_start",
            action_type="run_commands",
            action_config={"commands": []},
        ),
    )

    assert stored.compute_node_id == other.node_id
    assert claim_action(
        bench.conn,
        bench.workflow_id,
        action.id,
        ActionClaim(compute_node_id=other.node_id),
        now_ms=NOW,
    ).claimed


@pytest.mark.parametrize(
    "field", ["depends_on_job_ids", "input_file_ids", "output_file_ids", "input_user_data_ids"]
)
def test_what_jobs_wait_for_each_other_through_is_of_one_workflow(bench, other, field):
    theirs = {"depends_on_job_ids": other.add, "input_user_data_ids": other.user_data}
    named = theirs.get(field, other.file)("theirs")

    with pytest.raises(UsageError, match=f"Workflow {bench.workflow_id} has no .* {named}"):
        bench.create(bench.job(**{field: [named]}))


@pytest.mark.parametrize("field", ["resource_requirements_id", "failure_handler_id"])
def test_what_is_nowhere_is_refused(bench, field):
    with pytest.raises(UsageError, match=r"There is no .* 999\."):
        bench.add("job", **{field: 999})


def test_what_a_deleted_workflow_lent_stays_with_those_who_use_it(bench, other):
    third = Bench(bench.conn)
    wide = other.need("wide", num_cpus=4, memory="3g")
    default = other.conn.execute(
        select(tables.resource_requirements.c.id).where(
            tables.resource_requirements.c.workflow_id == other.workflow_id,
            tables.resource_requirements.c.name == "default",
        )
    ).scalar_one()
    jobs = {
        "wide": bench.add("wide", resource_requirements_id=wide, failure_handler_id=rules(other)),
        "default": bench.add("default", resource_requirements_id=default),
        "third": third.add("third", resource_requirements_id=wide),
    }
    other.add("its own", resource_requirements_id=wide)
    crud.create(
        bench.conn, resources.RESULT, result(bench, jobs["wide"], other.node_id), now_ms=NOW
    )
    delete_workflow(bench.conn, other.workflow_id)

    def needs(name, workflow):
        job = get_job(bench.conn, jobs[name])
        record = crud.get(bench.conn, resources.RESOURCE_REQUIREMENTS, job.resource_requirements_id)
        assert record.workflow_id == workflow.workflow_id
        return record.name, record.num_cpus, record.memory

    assert needs("wide", bench) == needs("third", third) == ("wide", 4, "3g")
    assert needs("default", bench) == (f"default of workflow {other.workflow_id}", 1, "1m")
    kept = get_job(bench.conn, jobs["wide"]).failure_handler_id
    handler = crud.get(bench.conn, resources.FAILURE_HANDLER, kept)
    assert handler == FailureHandler(id=kept, workflow_id=bench.workflow_id, name="h", rules="[]")
    (stored,) = bench.conn.execute(select(tables.result)).all()
    node = crud.get(bench.conn, resources.COMPUTE_NODE, stored.compute_node_id)
    assert (node.workflow_id, node.is_active) == (bench.workflow_id, False)
    jobs["new"] = bench.add("new")
    assert needs("new", bench) == ("default", 1, "1m")
    assert bench.conn.execute(tables.workflow.select()).all()[0].id == bench.workflow_id


def test_requirements_in_use_elsewhere_are_not_deleted(bench, other):
    wide = ResourceRequirements(workflow_id=other.workflow_id, name="wide")
    wide = crud.create(bench.conn, resources.RESOURCE_REQUIREMENTS, wide, now_ms=NOW)
    bench.add("job", resource_requirements_id=wide.id)

    crud.delete_all(bench.conn, resources.RESOURCE_REQUIREMENTS, other.workflow_id)

    assert crud.get(bench.conn, resources.RESOURCE_REQUIREMENTS, wide.id) == wide
