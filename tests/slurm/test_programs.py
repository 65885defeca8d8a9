"""What Slurm's programs say, asked for real: each outcome is a thing of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from slurm.cluster.cluster import Cluster
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.errors import (
    ConflictError,
    MachineError,
    TorcError,
    UnreachableError,
    UsageError,
)
from torc_core.hpc.slurm.programs.argv import PARTITION_COLUMNS
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import AccountingDisabled, Slurm
from torc_core.hpc.slurm.programs.states import Cause, Phase

NEVER = 4_000_000


def programs_of(cluster: Cluster) -> Slurm:
    return Slurm(SystemClock(), Budget(), environ=cluster.environ)


def script(directory: Path, *directives: str, body: str = "exit 0") -> Path:
    path = directory / f"{len(list(directory.iterdir()))}.sh"
    lines = (f"#SBATCH {directive}" for directive in (f"--output={directory}/%j", *directives))
    path.write_text("\n".join(["#!/bin/bash", *lines, body, ""]))
    return path


def test_an_allocation_is_followed_from_the_queue_into_accounting(slurm, output):
    programs = programs_of(slurm)
    waiting = programs.submit(script(output, "--hold", "--comment=torc:wf1:r1:a2:1"))
    failing = programs.submit(script(output, body="sleep 0.1; exit 3"))

    (queued,) = programs.queue([waiting])
    assert (queued.state.phase, queued.reason) == (Phase.PENDING, "JobHeldUser")
    assert queued.comment == "torc:wf1:r1:a2:1"
    assert waiting in {job.id for job in programs.queue()}

    def accounted():
        found = programs.accounting([failing, NEVER])
        assert not isinstance(found, AccountingDisabled)
        return [job for job in found if job.state.phase is Phase.ENDED]

    (ended,) = wait_for(accounted, "the end in accounting")
    assert (ended.id, ended.state.name, ended.exit_code) == (failing, "FAILED", 3)
    (left,) = programs.queue([failing, NEVER])
    assert left.state.cause is Cause.EXIT

    programs.cancel([waiting, failing, NEVER])
    assert slurm.wait_for_end(waiting) == "CANCELLED"
    programs.cancel([waiting])


def test_an_allocation_that_never_was_is_in_no_list(slurm):
    programs = programs_of(slurm)
    assert programs.queue([NEVER]) == programs.queue([]) == ()
    assert programs.accounting([NEVER]) == programs.accounting([]) == ()


def test_steps_and_their_columns_are_listed_as_accounting_has_them(slurm, output):
    programs = programs_of(slurm)
    job = programs.submit(script(output, "--job-name=first", body="srun --quiet true"))
    slurm.wait_for_end(job)

    def steps():
        rows = programs.accounting_rows([job], ("JobID", "State", "JobName"))
        assert not isinstance(rows, AccountingDisabled)
        return {row["JobID"]: row["JobName"] for row in rows}

    names = {f"{job}": "first", f"{job}.batch": "batch", f"{job}.0": "true"}
    wait_for(lambda: steps() == names, "the job and its steps")


def test_the_cluster_is_described_by_its_own_programs(slurm):
    programs = programs_of(slurm)
    assert programs.is_here()
    rows = [line.split("|") for line in programs.sinfo().splitlines()]
    assert {len(row) for row in rows} == {len(PARTITION_COLUMNS)}
    assert "standard*" in {row[0] for row in rows}
    assert "PartitionName=standard" in programs.partitions()
    assert programs.cluster() == programs.cluster() == f"torc{slurm.layout.place.number}"
    assert programs.budget.used(SystemClock().monotonic()) == 1


@pytest.mark.parametrize(
    ("directive", "what"),
    [
        ("--partition=nope", "the partition"),
        ("--gres=gpu:99", "asks for"),
        ("--gres=nope:1", "GRES"),
        ("--mem=99T", "asks for"),
        ("--time=soon", "the walltime"),
        ("--nope", "unrecognized option"),
    ],
)
def test_a_refusal_is_in_slurms_own_words(slurm, output, directive, what):
    with pytest.raises(UsageError) as refused:
        programs_of(slurm).submit(script(output, directive))
    assert what in refused.value.message
    assert refused.value.details["words"]
    assert refused.value.hint


def test_accounts_qos_and_limits_are_refused_each_by_name(start_cluster, output):
    cluster = start_cluster(
        nodes=1,
        refuses_over_limits=True,
        more=("AccountingStorageEnforce=associations,limits,qos",),
    )
    programs = programs_of(cluster)
    for added in (
        ("account", "mine", "GrpSubmitJobs=1"),
        ("user", cluster.layout.user, "account=mine"),
    ):
        cluster.run("sacctmgr", "--immediate", "add", *added)

    def refusal(*directives: str) -> TorcError | None:
        try:
            programs.submit(script(output, "--hold", *directives))
        except TorcError as error:
            return error
        return None

    wait_for(lambda: refusal("--account=mine") is None, "the association")
    found = {
        directives[-1]: refusal(*directives)
        for directives in (
            ("--account=yours",),
            ("--account=mine", "--qos=nope"),
            ("--account=mine", "--time=7-0"),
            ("--account=mine",),
        )
    }
    assert {key: type(error) for key, error in found.items()} == {
        "--account=yours": UsageError,
        "--qos=nope": UsageError,
        "--time=7-0": UsageError,
        "--account=mine": ConflictError,
    }
    messages = {key: error.message for key, error in found.items() if error is not None}
    assert "the account" in messages["--account=yours"]
    assert "the QOS" in messages["--qos=nope"]
    assert "the walltime" in messages["--time=7-0"]
    assert "a limit of the account" in messages["--account=mine"]


def test_what_does_not_answer_is_told_from_what_is_over(start_cluster, output):
    cluster = start_cluster(nodes=1, message_timeout_s=3)
    programs = programs_of(cluster)
    job = programs.submit(script(output, "--hold"))

    cluster.stop_accounting()
    with pytest.raises(UnreachableError, match="accounting does not answer sacct"):
        programs.accounting([job])
    assert programs.queue([job])

    cluster.stop_controller()
    calls: tuple[Callable[[], object], ...] = (
        lambda: programs.queue([job]),
        lambda: programs.cancel([job]),
        lambda: programs.submit(script(output)),
        programs.sinfo,
    )
    with ThreadPoolExecutor(len(calls)) as pool:  # each waits for its answer
        for call in [pool.submit(each) for each in calls]:
            with pytest.raises(UnreachableError, match="controller does not answer"):
                call.result()

    cluster.start_accounting()
    cluster.start_controller()
    (queued,) = programs.queue([job])
    assert queued.state.phase is Phase.PENDING


def test_a_cluster_without_accounting_says_so(start_cluster):
    cluster = start_cluster(nodes=1, accounting=False)
    assert programs_of(cluster).accounting([1]) == AccountingDisabled()


def test_a_machine_without_slurm_says_what_it_lacks(tmp_path):
    programs = Slurm(SystemClock(), Budget(), environ={"PATH": str(tmp_path)})
    assert not programs.is_here()
    with pytest.raises(MachineError, match="no squeue on PATH"):
        programs.queue([1])


def test_programs_without_a_configuration_say_so(slurm):
    environ = slurm.environ
    del environ["SLURM_CONF"]
    with pytest.raises(MachineError, match="no configuration of Slurm"):
        Slurm(SystemClock(), Budget(), environ=environ).queue()
    environ["SLURM_CONF"] = "/nonexistent/slurm.conf"
    with pytest.raises(MachineError, match="names /nonexistent/slurm"):
        Slurm(SystemClock(), Budget(), environ=environ).queue()
