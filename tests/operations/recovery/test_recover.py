"""Recovering a workflow that runs without Slurm: what is refused, and what is done once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace
from operations.recovery.failed_workflow import FailedWorkflow
from operations.recovery.wanted import fall_silent, request

from tests.operations.situations import node_here
from torc_core.clock import SystemClock
from torc_core.errors import ConflictError, MachineError, NotFoundError, UsageError
from torc_core.host.connect import Connection
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.compute import (
    ComputeNodePatch,
    ScheduledComputeNode,
    ScheduledComputeNodePatch,
)
from torc_core.model.records.recovery import RecoveryKind, RecoveryOutcome
from torc_core.model.resources import SlurmScheduler
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.initialize import initialize_workflow
from torc_core.operations.recovery.procedure.outcome import Verdict
from torc_core.operations.recovery.record import begin_recovery, read_recoveries
from torc_core.operations.recovery.recover import Turn, preview_recover, propose_recover, recover
from torc_core.operations.reporter import SILENT

DYING = [sys.executable, str(Path(__file__).parents[2] / "dying.py"), "recover"]
RAISED = {"small": ("75m", "PT2M"), "short": ("50m", "PT3M")}
AFTERWARDS = {
    "fine": "completed",
    "large": "ready",
    "long": "ready",
    "bug": "failed",
    "after": "blocked",
}


@pytest.fixture
def call(client, tmp_path, monkeypatch):
    """Call one of the operations as a user without Slurm."""
    monkeypatch.chdir(tmp_path)
    slurm = Slurm(SystemClock(), Budget(), environ={"PATH": "/nowhere"})

    def ask(operation, workflow_id, *, hook=None, pause=None, **options):
        wanted = request(workflow_id, "output", hook)
        wanted = replace(wanted, options=replace(wanted.options, **options))
        waiting = {} if pause is None else {"pause": pause}
        return operation(Connection(client, is_embedded=False), slurm, wanted, **waiting)

    return ask


def test_what_lacked_something_is_reset_with_more_and_the_rest_is_left(client, call):
    failed = FailedWorkflow(client)
    preview = call(preview_recover, failed.id)
    assert failed.run_id == 1
    assert read_recoveries(client, failed.id) == []

    done = call(recover, failed.id)

    assert (failed.requirements, failed.statuses, failed.run_id) == (RAISED, AFTERWARDS, 2)
    assert done.run is not None
    assert preview.record.result == done.record.result
    assert done.lines == (
        f"Recovery complete for workflow {failed.id}",
        "  - 1 job(s) had memory increased",
        "  - 1 job(s) had runtime increased",
        "  - 1 job(s) not retried",
        "Reset 2 job(s). Its run on this machine begins.",
    )
    [kept] = read_recoveries(client, failed.id)
    assert (kept.outcome, kept.step, kept.number, kept.run_id) == ("done", "submit", 1, 1)


def test_whenever_it_is_killed_the_next_one_continues_and_repeats_nothing(
    server, client, call, tmp_path
):
    hook = tmp_path / "hook.sh"
    hook.write_text("#!/bin/sh\necho $1 >> hooked\n")
    hook.chmod(0o755)
    for step in count(1):
        failed = FailedWorkflow(client)
        died = subprocess.run(
            [*DYING, str(step), server.url, str(failed.id), "output", str(hook)],
            cwd=tmp_path,
            env=os.environ | {"PATH": f"{os.environ['PATH']}:/nowhere"},
            timeout=100,
            check=False,
        )
        is_killed = died.returncode == -signal.SIGKILL
        assert is_killed or died.returncode == 0
        if is_killed:
            fall_silent(server.database)
            call(recover, failed.id, hook=str(hook))
        after = AFTERWARDS | {"bug": "ready"}
        assert (failed.requirements, failed.statuses, failed.run_id) == (RAISED, after, 2), step
        [kept] = read_recoveries(client, failed.id)
        assert (kept.outcome, kept.step) == ("done", "submit"), step
        hooked = (tmp_path / "hooked").read_text().split().count(str(failed.id))
        assert 1 <= hooked <= 2
        if not is_killed:
            break
    assert step > 8


def test_what_others_have_run_meanwhile_does_not_run_again(client, call, leave, server):
    failed = FailedWorkflow(client, {"large": 137})
    leave(failed, "hook")
    client.reset_workflow_status(failed.id)
    initialize_workflow(client, failed.id)
    failed.end("large", 0, run_id=2)
    failed.end("after", 0, run_id=2)
    fall_silent(server.database)
    done = call(recover, failed.id)
    assert done.run is None
    assert done.sentence.endswith("Reset 1 job(s). No job is left to run.")
    assert set(failed.statuses.values()) == {"completed"}
    assert failed.run_id == 2


@pytest.fixture
def leave(client, call):
    """Leave the recovery of a workflow behind after a step, and return who holds it."""

    def leave(failed, step):
        plan = call(preview_recover, failed.id).plan
        stored = {"recovery": plan, "hook": None, "is_local": True, "begins_run": True}
        held = begin_recovery(client, failed.id, RecoveryKind.RECOVER, 1, 1, stored)
        held.step(step)
        return held

    return leave


def test_what_a_user_has_had_run_again_meanwhile_is_not_reset(client, call, leave, server):
    failed = FailedWorkflow(client, {"large": 137, "long": 152})
    leave(failed, "hook")
    client.manage_status_change(failed.jobs["large"], "ready", 1)
    failed.end("large", 0, attempt_id=2)
    client.delete_job(failed.jobs["after"])
    fall_silent(server.database)

    done = call(recover, failed.id)

    assert failed.statuses == {"large": "completed", "long": "ready"}
    assert (done.reset_jobs, failed.run_id) == (1, 2)


def test_a_workflow_that_was_canceled_meanwhile_stays_canceled(client, call, tmp_path):
    failed = FailedWorkflow(client)
    cancel = f"import sys; from torc_core.client import TorcClient as T; T({client.url!r})"
    hook = tmp_path / "hook.py"
    hook.write_text(f"{cancel}.cancel_workflow(int(sys.argv[1]))\n")
    with pytest.raises(ConflictError, match="is canceled"):
        call(recover, failed.id, hook=f"{sys.executable} {hook}")
    assert client.get_workflow_status(failed.id).is_canceled
    assert failed.run_id == 1
    assert [each.outcome for each in read_recoveries(client, failed.id)] == ["failed"]


@pytest.mark.parametrize("outcome", ["failed", "done", "abandoned"])
def test_what_another_has_ended_meanwhile_is_not_said_to_be_done(client, call, leave, outcome):
    failed = FailedWorkflow(client)
    other = leave(failed, "adjust")

    def end(_pause):
        other.end(RecoveryOutcome(outcome), "The hook failed.")

    with pytest.raises(ConflictError, match=f"as {outcome}: The hook failed"):
        call(recover, failed.id, pause=end)
    assert failed.run_id == 1


def test_a_terminated_job_that_is_not_to_be_retried_stays_so(client, call):
    failed = FailedWorkflow(client, {"large": 137, "long": 152}, JobStatus.TERMINATED)
    done = call(recover, failed.id, max_runtime_s=120)
    assert done.lines[-2:] == (
        "  - 1 job(s) not retried",
        "Reset 1 job(s). Its run on this machine begins.",
    )
    assert failed.statuses == {"large": "ready", "long": "terminated", "after": "blocked"}


def test_one_that_is_alive_is_not_disturbed(server, client, call):
    failed = FailedWorkflow(client)
    plan = call(propose_recover, failed.id)
    first = begin_recovery(client, failed.id, RecoveryKind.RECOVER, 1, 1, {})
    looks = count()

    def renew(_pause):
        next(looks)
        first.check()

    with pytest.raises(ConflictError, match="is being recovered by"):
        call(recover, failed.id, pause=renew)
    with pytest.raises(ConflictError, match="is being recovered already"):
        plan.perform(SILENT, force=False)
    assert next(looks) == 1
    assert failed.run_id == 1

    def be_silent(_pause):
        fall_silent(server.database)

    call(recover, failed.id, pause=be_silent)  # the plan of the first one cannot be read
    assert failed.requirements == RAISED
    assert [each.outcome for each in read_recoveries(client, failed.id)] == ["done", "abandoned"]


def test_what_was_decided_about_one_run_is_not_done_in_the_next(client, call):
    failed = FailedWorkflow(client)
    call(recover, failed.id)
    failed.end("large", 137, run_id=2)
    with pytest.raises(ConflictError, match="Run 2 of workflow"):
        call(partial(recover, turn=Turn(1, 2)), failed.id)


def test_of_many_at_once_one_recovers(server, client, tmp_path):
    failed = FailedWorkflow(client)
    started = [
        subprocess.Popen(
            [*DYING, "0", server.url, str(failed.id), "output"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=100)[1] for process in started]
    assert failed.requirements == RAISED
    assert (failed.statuses, failed.run_id) == (AFTERWARDS, 2), said
    first, *rest = read_recoveries(client, failed.id)[::-1]
    assert first.outcome == "done"
    # Who came later found a workflow without a worker, as here none was started.
    assert {each.plan["begins_run"] for each in rest} <= {False}


def test_a_hook_that_fails_stops_it_and_the_next_one_begins_again(client, call, tmp_path):
    failed = FailedWorkflow(client)
    with pytest.raises(MachineError, match="failed with exit code 1, so nothing was reset"):
        call(recover, failed.id, hook="false")
    assert (failed.requirements, failed.run_id) == (RAISED, 1)
    with pytest.raises(MachineError, match="there is no program"):
        call(recover, failed.id, hook="./absent.sh")
    assert [each.outcome for each in read_recoveries(client, failed.id)] == ["failed"]

    call(recover, failed.id)

    assert (failed.requirements, failed.statuses, failed.run_id) == (RAISED, AFTERWARDS, 2)


def test_a_hook_may_change_requirements(client, call, monkeypatch, server, tmp_path):
    failed = FailedWorkflow(client)
    hook = tmp_path / "hook.sh"
    update = f"{sys.executable} -m torc_tui resource-requirements update"
    hook.write_text(f"#!/bin/sh\n{update} {failed.needs['small']} --num-cpus 2 --memory 80m\n")
    hook.chmod(0o755)
    call(recover, failed.id, hook=str(hook))
    assert failed.requirements == RAISED | {"small": ("80m", "PT2M")}
    assert set(failed.statuses.values()) == {"completed", "ready", "blocked"}


def test_caps_keep_jobs_from_being_retried(client, call):
    failed = FailedWorkflow(client)
    done = call(recover, failed.id, max_memory_bytes=50 * 2**20, max_runtime_s=150)
    assert failed.requirements == {"small": ("50m", "PT2M"), "short": ("50m", "PT2M30S")}
    assert failed.statuses == AFTERWARDS | {"large": "failed"}
    assert done.plan.other_failures == 2


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_what_a_recovery_has_left_alone_is_retried_by_the_next_for_what_it_lacked(
    server, client, call, is_forgotten
):
    failed = FailedWorkflow(client)
    call(recover, failed.id, max_memory_bytes=50 * 2**20)
    failed.end("long", 0, run_id=2)
    assert failed.run_id == 2
    results = client.list_results(failed.id, status=JobStatus.FAILED).items
    assert {result.job_id for result in results} == {failed.jobs["large"], failed.jobs["bug"]}
    if is_forgotten:  # as by servers of the reference
        with closing(sqlite3.connect(server.database)) as database, database:
            database.execute("DELETE FROM workflow_result WHERE workflow_id = ?", (failed.id,))

    done = call(recover, failed.id)

    assert done.plan.reset == (failed.jobs["large"],)
    assert (done.plan.oom_fixed, done.plan.other_failures) == (1, 1)
    assert failed.requirements == RAISED


def test_jobs_that_are_left_without_a_runner_run_again(client, call):
    failed = FailedWorkflow(client, {"fine": 0})
    assert failed.statuses == {"fine": "completed", "after": "ready"}
    done = call(recover, failed.id)
    assert (done.verdict, done.reset_jobs, failed.run_id) == (Verdict.RECOVERABLE, 0, 1)
    assert done.run is not None
    assert done.lines[-1] == "Its run on this machine begins."
    # The process of a runner of this machine is no more, though the server does not know yet.
    node = node_here(failed.id)
    process = subprocess.Popen(["true"])
    process.wait()
    node = replace(node, hostname=os.uname().nodename, pid=process.pid)
    dead = client.create_compute_node(node).id
    [claimed] = client.claim_next_jobs(failed.id, 1).jobs
    client.start_job(claimed.id, 1, dead)
    assert call(recover, failed.id).run is not None


def test_what_cannot_be_mended_is_said(client, call):
    failed = FailedWorkflow(client, {"bug": 3})
    done = call(recover, failed.id)
    assert (done.verdict, done.exit_code, failed.run_id) == (Verdict.HOPELESS, 1, 1)
    assert done.sentence.endswith(f"found in workflow {failed.id}: 1 job not retried.")
    assert done.lines[1].startswith(f"Job {failed.jobs['bug']} (bug): not retried: ")
    assert done.lines[-2].endswith(f"torc jobs logs {failed.jobs['bug']}")
    assert done.lines[-1].endswith(f"torc recover {failed.id} --retry-unknown")
    assert call(preview_recover, failed.id).exit_code == 1
    assert read_recoveries(client, failed.id) == []
    call(recover, failed.id, retry_unknown=True)
    assert failed.statuses == {"bug": "ready", "after": "blocked"}


def test_hints_name_only_what_helps(client, call):
    limited = FailedWorkflow(client, {"memory": 137})
    reason, *hints = call(recover, limited.id, max_memory_bytes=1024).lines[1:]
    assert "--max-memory" in reason
    assert hints == []
    canceled = FailedWorkflow(client, {"fine": 0})
    canceled.end("after", -15, failed=JobStatus.CANCELED)
    hint = call(recover, canceled.id).lines[-1]
    assert hint.endswith(f"torc workflows resume {canceled.id}")
    assert "--retry-unknown" not in hint


def test_there_may_be_nothing_to_recover(client, call):
    complete = FailedWorkflow(client, {"fine": 0})
    complete.end("after", 0)
    done = call(recover, complete.id)
    assert (done.verdict, done.exit_code) == (Verdict.COMPLETE, 0)
    assert "is complete without failures" in done.sentence
    assert done.record.result.jobs_to_retry == []


def test_what_is_refused_is_named_and_changes_nothing(client, call):
    failed = FailedWorkflow(client)
    with pytest.raises(NotFoundError):
        call(recover, 10**9)
    with pytest.raises(UsageError, match="multiplier"):
        call(recover, failed.id, memory_multiplier=0.5)
    new = client.create_workflow(Workflow(name="new", user="tester")).id
    with pytest.raises(ConflictError, match="has not been started"):
        call(recover, new)

    worker = client.create_compute_node(node_here(failed.id)).id
    with pytest.raises(ConflictError, match=r"still active: 1 worker \(here PID 1\)"):
        call(recover, failed.id)
    client.update_compute_node(worker, ComputeNodePatch(is_active=False))

    client.archive_workflow(failed.id, is_archived=True)
    with pytest.raises(ConflictError, match="is archived"):
        call(recover, failed.id)
    client.archive_workflow(failed.id, is_archived=False)

    # Its jobs ran in Slurm, and there is none here.
    scheduler = client.create_slurm_scheduler(
        SlurmScheduler(workflow_id=failed.id, name="s", account="a", walltime="00:10:00", nodes=1)
    )
    allocation = client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=failed.id,
            scheduler_id=17,
            scheduler_config_id=scheduler.id,
            scheduler_type="slurm",
            status="active",
        )
    )
    with pytest.raises(ConflictError, match=r"1 running allocation \(Slurm job 17\)"):
        call(recover, failed.id)
    over = ScheduledComputeNodePatch(status="complete")
    client.update_scheduled_compute_node(allocation.id, over)
    for operation in (recover, preview_recover):
        with pytest.raises(MachineError, match="on PATH, so there is no Slurm here"):
            call(operation, failed.id)
    assert failed.run_id == 1
    assert failed.requirements == {"small": ("50m", "PT2M"), "short": ("50m", "PT2M")}
    assert read_recoveries(client, failed.id) == []
