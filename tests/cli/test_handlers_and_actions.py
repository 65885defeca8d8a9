"""Failure handlers and actions at a terminal: `torc run` and `torc events`."""

from __future__ import annotations

import pytest

WORKFLOW = """
name: handled
failure_handlers:
  - name: solver
    rules:
      - {exit_codes: [10], max_retries: 2, recovery_script: "echo fixed $TORC_RETURN_CODE"}
      - {match_all_exit_codes: true}
slurm_schedulers: [{name: gpu, account: mine}]
jobs:
  - {name: solve, command: "exit $(( TORC_ATTEMPT_ID == 1 ? 10 : 0 ))", failure_handler: solver}
  - {name: plot, command: "true", depends_on: [solve]}
actions:
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: ["pwd", "exit 3"]}
  - trigger_type: on_jobs_ready
    action_type: schedule_nodes
    jobs: [plot]
    scheduler: gpu
    scheduler_type: slurm
    num_allocations: 1
"""


def test_a_run_retries_recovers_acts_and_says_what_it_leaves(torc, tmp_path):
    (tmp_path / "w.yaml").write_text(WORKFLOW)

    ran = torc("run", "w.yaml")

    assert ran.code == 0, ran.err
    assert ran.err.count("is due and was not executed: it requests nodes from 'slurm'") == 1
    stdio = tmp_path / "output" / "job_stdio"
    (recovery,) = stdio.glob("job_*_a1.recovery.o")
    assert recovery.read_text() == "fixed 10\n"
    (action,) = stdio.glob("action_*.o")
    assert action.read_text() == f"{tmp_path / 'output'}\n"
    workflow = recovery.name.split("_")[1].removeprefix("wf")
    events = torc("-f", "json", "events", "list", workflow, "--limit", "100").json["events"]
    told = {event["data"]["event_type"]: event["data"] for event in events}
    recovered, failed = told["recovery_script_completed"], told["action_failed"]
    assert (recovered["return_code"], recovered["job_return_code"]) == (0, 10)
    assert told["job_retried"]["attempt_id"] == 2
    assert (failed["command"], failed["return_code"]) == ("exit 3", 3)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("exit_codes: [10]", "exit_codes: [0]", "exit code 0 is success"),
        ("exit_codes: [10]", "exit_codes: [256]", "no job ends with exit code 256"),
        ("max_retries: 2", "max_retries: 0", "0 allows none"),
        ("jobs: [plot]", "job_name_regexes: [plots]", "on_jobs_ready is never due"),
        ("scheduler: gpu", "scheduler: cpu", 'no scheduler named "cpu"'),
    ],
)
def test_what_can_never_apply_creates_nothing(torc, tmp_path, before, after, said):
    (tmp_path / "w.yaml").write_text(WORKFLOW.replace(before, after))

    ran = torc("run", "w.yaml")

    assert ran.code == 2
    assert said in ran.err
    assert "w.yaml:" in ran.err
    assert not (tmp_path / "output").exists()
