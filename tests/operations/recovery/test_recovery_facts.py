"""What a recovery is planned from, at a real server, and what comes of carrying it out."""

from __future__ import annotations

import pytest

from tests.operations.situations import node_here
from torc_core.clock import utc_now
from torc_core.model.ids import id_of
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import LOST_RETURN_CODE, Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import begin_run, initialize_workflow
from torc_core.operations.recovery.facts import read_facts
from torc_core.operations.recovery.options import RecoveryOptions
from torc_core.operations.recovery.plan import WhyNot
from torc_core.operations.recovery.planning import make_recovery_plan


class Flow:
    """A workflow whose jobs end as a test wants them to."""

    def __init__(self, client) -> None:
        self.client = client
        self.id = client.create_workflow(Workflow(name="recovered", user="tester")).id
        self.node = client.create_compute_node(node_here(self.id)).id

    def needs(self, name, memory="8g", runtime="PT1H") -> int:
        record = ResourceRequirements(
            workflow_id=self.id, name=name, memory=memory, runtime=runtime
        )
        return id_of(self.client.create_resource_requirements(record))

    def add(self, name, needs=None, after=()) -> int:
        job = Job(
            workflow_id=self.id,
            name=name,
            command="true",
            resource_requirements_id=needs,
            depends_on_job_ids=list(after),
        )
        return id_of(self.client.create_job(job))

    def begin(self) -> None:
        initialize_workflow(self.client, self.id)
        for job in self.client.claim_next_jobs(self.id, 100).jobs:
            self.client.start_job(job.id, 1, self.node)

    def end(
        self, job_id, status, code, *, minutes=1.0, peak=None, run_id=1, completed=None
    ) -> None:
        result = Result(
            job_id=job_id,
            workflow_id=self.id,
            run_id=run_id,
            compute_node_id=self.node,
            return_code=code,
            exec_time_minutes=minutes,
            completion_time=completed or utc_now(),
            status=status,
            peak_memory_bytes=peak,
        )
        self.client.complete_job(job_id, status, run_id, result)

    def plan(self, **options):
        return make_recovery_plan(read_facts(self.client, self.id), RecoveryOptions(**options))

    def raise_requirements(self, plan) -> None:
        for each in plan.raises:
            self.client.update_resource_requirements(each.requirements_id, each.patch)

    def requirements(self) -> dict[str, tuple[str, str]]:
        page = self.client.list_resource_requirements(self.id)
        return {each.name: (each.memory, each.runtime) for each in page.items}


@pytest.fixture
def flow(client):
    flow = Flow(client)
    yield flow
    client.delete_workflow(flow.id)  # others at this server expect to be alone in lists


def test_failures_are_planned_by_cause_and_the_bug_is_left(flow):
    train, other = flow.needs("train"), flow.needs("other")
    memory, time = flow.add("memory", train), flow.add("time", other)
    lost, stopped, bug = (flow.add(name, other) for name in ("lost", "stopped", "bug"))
    done = flow.add("done", train)
    flow.add("after", train, after=[memory])
    flow.add("after_bug", other, after=[bug])
    flow.begin()
    flow.end(memory, JobStatus.FAILED, 137, peak=2**30)
    flow.end(time, JobStatus.TERMINATED, 152, minutes=60)
    flow.end(lost, JobStatus.FAILED, LOST_RETURN_CODE, minutes=59.9)
    flow.end(stopped, JobStatus.TERMINATED, 143, minutes=59)
    flow.end(bug, JobStatus.FAILED, 1)
    flow.end(done, JobStatus.COMPLETED, 0)

    plan = flow.plan()

    assert plan.reset == (memory, time, lost, stopped)
    assert (plan.oom_fixed, plan.timeout_fixed, plan.cluster_retried) == (1, 1, 2)
    refused = [(group.why_not, group.job_ids) for group in plan.groups if group.why_not]
    assert refused == [(WhyNot.UNKNOWN, (bug,))]
    assert [(each.name, each.memory, each.runtime, each.num_sharing) for each in plan.raises] == [
        ("train", "12g", None, 1),
        ("other", None, "PT1H24M", 4),
    ]
    assert plan.run_id == 1


def test_carrying_a_plan_out_twice_is_the_same_and_planning_again_raises_nothing(flow):
    train = flow.needs("train")
    memory, time = flow.add("memory", train), flow.add("time", train)
    flow.begin()
    flow.end(memory, JobStatus.FAILED, 137, peak=2**30)
    flow.end(time, JobStatus.TERMINATED, 152, minutes=59.8)
    plan = flow.plan()

    flow.raise_requirements(plan)
    flow.raise_requirements(plan)
    again = flow.plan()

    assert flow.requirements()["train"] == ("12g", "PT1H24M")
    assert (again.reset, again.raises) == ((memory, time), ())


def test_an_attempt_of_a_later_run_calls_for_a_raise_though_the_clock_of_its_node_is_behind(flow):
    job = flow.add("memory", flow.needs("train"))
    flow.begin()
    flow.end(job, JobStatus.FAILED, 137)
    flow.raise_requirements(flow.plan())
    begin_run(flow.client, flow.id, 2)
    assert flow.plan().raises == ()

    flow.client.manage_status_change(job, "ready", 2)
    flow.end(job, JobStatus.FAILED, 137, run_id=2, completed="2020-01-01T00:00:00.000Z")

    assert [each.memory for each in flow.plan().raises] == ["18g"]


def test_what_was_reset_is_no_failure_any_more(flow):
    job = flow.add("memory", flow.needs("train"))
    flow.begin()
    flow.end(job, JobStatus.TERMINATED, 137)
    assert flow.plan().reset == (job,)

    flow.client.reset_job_status(flow.id, failed_only=True)

    plan = flow.plan()
    assert (plan.groups, plan.raises) == ((), ())
