"""Creating, changing and deleting jobs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from server.rules.bench import NOW

from torc_core.errors import NotFoundError, TransitionError, UsageError
from torc_core.model.job import JobPatch
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_server.queries.jobs import (
    JobFilter,
    list_job_dependencies,
    list_job_file_relationships,
    list_job_ids,
    list_job_user_data_relationships,
    list_jobs,
)
from torc_server.records.pages import Paging
from torc_server.rules import creation
from torc_server.rules.attempts.claims import claim_next_jobs
from torc_server.rules.creation import create_jobs
from torc_server.rules.editing import delete_job, delete_jobs, update_job
from torc_server.rules.jobs import get_job
from torc_server.rules.large.deletion import delete_workflow
from torc_server.rules.workflows import create_workflow
from torc_server.storage import tables


def page(bench, paging=None, *, include_relationships=False, **wanted):
    return list_jobs(
        bench.conn,
        bench.workflow_id,
        JobFilter(**wanted),
        paging or Paging(),
        include_relationships=include_relationships,
    )


def listed(bench, **wanted):
    return [job.name for job in page(bench, **wanted).items]


def test_jobs_are_created_in_order_with_the_default_requirements(bench):
    jobs = create_jobs(bench.conn, [bench.job(name) for name in "cab"])
    assert [job.name for job in jobs] == ["c", "a", "b"]
    assert [job.id for job in jobs] == sorted(job.id for job in jobs)
    assert {job.status for job in jobs} == {"uninitialized"}
    (default,) = bench.conn.execute(tables.resource_requirements.select())
    assert {job.resource_requirements_id for job in jobs} == {default.id}
    assert (default.name, default.memory_bytes, default.runtime_s) == ("default", 2**20, 60)


def test_a_job_comes_back_as_it_was_created(bench):
    first, data, value = bench.add("first"), bench.file("data"), bench.user_data("value")
    wanted = bench.job(
        "job",
        depends_on_job_ids=[first],
        input_file_ids=[data],
        output_file_ids=[],
        input_user_data_ids=[],
        output_user_data_ids=[value],
        invocation_script="run.sh",
        priority=3,
    )
    (job_id,) = bench.create(wanted)
    stored = get_job(bench.conn, job_id)
    assert stored == replace(
        wanted,
        id=job_id,
        status=stored.status,
        resource_requirements_id=stored.resource_requirements_id,
    )


def test_no_jobs_are_no_problem(bench):
    assert create_jobs(bench.conn, []) == []


@pytest.mark.parametrize(
    "field",
    ["depends_on_job_ids", "input_file_ids", "output_user_data_ids", "resource_requirements_id"],
)
@pytest.mark.parametrize("strange", [999, 0, -9])
def test_what_is_not_in_the_workflow_is_refused_by_its_id(bench, field, strange):
    value = strange if field.endswith("requirements_id") else [strange]
    with pytest.raises(UsageError, match=str(strange)):
        bench.create(bench.job(**{field: value}))
    assert bench.count(tables.job) == 0


def test_things_of_another_workflow_are_not_in_this_one(bench):
    mine = bench.add("mine")
    other = create_workflow(bench.conn, Workflow(name="o", user="u"), now_ms=NOW)
    with pytest.raises(UsageError, match=f"no job {mine}"):
        create_jobs(
            bench.conn, [replace(bench.job(depends_on_job_ids=[mine]), workflow_id=other.id)]
        )
    with pytest.raises(UsageError, match="2 workflows"):
        create_jobs(bench.conn, [bench.job(), replace(bench.job(), workflow_id=other.id)])


def test_too_many_jobs_and_strange_workflows_are_refused(bench):
    with pytest.raises(UsageError, match="too many"):
        bench.create(*[bench.job()] * (creation.MAX_JOBS + 1))
    with pytest.raises(NotFoundError):
        create_jobs(bench.conn, [replace(bench.job(), workflow_id=999)])


def test_lists_filter_sort_and_page(bench):
    first = bench.add("First")
    data = bench.file("data")
    bench.create(
        replace(bench.job("second", depends_on_job_ids=[first]), command="echo 100%"),
        bench.job("third", input_file_ids=[data]),
    )
    bench.initialize()
    assert listed(bench) == ["First", "second", "third"]
    assert listed(bench, status="ready") == ["First", "third"]
    assert listed(bench, status="ready,blocked") == ["First", "second", "third"]
    assert listed(bench, name="FIR") == ["First"]
    assert listed(bench, command="0%") == ["second"]
    assert listed(bench, command="1_0") == []
    assert listed(bench, upstream_job_id=first) == ["second"]
    assert listed(bench, needs_file_id=data) == ["third"]
    bench.claim(1)
    assert listed(bench, active_compute_node_id=bench.node_id) == ["First"]
    part = page(bench, Paging(offset=1, limit=1, sort_by="name", reverse_sort=True))
    assert [job.name for job in part.items] == ["second"]
    assert (part.count, part.total_count, part.has_more) == (1, 3, True)
    with pytest.raises(UsageError, match="Unknown job status 'dead'"):
        listed(bench, status="dead")
    with pytest.raises(UsageError, match="to sort by"):
        page(bench, Paging(sort_by="id; DROP TABLE job"))


def test_relationships_are_listed_on_request(bench):
    first = bench.add("first")
    bench.add("second", [first])
    assert page(bench).items[1].depends_on_job_ids is None
    assert page(bench, include_relationships=True).items[1].depends_on_job_ids == [first]


def test_edges_are_listed_job_by_job(bench):
    first, second = bench.add("a"), bench.add("b")
    third, fourth = bench.add("c", [first, second]), bench.add("d", [first, second])
    edges = list_job_dependencies(bench.conn, bench.workflow_id, Paging(offset=1, limit=2))
    assert [(edge.job_id, edge.depends_on_job_name) for edge in edges.items] == [
        (third, "b"),
        (fourth, "a"),
    ]
    assert (edges.total_count, edges.has_more) == (4, True)


def test_files_and_user_data_are_listed_between_their_jobs(bench):
    data, lonely, value = bench.file("data"), bench.file("lonely"), bench.user_data("value")
    writer = bench.add("writer", output_file_ids=[data], output_user_data_ids=[value])
    reader = bench.add("reader", input_file_ids=[data])
    files = list_job_file_relationships(bench.conn, bench.workflow_id, Paging())
    assert [(f.file_id, f.producer_job_id, f.consumer_job_name) for f in files.items] == [
        (data, writer, "reader"),
        (lonely, None, None),
    ]
    assert files.items[0].consumer_job_id == reader
    values = list_job_user_data_relationships(bench.conn, bench.workflow_id, Paging())
    assert [(v.user_data_name, v.producer_job_id) for v in values.items] == [("value", writer)]


def test_an_uninitialized_job_may_change_and_others_only_where_it_is_harmless(bench):
    first, second = bench.add("first"), bench.add("second")
    update = {"conn": bench.conn, "job_id": second, "now_ms": NOW}
    changed = update_job(
        patch=JobPatch(name="later", command="false", depends_on_job_ids=[first]), **update
    )
    assert (changed.name, changed.depends_on_job_ids) == ("later", [first])
    bench.initialize()
    assert update_job(patch=JobPatch(name="later", priority=2), **update).priority == 2
    with pytest.raises(
        TransitionError, match="is blocked; name can only be changed while a job is uninitialized"
    ):
        update_job(patch=JobPatch(name="other"), **update)


def test_impossible_changes_are_refused(bench):
    job = bench.add("job")
    data = bench.file("data")
    for patch, problem in (
        (JobPatch(depends_on_job_ids=[job]), "cannot depend on itself"),
        (JobPatch(depends_on_job_ids=[999]), "no job 999"),
        (JobPatch(input_file_ids=[data]), "input_file_ids"),
        (JobPatch(status=JobStatus.COMPLETED), "cannot be set to completed"),
        (JobPatch(resource_requirements_id=999), "no resource requirements 999"),
        (JobPatch(priority=-1), "priority"),
    ):
        with pytest.raises(UsageError, match=problem):
            update_job(bench.conn, job, patch, now_ms=NOW)


def test_a_disabled_job_is_left_out(bench):
    first = bench.add("first")
    second = bench.add("second", [first])
    update_job(bench.conn, first, JobPatch(status=JobStatus.DISABLED), now_ms=NOW)
    assert bench.events()[-1][1]["action"] == "disable_job"
    bench.initialize()
    assert bench.claimed_ids() == [second]
    bench.end(second)
    assert bench.turn().is_complete


def test_deleting_a_job_frees_those_that_wait_for_it(bench):
    first = bench.add("first")
    bench.add("second", [first])
    bench.initialize()
    assert delete_job(bench.conn, first, now_ms=NOW).name == "first"
    assert bench.statuses() == {"second": "ready"}
    assert bench.event_types()[-2:] == ["job_ready", "user_action"]
    assert bench.count(tables.dependency_set_member) == 0
    with pytest.raises(NotFoundError):
        delete_job(bench.conn, first, now_ms=NOW)


@pytest.mark.parametrize("claimed_by", ["a runner", "a client of the reference"])
def test_a_held_job_is_not_deleted(bench, claimed_by):
    job = bench.add("job")
    bench.initialize()
    if claimed_by == "a runner":
        bench.claim()
    else:
        claim_next_jobs(bench.conn, bench.workflow_id, now_ms=NOW)
    with pytest.raises(TransitionError, match="is pending"):
        delete_job(bench.conn, job, now_ms=NOW)


def everything(bench):
    """Fill every table that belongs to a workflow with something."""
    data, value = bench.file("data"), bench.user_data("value")
    first = bench.add("first", output_file_ids=[data], output_user_data_ids=[value])
    bench.add("second", input_file_ids=[data], input_user_data_ids=[value])
    bench.initialize()
    bench.run(first)


def test_deleting_all_jobs_leaves_the_rest(bench):
    everything(bench)
    assert delete_jobs(bench.conn, bench.workflow_id) == 2
    assert list_job_ids(bench.conn, bench.workflow_id).count == 0
    assert bench.count(tables.dependency_set) == 0
    assert bench.count(tables.file) == 1


def test_deleting_a_workflow_leaves_nothing_of_it_and_others_alone(bench):
    other = create_workflow(bench.conn, Workflow(name="o", user="u"), now_ms=NOW)
    everything(bench)
    delete_workflow(bench.conn, bench.workflow_id)
    left = {table.name: bench.count(table) for table in tables.workflow.metadata.sorted_tables}
    assert {name: count for name, count in left.items() if count} == {
        "workflow": 1,
        "resource_requirements": 1,
    }
    with pytest.raises(NotFoundError):
        delete_workflow(bench.conn, bench.workflow_id)
    delete_workflow(bench.conn, other.id)
