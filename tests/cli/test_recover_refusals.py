"""What `torc recover` refuses: one message, its exit code, and nothing is changed."""

from __future__ import annotations

import os

import pytest
from cli.test_recover import tables
from operations.recovery.failed_workflow import FailedWorkflow

from tests.operations.situations import node_here
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.resources import SlurmScheduler


@pytest.fixture
def server(make_server):
    """One that no runner of another test still reports to."""
    return make_server()


@pytest.fixture
def script(tmp_path):
    """Write a hook, and return its path."""

    def write(name, mode=0o755):
        path = tmp_path / name
        path.write_text("#!/bin/sh\nexit 0\n")
        path.chmod(mode)
        return path

    return write


@pytest.fixture
def refused(torc_here, server, monkeypatch):
    """Recover in vain, as the user that the workflow belongs to."""
    monkeypatch.setenv("USER", "tester")

    def recover(code, said, *words):
        before = tables(server)
        for each in (words, (*words, "--dry-run")):
            answer = torc_here("recover", *each)
            assert answer.code == code, answer.err
            assert answer.err.count("error: ") == 1
            assert said in answer.err
            assert answer.out == ""
        assert tables(server) == before

    return recover


def archive(client, failed):
    client.archive_workflow(failed.id, is_archived=True)


def cancel(client, failed):
    client.cancel_workflow(failed.id)


def run_on(client, failed):
    client.create_compute_node(node_here(failed.id))


def wait_in_slurm(client, failed, status="pending"):
    scheduler = SlurmScheduler(
        workflow_id=failed.id, name="s", account="a", walltime="00:10:00", nodes=1
    )
    client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=failed.id,
            scheduler_id=17,
            scheduler_config_id=client.create_slurm_scheduler(scheduler).id,
            scheduler_type="slurm",
            status=status,
        )
    )


def run_in_slurm_before(client, failed):
    wait_in_slurm(client, failed, "complete")


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (archive, 5, "is archived"),
        (cancel, 5, "is canceled"),
        (run_on, 5, "is still active: 1 worker"),
        (wait_in_slurm, 5, "is still active: 1 waiting allocation (Slurm job 17)"),
        (wait_in_slurm, 5, "To wait for no more nodes: scancel 17"),
        (run_in_slurm_before, 9, "no sbatch on PATH"),
    ],
)
def test_a_workflow_that_cannot_be_recovered_now(client, refused, monkeypatch, change, code, said):
    monkeypatch.setenv("PATH", "/nowhere")
    failed = FailedWorkflow(client)
    change(client, failed)
    refused(code, said, failed.id)


def test_an_unknown_workflow(refused):
    refused(4, "There is no workflow 1000000", 1_000_000)


@pytest.mark.parametrize("option", ["--memory-multiplier", "--runtime-multiplier"])
@pytest.mark.parametrize("multiplier", ["0.99", "0", "-1", "nan", "inf"])
def test_multipliers_that_leave_less(client, refused, option, multiplier):
    refused(2, "is not a number from 1", FailedWorkflow(client).id, f"{option}={multiplier}")


def test_hooks_that_are_not_run(client, refused, script, torc_here, tmp_path):
    workflow_id = FailedWorkflow(client).id
    others = script("others.sh")
    os.chown(others, 12345, -1) if os.getuid() == 0 else others.chmod(0o757)
    for hook, code, said in (
        ("./absent.sh", 9, "there is no program ./absent.sh"),
        (script("plain.sh", 0o644), 9, "plain.sh is not executable"),
        (others, 3, "is not run: "),
        ("bash 'x", 2, "is not a command"),
    ):
        refused(code, said, workflow_id, "--recovery-hook", hook)


def test_a_hook_that_fails(client, torc_here, monkeypatch):
    monkeypatch.setenv("USER", "tester")
    failed = FailedWorkflow(client)
    before = failed.statuses
    answer = torc_here("recover", failed.id, "--recovery-hook", "sh -c 'exit 3'")
    assert answer.code == 9
    assert answer.err.count("error: ") == 1
    assert "failed with exit code 3, so nothing was reset" in answer.err
    assert (failed.statuses, failed.run_id) == (before, 1)


def test_a_workflow_that_is_complete(client, torc_here, server):
    complete = FailedWorkflow(client, {"fine": 0})
    complete.end("after", 0)
    before = tables(server)
    for words in ((), ("--dry-run",)):
        answer = torc_here("recover", complete.id, *words)
        assert answer.code == 0
        assert "is complete without failures: there is nothing to recover" in answer.out
    assert tables(server) == before
