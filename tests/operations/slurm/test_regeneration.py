"""Whether new allocations are planned, or what an earlier call has begun is carried on."""

from __future__ import annotations

import json

import pytest
from operations.older_server import OlderServer

from torc_core.clock import SystemClock
from torc_core.config.hpc import HpcSettings
from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.host.connect import Connection
from torc_core.hpc.planning.stored import Tag
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.programs.parse import QueuedAllocation
from torc_core.hpc.slurm.programs.poller import AllocationView
from torc_core.hpc.slurm.programs.states import Phase, SlurmState
from torc_core.hpc.slurm.requests import keys_of_action
from torc_core.model.action import WorkflowAction
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.resources import SlurmScheduler
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.definition.create import create
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.reporter import SILENT, carry_out
from torc_core.operations.slurm.plan_file import PlanRequest
from torc_core.operations.slurm.regeneration.regenerate import (
    RegenerateRequest,
    propose_regenerate,
)
from torc_core.operations.slurm.regeneration.standing import (
    Standing,
    decide_course,
    missing_requests,
    unfinished_ids,
)
from torc_core.spec import parse_workflow

WORKFLOW = Workflow(id=1, name="w", user="u", timestamp="2026-01-01T00:00:00.000Z")
NEW, LATEST, NEXT = Tag(2, "1"), Tag(2, "3"), Tag(2, "4")


def scheduler(number, name):
    return SlurmScheduler(
        id=number, workflow_id=1, name=name, account="a", nodes=1, walltime="01:00:00"
    )


def action(number, scheduler_id, **fields):
    stated = {
        "trigger_type": "on_jobs_ready",
        "action_type": "schedule_nodes",
        "action_config": {"scheduler_id": scheduler_id, "num_allocations": 2},
        "trigger_count": 1,
        "executed": True,
        "is_recovery": True,
    }
    return WorkflowAction(id=number, workflow_id=1, **(stated | fields))


def key(action_id, number):
    return keys_of_action(WORKFLOW, 2, action_id, 2)[number - 1]


def record(number, scheduler_id, status="pending", request_key=None):
    return ScheduledComputeNode(
        workflow_id=1,
        scheduler_id=number,
        scheduler_config_id=scheduler_id,
        scheduler_type="slurm",
        status=status,
        request_key=request_key,
    )


def queued(number, comment, state=("PENDING", Phase.PENDING)):
    return QueuedAllocation(id=number, state=SlurmState(*state), comment=comment)


def standing(**fields):
    stated = {
        "schedulers": (
            scheduler(1, "s"),
            scheduler(2, "s_scheduler_r1_7"),
            scheduler(3, "s_scheduler_r2_3"),
            scheduler(4, "s_scheduler_r2_recover1"),
        ),
        "actions": (action(10, 1), action(11, 3), action(12, 4)),
        "records": (),
    }
    return Standing(workflow=WORKFLOW, run_id=2, **(stated | fields))


def course(call=None, *, submits=True, is_forced=False, **fields):
    return decide_course(standing(**fields), call, submits=submits, is_forced=is_forced)


def test_a_plan_without_allocations_is_made_again_under_its_own_name():
    for submits in (True, False):
        found = course(submits=submits)
        assert (found.tag, found.is_begun, found.unfinished) == (LATEST, False, ())
    assert course(schedulers=(scheduler(2, "s_scheduler_r1_7"),)).tag == NEW


def test_what_is_missing_of_a_plan_is_requested():
    one = (record(70, 3, request_key=key(11, 1)),)
    found = course(records=one)
    assert (found.tag, found.is_begun, found.unfinished) == (LATEST, True, ())
    assert missing_requests(standing(records=one), LATEST) == {3: 1}
    assert course(records=one, is_forced=True).is_begun
    unrecorded = (queued(71, key(11, 2)),)
    assert course(queue=unrecorded).is_begun
    assert missing_requests(standing(records=one, queue=unrecorded), LATEST) == {}


def test_what_waits_or_runs_is_not_planned_again_unless_it_is_forced():
    both = (record(70, 3, request_key=key(11, 1)), record(71, 3, "active", key(11, 2)))
    assert course(records=both).is_begun
    assert course(records=both, is_forced=True).tag == NEXT
    planned = course(records=both, submits=False)
    assert (planned.tag, planned.unfinished) == (NEXT, (70, 71))
    other = course(records=(*both, record(80, 1)))
    assert (other.tag, other.is_begun, other.unfinished) == (NEXT, False, (70, 71, 80))


def test_when_all_of_a_plan_are_over_what_is_left_is_planned_anew():
    over = (record(70, 3, "complete", key(11, 1)),)
    found = course(records=over)
    assert (found.tag, found.is_begun, found.unfinished) == (NEXT, False, ())


def test_a_named_call_finds_what_it_has_made_and_nothing_else():
    own = (record(70, 4, "complete", key(12, 1)),)
    found = course("recover1", records=own)
    assert (found.tag, found.is_begun) == (Tag(2, "recover1"), True)
    assert not course("recover2", records=own).is_begun
    assert course("recover1", queue=(queued(71, key(12, 2)),)).unfinished == ()
    assert course("recover2", queue=(queued(71, key(12, 2)),)).unfinished == (71,)


def test_slurm_has_the_last_word_on_what_is_unfinished():
    records = (record(70, 1), record(71, 1, "active"), record(72, 1, "complete"))
    views = {
        70: AllocationView(id=70, phase=Phase.GONE),
        71: AllocationView(id=71, phase=Phase.RUNNING),
    }
    queue = (queued(73, key(10, 1)), queued(74, key(10, 2), ("COMPLETED", Phase.ENDED)))
    assert unfinished_ids(standing(records=records, views=views, queue=queue)) == (71, 73)
    requeued = (*queue, queued(72, key(10, 2)))
    assert unfinished_ids(standing(records=records, views=views, queue=requeued)) == (71, 72, 73)


NEEDS = "resource_requirements: [{name: small, num_cpus: 1, memory: 1g, runtime: PT1M}]"
TEXT = f"""\
name: w
{NEEDS}
slurm_schedulers: [{{name: s, account: acc, walltime: "01:00:00"}}]
jobs:
  - {{name: a, command: x, resource_requirements: small}}
  - {{name: b, command: x, resource_requirements: small, depends_on: [a]}}
actions:
  - {{trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s,
     num_allocations: 1}}
"""


BARE = f"name: w\n{NEEDS}\njobs: [{{name: a, command: x, resource_requirements: small}}]\n"


@pytest.fixture
def begin(client, tmp_path, monkeypatch):
    """Create workflows at a machine without Slurm."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def begin(text=TEXT, *, is_initialized=True):
        workflow_id = create(client, parse_workflow(text), user="tester").workflow_id
        if is_initialized:
            workflow = client.get_workflow(workflow_id)
            initialize_workflow(client, workflow, SILENT, force=False)
        return workflow_id

    return begin


def propose(client, workflow_id, *, profile="kestrel", account=None, **fields):
    return propose_regenerate(
        Connection(client, is_embedded=False),
        Slurm(SystemClock(), Budget()),
        HpcSettings(),
        workflow_id,
        RegenerateRequest(plan=PlanRequest(profile=profile, account=account), **fields),
    )


def contents(client, workflow_id):
    return (
        client.list_slurm_schedulers(workflow_id).items,
        client.get_workflow_actions(workflow_id),
        client.list_jobs(workflow_id).items,
    )


def test_what_requested_nodes_is_withdrawn_and_each_job_gets_its_scheduler(client, begin):
    workflow_id = begin()
    done = carry_out(propose(client, workflow_id).proposal)
    assert (done.pending_jobs, done.allocations_deferred, done.submitted) == (2, 1, False)
    schedulers, (old, new), jobs = contents(client, workflow_id)
    ids = {each.name: each.id for each in schedulers}
    assert [each.account for each in schedulers] == ["acc"] * 3
    assert (old.executed, old.trigger_count) == (True, 0)
    assert (new.is_recovery, new.trigger_type, new.job_ids) == (
        *(True, "on_jobs_ready"),
        [jobs[1].id],
    )
    assert new.action_config["scheduler_id"] == ids["small_scheduler_r1_1_deferred"]
    assert [each.scheduler_id for each in jobs] == [
        ids["small_scheduler_r1_1"],
        ids["small_scheduler_r1_1_deferred"],
    ]
    before = contents(client, workflow_id)
    carry_out(propose(client, workflow_id).proposal)
    assert contents(client, workflow_id) == before
    carry_out(propose(client, workflow_id, account="other").proposal)
    schedulers, actions, _ = contents(client, workflow_id)
    assert [each.account for each in schedulers] == ["acc", "other", "other"]
    assert actions == before[1]


def test_a_server_that_knows_no_batches_gets_one_request_for_each_job(server, client, begin):
    workflow_id = begin()
    carry_out(propose(OlderServer(server.url), workflow_id).proposal)
    given = [each.scheduler_id for each in client.list_jobs(workflow_id).items]
    made = client.list_slurm_schedulers(workflow_id).items
    assert given == [each.id for each in made if each.name != "s"]


def test_jobs_that_are_to_be_reset_can_be_planned_for(client, begin):
    workflow_id = begin()
    first, second = client.list_jobs(workflow_id).items
    client.manage_status_change(first.id, JobStatus.CANCELED, 1)
    assert propose(client, workflow_id).nothing.sentence == (
        f"Workflow #{workflow_id} w has no pending jobs. To run the 2 jobs again that failed or "
        f"were canceled: torc workflows reset-status {workflow_id} --failed-only --reinitialize"
    )
    planned = propose(client, workflow_id, include_job_ids=(first.id, second.id)).dry_run_record
    assert json.loads(json.dumps(planned)) == planned
    assert [each["job_names"] for each in planned["planned_schedulers"]] == [["a"], ["b"]]
    with pytest.raises(NotFoundError):
        propose(client, workflow_id, include_job_ids=(10**6,))


@pytest.mark.parametrize(
    ("text", "options", "error", "said"),
    [
        (TEXT.replace(", resource_requirements: small}", "}"), {}, UsageError, "1 job has no reso"),
        (TEXT, {"profile": "nowhere"}, NotFoundError, "nowhere"),
        (TEXT, {"profile": None}, NotFoundError, "no Slurm here to make one from"),
        (TEXT, {"account": "a b"}, UsageError, "account is not valid"),
        (TEXT.replace("memory: 1g", "memory: 900000g"), {}, UsageError, "large enough"),
        (BARE, {}, UsageError, "No Slurm account is named"),
    ],
)
def test_what_cannot_be_planned_changes_nothing(client, begin, text, options, error, said):
    workflow_id = begin(text)
    before = contents(client, workflow_id)
    with pytest.raises(error, match=said):
        propose(client, workflow_id, **options)
    assert contents(client, workflow_id) == before


def test_what_cannot_run_is_refused(client, begin):
    with pytest.raises(NotFoundError):
        propose(client, 10**6)
    workflow_id = begin(is_initialized=False)
    proposed = propose(client, workflow_id)
    assert proposed.dry_run_record["pending_jobs"] == 2
    before = contents(client, workflow_id)
    for force in (False, True):
        with pytest.raises(ConflictError, match="2 jobs that are not initialized"):
            carry_out(proposed.proposal, force=force)
    assert contents(client, workflow_id) == before
    client.cancel_workflow(workflow_id)
    with pytest.raises(ConflictError, match="canceled"):
        propose(client, workflow_id)
    client.archive_workflow(workflow_id, is_archived=True)
    with pytest.raises(ConflictError, match="archived"):
        propose(client, workflow_id)
