"""Why a job has its status: one answer for each status, with what happens next."""

from __future__ import annotations

import pytest
from core.diagnosis.attempts import GIB, attempt, diagnosed, needs
from nodes import compute_node

from torc_core.model.job import Job
from torc_core.model.resources import FailureRule
from torc_core.model.status import JobStatus
from torc_core.model.workflow import WorkflowStatus
from torc_core.operations.lifecycle.machine_fit import find_misfit
from torc_core.operations.repair.why import WhyFacts, explain
from torc_core.resources import Resources
from torc_core.runner.policy.outputs.written import Written, fault_of


def job(status="ready", name="x", job_id=9, **fields):
    return Job(id=job_id, workflow_id=1, name=name, command="x", status=JobStatus(status), **fields)


def node(**fields):
    return compute_node(id=3, workflow_id=1, hostname="r12n03", num_cpus=4, memory_gb=8, **fields)


def why(status="ready", *, run_id=1, counts=None, **facts):
    facts.setdefault("job", job(status))
    state = WorkflowStatus(is_canceled=False, run_id=run_id, jobs_by_status=counts or {})
    found = explain(WhyFacts(status=state, now=1_800_000_000.0, **facts))
    return {reason.name: reason.text for reason in found}


@pytest.mark.parametrize("status", JobStatus)
def test_every_status_has_an_answer_without_any_fact(status):
    assert why(status)["Status"].startswith(f"{status}, attempt 1 of run 1")


def test_a_new_job_and_one_that_was_reset_differ():
    assert "never started" in why("uninitialized", run_id=0)["Waits"]
    assert "was reset or added" in why("uninitialized")["Waits"]


def test_what_is_blocked_names_what_it_waits_for_and_what_holds_it_up():
    first, root = job("blocked", "prep", 2), job("running", "fetch", 1)
    said = why(
        "blocked", job=job("blocked"), blockers=(first,), num_blockers=30, chain=(first, root)
    )

    assert said["Waits for"] == "30 jobs:\n2  prep  (blocked)\nand 29 more"
    assert said["Chain"] == "x ← prep ← fetch"
    assert said["Held up by"] == "job 1 (fetch): it runs"


def test_what_is_ready_without_a_runner_says_how_to_start_one():
    assert why()["Waits"] == "no runner is active"
    submit = "to submit it to Slurm: torc submit 1"
    assert why()["Next"] == f"to run it on this machine: torc run 1; {submit}"
    assert why(in_slurm=True)["Next"] == submit


def test_what_waits_for_slurm_says_so_in_slurms_words():
    said = why(queue=("allocation 8812 pending: Priority, start ~16:40",), in_slurm=True)
    assert said["Slurm"] == "allocation 8812 pending: Priority, start ~16:40"
    assert "Next" not in said


def test_what_fits_nowhere_is_told_apart_from_what_waits_for_room():
    small = Resources(num_cpus=1, memory_bytes=GIB, num_nodes=1)
    never = find_misfit(needs("8g", cpus=2), small)
    assert never is not None
    counts = {"running": 3, "ready": 5}

    said = why(nodes=(node(),), never_fits=(never,), counts=counts)
    assert said["Never fits"] == (
        "no active runner is large enough: it needs "
        "2 CPUs (1 available), 8 GiB of memory (1 available)"
    )
    said = why(nodes=(node(), node()), never_fits=(never,), counts=counts)
    assert said["Waits"] == "for room on 2 active runners: 3 jobs running, 5 ready"
    assert "can never run on this machine" in why(not_here=never)["Never fits"]
    assert find_misfit(needs("1g", cpus=1), small) is None


def test_a_failure_has_its_cause_its_evidence_its_log_and_its_handler():
    out_of_memory = diagnosed("failed", 137, peak=9 * GIB)
    said = why(
        "failed",
        diagnosis=out_of_memory,
        latest=out_of_memory.observation.result,
        node=node(),
        log_line="oom-kill",
        handler="solver",
        rules=(FailureRule(exit_codes=[137], max_retries=1),),
    )

    assert said["Why"] == "out of memory: used 9.0 GiB of 8.0 GiB"
    assert said["Evidence"] == (
        "exit code 137, ran 1m 00s, peak memory 9.0 GiB of 8.0 GiB, on r12n03"
    )
    assert said["Log"] == "oom-kill"
    assert said["Handler"] == "solver has had all 1 attempt"
    own = diagnosed("failed", 3)
    said = why("failed", diagnosis=own, latest=own.observation.result, handler="h")
    assert said["Why"] == "exit code 3, which is the program's own"
    assert said["Handler"] == "h has no rule for exit code 3"


def test_an_output_file_that_was_not_written_is_the_reason_and_not_the_exit_code():
    own = diagnosed("failed", 1)
    fault = fault_of("out/never.txt", Written.MISSING)
    said = why("failed", diagnosis=own, latest=own.observation.result, log_line=f"torc: {fault}")

    assert said["Why"] == "The job exited with 0 but did not write its output file out/never.txt."
    assert said["Evidence"].startswith("listed with exit code 1 for that, ran ")
    assert "Log" not in said


def test_what_a_program_writes_of_output_files_does_not_explain_another_exit_code():
    own = diagnosed("failed", 3)
    fault = fault_of("out/never.txt", Written.MISSING)
    said = why("failed", diagnosis=own, latest=own.observation.result, log_line=fault)

    assert said["Why"] == "exit code 3, which is the program's own"
    assert said["Log"] == fault


def test_what_runs_again_says_why():
    before = attempt("failed", 10).result
    said = why("ready", job=job("ready", attempt_id=2, origin="retry"), latest=before)
    assert said["Again"].startswith("attempt 1 of run 1 failed with exit code 10, and handler")
    assert why("ready", run_id=2, latest=before)["Again"].endswith("; run 2 began since")
    assert "Again" not in why("ready", job=job("ready"), latest=before)


def test_a_cancellation_names_the_failure_behind_it_or_who_asked_for_it():
    cause = job("failed", "fetch", 4)
    said = why("canceled", because_of=cause, because="exit code 3: KeyError")
    assert said["Why"] == "canceled because of job 4 (fetch), which failed"
    assert said["Its cause"] == "exit code 3: KeyError"
    assert why("canceled", canceled_by="by a user, at 16:40")["Why"].endswith("user, at 16:40")
