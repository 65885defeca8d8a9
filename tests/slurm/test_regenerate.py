"""New allocations for the jobs that are left, planned once."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slurm.submissions import Desk
from waiting import wait_for

from torc_core.config.hpc import HpcSettings
from torc_core.host.connect import Connection
from torc_core.operations.definition.create import create
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.reporter import SILENT, carry_out
from torc_core.operations.slurm.regeneration.regenerate import RegenerateRequest, propose_regenerate
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.spec import parse_workflow

DYING = [sys.executable, str(Path(__file__).parents[1] / "dying.py"), "regenerate"]
LEFT = """\
name: left
resource_requirements:
  - {name: small, num_cpus: 1, memory: 50m, runtime: PT1M}
  - {name: other, num_cpus: 1, memory: 60m, runtime: PT1M}
slurm_defaults: {DEFAULTS}
slurm_schedulers: [{name: s, account: project, walltime: "00:10:00", mem: 100M}]
jobs:
  - {name: a, command: "true", resource_requirements: small}
  - {name: b, command: "true", resource_requirements: other}
  - {name: c, command: "true", resource_requirements: small, depends_on: [a]}
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: s,
     num_allocations: 2}
"""
HELD = LEFT.replace("DEFAULTS", "hold: true")
"""Its allocations never start."""
FREE = LEFT.replace("{DEFAULTS}", "{}")


def begin(desk: Desk, text: str) -> int:
    """Create and initialize a workflow, and submit nothing of it."""
    workflow_id = create(desk.client, parse_workflow(text), user="tester").workflow_id
    initialize_workflow(desk.client, desk.client.get_workflow(workflow_id), SILENT, force=False)
    return workflow_id


def names(desk: Desk, workflow_id: int) -> Counter[str | None]:
    """Return the schedulers of which allocations are recorded, with their numbers."""
    found = {each.id: each.name for each in desk.client.list_slurm_schedulers(workflow_id).items}
    return Counter(found[each.scheduler_config_id] for each in desk.records(workflow_id))


def test_what_is_left_gets_nodes_of_its_own_and_completes(desk):
    workflow_id = begin(desk, FREE)
    answer = desk.torc("-f", "json", "slurm", "regenerate", workflow_id, "--submit")
    done = answer.json
    assert (done["pending_jobs"], done["total_allocations"]) == (3, 3)
    assert (done["allocations_submitted"], done["allocations_deferred"]) == (2, 1)
    assert [(each["name"], each["has_dependencies"]) for each in done["schedulers_created"]] == [
        ("small_scheduler_r1_1", False),
        ("other_scheduler_r1_1", False),
        ("small_scheduler_r1_1_deferred", True),
    ]
    desk.wait_for_completion(workflow_id)
    wait_for(lambda: len(desk.records(workflow_id)) == 3, "the nodes of the job that waits", 250)
    assert names(desk, workflow_id) == {each["name"]: 1 for each in done["schedulers_created"]}
    ids = {each["name"]: each["id"] for each in done["schedulers_created"]}
    jobs = {job.name: job.scheduler_id for job in desk.client.list_jobs(workflow_id).items}
    assert jobs["c"] == ids["small_scheduler_r1_1_deferred"]
    wait_for(lambda: not desk.queued(workflow_id, "PENDING", "RUNNING"), "its workers to end", 250)
    again = desk.torc("slurm", "regenerate", workflow_id, "--submit")
    assert again.code == 0, again.err
    assert "has no pending jobs" in again.out
    assert len(desk.records(workflow_id)) == 3


def test_whenever_a_call_is_killed_the_next_one_makes_no_second_set(desk):
    with ThreadPoolExecutor(4) as pool:
        were_killed = list(pool.map(lambda step: repeat_killed(desk, step), range(1, 18)))
    assert were_killed == [True] * 16 + [False]


def repeat_killed(desk: Desk, step: int) -> bool:
    """Kill a call at a step and repeat it; return whether it was killed, and not done before."""
    call = None if step % 2 else "recover1"
    workflow_id = begin(desk, HELD)
    output = str(desk.directory / "output")
    died = subprocess.run(
        [*DYING, str(step), desk.client.url, str(workflow_id), output, call or ""],
        cwd=desk.directory,
        timeout=250,
        check=False,
    )
    assert died.returncode in {0, -signal.SIGKILL}
    proposed = propose_regenerate(
        Connection(desk.client, is_embedded=False),
        desk.programs,
        HpcSettings(),
        workflow_id,
        RegenerateRequest(site=SiteOptions(output_dir=output), call=call),
    )
    carry_out(proposed.proposal)
    tag = f"r1_{call or 1}"
    expected = {f"small_scheduler_{tag}": 1, f"other_scheduler_{tag}": 1}
    assert names(desk, workflow_id) == expected, f"killed at step {step}"
    queued = set(desk.queued(workflow_id, "PENDING"))
    assert queued == {each.scheduler_id for each in desk.records(workflow_id)}
    kept = [
        each
        for each in desk.client.get_workflow_actions(workflow_id)
        if not each.executed or each.trigger_count >= each.required_triggers
    ]
    assert [each.is_recovery for each in kept] == [True] * 3, f"killed at step {step}"
    desk.programs.cancel(queued)
    return died.returncode != 0


def test_nothing_is_planned_beside_allocations_that_wait_unless_it_is_forced(desk):
    workflow_id = begin(desk, HELD)
    assert desk.torc("submit", workflow_id).code == 0
    first = desk.queued(workflow_id, "PENDING")
    refused = desk.torc("slurm", "regenerate", workflow_id, "--submit")
    assert (refused.code, refused.out) == (5, "")
    assert "has 2 Slurm allocations that may still run its jobs" in refused.err
    assert all(str(each) in refused.err for each in first)
    assert len(desk.client.list_slurm_schedulers(workflow_id).items) == 1
    forced = desk.torc("slurm", "regenerate", workflow_id, "--submit", "--force")
    assert forced.code == 0, forced.err
    assert names(desk, workflow_id) == {
        "s": 2,
        "small_scheduler_r1_1": 1,
        "other_scheduler_r1_1": 1,
    }
    desk.programs.cancel(first)
    desk.programs.cancel(set(desk.queued(workflow_id, "PENDING")))
    wait_for(lambda: not desk.queued(workflow_id, "PENDING", "COMPLETING"), "them to end")
    after = desk.torc("slurm", "regenerate", workflow_id, "--submit")
    assert after.code == 0, after.err
    assert "Created 3 schedulers for 3 pending jobs" in after.out
    assert names(desk, workflow_id)["small_scheduler_r1_2"] == 1
    # Neither does a submission bring back what was replaced.
    submitted = desk.torc("submit", workflow_id)
    assert submitted.code == 0, submitted.err
    assert len(desk.records(workflow_id)) == 6


def test_a_plan_can_be_requested_later_and_a_dry_run_changes_nothing(desk):
    workflow_id = begin(desk, HELD)
    before = desk.client.get_workflow_actions(workflow_id)
    shown = desk.torc("-f", "json", "slurm", "regenerate", workflow_id, "--submit", "--dry-run")
    plan = shown.json
    assert (plan["dry_run"], plan["would_submit"], plan["pending_jobs"]) == (True, True, 3)
    assert plan["profile_name"]
    assert [(each["job_names"], each["account"]) for each in plan["planned_schedulers"]] == [
        (["a"], "project"),
        (["b"], "project"),
        (["c"], "project"),
    ]
    assert desk.client.get_workflow_actions(workflow_id) == before
    assert len(desk.client.list_slurm_schedulers(workflow_id).items) == 1
    assert not (desk.directory / "output").exists()
    created = desk.torc("slurm", "regenerate", workflow_id)
    assert created.code == 0, created.err
    assert "not requested: 1 allocation of 1 node" in created.err
    assert f"torc slurm regenerate {workflow_id} --submit" in created.out
    assert desk.queued(workflow_id) == []
    submitted = desk.torc("submit", workflow_id)
    assert submitted.code == 5
    assert f"Workflow {workflow_id} requests no nodes now" in submitted.err
    assert f"torc slurm regenerate {workflow_id} --submit" in submitted.err
    assert desk.queued(workflow_id) == []
    requested = desk.torc("slurm", "regenerate", workflow_id, "--account", "other", "--submit")
    assert requested.code == 0, requested.err
    assert len(desk.queued(workflow_id, "PENDING")) == 2
    assert len(desk.client.list_slurm_schedulers(workflow_id).items) == 4


def test_when_slurm_refuses_it_the_line_that_goes_on_keeps_its_options(desk):
    workflow_id = begin(desk, LEFT.replace("DEFAULTS", 'extra: "-C nothing"'))
    words = ("regenerate", str(workflow_id), "--account", "other", "--group-by", "partition")

    refused = desk.torc("slurm", *words, "--submit")

    assert refused.code == 2, refused.err
    line = f"torc slurm {' '.join(words)} --submit"
    assert refused.err.rstrip().endswith(f"To go on: {line}")


def test_without_slurm_nothing_is_made(desk, tmp_path):
    workflow_id = begin(desk, HELD)
    (tmp_path / "empty").mkdir()
    empty = str(tmp_path / "empty")
    refused = desk.torc("slurm", "regenerate", workflow_id, "--submit", PATH=empty)
    assert (refused.code, refused.out) == (9, "")
    assert "There is no squeue on PATH" in refused.err
    unknown = desk.torc("slurm", "regenerate", workflow_id, PATH=empty)
    assert unknown.code != 0
    assert "no Slurm here to make one from" in unknown.err
    planned = desk.torc("slurm", "regenerate", workflow_id, "--profile", "kestrel", PATH=empty)
    assert planned.code == 0, planned.err
