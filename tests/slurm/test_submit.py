"""From a workflow file to results on the cluster, with one command."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from forks.processes import Process
from slurm.submissions import HELD, SMALL, Desk
from waiting import wait_for

from tests.tui.pty_screen import PtyScreen
from torc_core.host.connect import Choice, Connection, connect
from torc_core.operations.definition.create import create
from torc_core.operations.reporter import carry_out
from torc_core.operations.slurm.submission.site import SiteOptions
from torc_core.operations.slurm.submission.submit import propose_submit
from torc_core.spec import parse_workflow

TOO_LARGE = HELD.replace("100M", "900T").replace("--hold", "--no-requeue")
"""Slurm lists it as a failed job, although it refuses it."""
DYING = [sys.executable, str(Path(__file__).parents[1] / "dying.py"), "submit"]
STAGES = """\
name: stages
resource_requirements:
  - {name: small, num_cpus: 1, memory: 50m, runtime: PT1M}
  - {name: other, num_cpus: 1, memory: 60m, runtime: PT1M}
jobs:
  - {name: prepare, command: "echo 1", resource_requirements: small}
  - {name: work_1, command: "echo 2", resource_requirements: other, depends_on: [prepare]}
  - {name: work_2, command: "echo 3", resource_requirements: other, depends_on: [prepare]}
  - {name: merge, command: "echo 4", resource_requirements: small, depends_on: [work_1, work_2]}
"""


def test_one_command_brings_a_file_from_an_empty_home_to_its_results(slurm, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    desk = Desk(slurm, connect(Choice()).client, tmp_path)
    try:
        answer = desk.torc("submit-slurm", "--account", "project", desk.write(STAGES))
        assert answer.code == 0, answer.err
        assert "now: 1 allocation of 1 node for" in answer.err
        assert "on_jobs_ready: 1 allocation" in answer.err
        assert answer.out.startswith("Submitted #1 stages: 1 allocation (Slurm job ")
        desk.wait_for_completion(1)
        desk.wait_for_workers(1)
        assert len(desk.records(1)) == 3
    finally:
        desk.torc("server", "stop")


@pytest.mark.parametrize("is_one_per_node", [True, False])
def test_an_allocation_of_two_nodes_has_a_worker_on_each_or_one_for_both(desk, is_one_per_node):
    # A node has memory for half of the jobs, which last until all workers have some.
    on_all = "touch on.$SLURM_NODEID; until [ $(ls on.* | wc -l) -ge {} ]; do sleep 0.1; done"
    command = on_all.format(2 if is_one_per_node else 1)
    workflow_id = desk.submit(
        f"""\
name: shapes
{SMALL}
slurm_schedulers:
  - {{name: two, account: project, nodes: 2, walltime: "00:10:00", mem: 200M}}
jobs:
  - {{name: "j{{i}}", command: "{command}", resource_requirements: small,
      parameters: {{i: "1:8"}}}}
actions:
  - {{trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: two,
      num_allocations: 1, start_one_worker_per_node: {str(is_one_per_node).lower()}}}
"""
    )
    desk.wait_for_completion(workflow_id)
    desk.wait_for_workers(workflow_id)
    nodes = desk.client.list_compute_nodes(workflow_id).items
    assert [node.num_nodes for node in nodes] == ([1, 1] if is_one_per_node else [2])
    (record,) = desk.records(workflow_id)
    assert {node.scheduler["scheduler_id"] for node in nodes} == {record.id}


def test_each_trigger_requests_its_nodes_once(desk):
    triggers = {
        "on_workflow_start": (1, "[]"),
        "on_worker_start": (1, "[]"),
        "on_jobs_ready": (2, "[last]"),
        "on_jobs_complete": (1, "[first]"),
        "on_workflow_complete": (1, "[]"),
        "on_worker_complete": (1, "[]"),
    }
    schedulers = "\n".join(
        f'  - {{name: {name}, account: project, walltime: "00:10:00", mem: 100M}}'
        for name in triggers
    )
    actions = "\n".join(
        f"  - {{trigger_type: {name}, action_type: schedule_nodes, scheduler: {name}, "
        f"num_allocations: {number}, jobs: {jobs}}}"
        for name, (number, jobs) in triggers.items()
    ).replace(", jobs: []", "")
    workflow_id = desk.submit(
        f"""\
name: triggers
compute_node_wait_for_new_jobs_seconds: 0
{SMALL}
slurm_schedulers:
{schedulers}
jobs:
  - {{name: first, command: "true", resource_requirements: small}}
  - {{name: last, command: "true", resource_requirements: small, depends_on: [first]}}
actions:
{actions}
"""
    )
    desk.wait_for_completion(workflow_id)
    wait_for(lambda: len(desk.records(workflow_id)) == 7, "the nodes of each trigger", 250)
    desk.wait_for_workers(workflow_id)
    names = {each.id: each.name for each in desk.client.list_slurm_schedulers(workflow_id).items}
    requested = Counter(names[each.scheduler_config_id] for each in desk.records(workflow_id))
    assert requested == {name: number for name, (number, _) in triggers.items()}


def test_a_submission_may_be_repeated(desk):
    workflow_id = desk.submit(HELD)
    first = desk.records(workflow_id)
    again = desk.torc("submit", workflow_id)
    assert again.code == 0, again.err
    assert f"Workflow #{workflow_id} held is submitted already: 2 allocations" in again.out
    assert desk.records(workflow_id) == first
    assert sorted(desk.queued(workflow_id)) == [each.scheduler_id for each in first]


def test_of_several_submitters_at_once_each_does_its_part(desk):
    desk.torc("workflows", "create", desk.write(HELD.replace("allocations: 2", "allocations: 5")))
    submitters = [
        Process(
            [sys.executable, "-m", "torc_tui", "submit", "1"],
            cwd=desk.directory,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for each in submitters:
        _, said = each.communicate(timeout=250)
        assert each.returncode == 0, said
    records = desk.records(1)
    assert len({each.request_key for each in records}) == len(records) == 5
    assert {each.scheduler_id for each in records} == set(desk.queued(1, "PENDING"))
    assert desk.client.get_workflow_status(1).run_id == 1


def test_whenever_a_submitter_is_killed_the_next_one_requests_what_is_missing(desk):
    spec = parse_workflow(HELD)
    for step in count(1):
        workflow_id = create(desk.client, spec, user="tester").workflow_id
        died = subprocess.run(
            [*DYING, str(step), desk.client.url, str(workflow_id), "output"],
            cwd=desk.directory,
            timeout=250,
            check=False,
        )
        connection = Connection(desk.client, is_embedded=False)
        options = SiteOptions(output_dir=str(desk.directory / "output"))
        carry_out(propose_submit(connection, desk.programs, workflow_id, options).proposal)
        records = {each.scheduler_id for each in desk.records(workflow_id)}
        assert len(records) == 2, f"killed at step {step}"
        assert set(desk.queued(workflow_id, "PENDING")) == records, f"killed at step {step}"
        if died.returncode == 0:
            break
        assert died.returncode == -signal.SIGKILL
    assert step == 13


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HELD.replace("--hold", '"--hold -C nothing"'), "Slurm refused the submission"),
        (TOO_LARGE, "Slurm refused what the allocation asks for"),
    ],
)
def test_when_slurm_refuses_a_file_nothing_is_left_of_it(desk, text, words):
    refused = desk.torc("submit", desk.write(text))
    assert refused.code == 2
    assert words in refused.err
    assert "torc submit 1" not in refused.err
    assert desk.client.list_workflows().items == []


def test_a_job_that_slurm_refused_but_lists_is_submitted_once_its_scheduler_is_corrected(desk):
    desk.torc("workflows", "create", desk.write(TOO_LARGE))
    assert desk.torc("submit", 1).code == 2
    wait_for(lambda: desk.queued(1, "FAILED"), "Slurm to list what it refused")
    again = desk.torc("submit", 1)
    assert "Slurm refused what the allocation asks for" in again.err
    assert desk.torc("slurm", "update", 1, "--mem", "100M", "--extra", "--hold").code == 0
    assert desk.torc("submit", 1).code == 0
    assert {each.scheduler_id for each in desk.records(1)} == set(desk.queued(1, "PENDING"))


def test_when_the_submission_of_a_file_is_interrupted_it_is_said_what_is_left(desk):
    path = desk.write(HELD.replace("allocations: 2", "allocations: 80"))
    submitter = Process(
        [sys.executable, "-m", "torc_tui", "submit", path],
        cwd=desk.directory,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: desk.client.list_workflows().items and desk.records(1), "an allocation")
    submitter.send_signal(signal.SIGINT)
    _, said = submitter.communicate(timeout=250)
    assert submitter.returncode == 130
    assert "Workflow 1 is left with the allocations that were submitted." in said
    assert "torc submit 1" in said
    assert "torc workflows cancel 1" in said
    assert 0 < len(desk.records(1)) < 80


def test_when_slurm_refuses_a_workflow_it_is_said_how_to_go_on(desk):
    desk.torc("workflows", "create", desk.write(HELD.replace("--hold", '"--hold -C nothing"')))
    refused = desk.torc("submit", 1)
    assert refused.code == 2
    assert "To request what is missing: torc submit 1" in refused.err
    assert desk.records(1) == []
    assert desk.client.list_workflow_runs(1).items[0].status == "failed"
    corrected = desk.torc("slurm", "update", 1, "--extra", "--hold")
    assert corrected.code == 0, corrected.err
    assert desk.torc("submit", 1).code == 0
    assert len(desk.records(1)) == 2


@pytest.mark.parametrize("is_created", [True, False])
def test_a_partition_of_a_later_stage_that_does_not_exist_is_noticed_at_once(desk, is_created):
    later = HELD.replace("100M, extra", "100M, partition: nowhere, extra").replace(
        "on_workflow_start", "on_jobs_ready"
    )
    action = "  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: now}\n"
    scheduler = 'slurm_schedulers: [{name: now, account: a, walltime: "00:10:00"}, '
    text = later.replace("slurm_schedulers: [", scheduler).replace("2}", "2, jobs: [a]}") + action
    what = desk.write(text)
    if is_created:
        assert desk.torc("workflows", "create", what).code == 0
        what = 1
    refused = desk.torc("submit", what)
    assert refused.code == 2
    assert "Slurm scheduler 's': Slurm refused the partition" in refused.err
    assert "nowhere" in refused.err
    assert len(desk.client.list_workflows().items) == is_created


def many_schedulers(number, last):
    """Return a workflow of which each job has its own scheduler; all but the last are alike."""
    offers = [
        f'  - {{name: s{each}, account: a, walltime: "00:{each:02d}:00", partition: standard}}\n'
        for each in range(10, 10 + number)
    ]
    offers.append(f"  - {{name: last, account: a, {last}}}\n")
    names = [*(f"s{each}" for each in range(10, 10 + number)), "last"]
    actions = [
        f"  - {{trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: {name},"
        " jobs: [a]}\n"
        for name in names
    ]
    at_start = actions[0].replace("on_jobs_ready", "on_workflow_start").replace(", jobs: [a]", "")
    return (
        "name: many\nslurm_schedulers:\n" + "".join(offers)
        + 'jobs: [{name: a, command: "true"}]\nactions:\n' + at_start + "".join(actions[1:])
    )  # fmt: skip


def test_the_last_of_many_schedulers_is_checked_as_the_first(desk):
    nowhere = 'walltime: "00:05:00", partition: nowhere'
    refused = desk.torc("submit", desk.write(many_schedulers(30, nowhere)), "--skip-checks")
    assert refused.code == 2
    assert "Slurm scheduler 'last': Slurm refused the partition" in refused.err

    too_long = 'walltime: "02:00:00", partition: short'
    shown = desk.torc("submit", desk.write(many_schedulers(3, too_long)), "--dry-run")
    assert shown.code == 0, shown.err
    assert 'The walltime of "last" is longer than the partition short allows' in shown.err
    assert desk.client.list_workflows().items == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("workflows", "archive", "true", "1"), 5, "archived"),
        (("workflows", "cancel", "1"), 5, "canceled"),
        (("jobs", "cancel", "1"), 5, "complete"),
    ],
)
def test_what_has_nothing_to_run_is_not_submitted(desk, words, code, said):
    desk.torc("workflows", "create", desk.write(HELD))
    desk.torc("workflows", "initialize", 1, "--no-prompts")
    assert desk.torc(*words).code == 0
    refused = desk.torc("submit", 1)
    assert (refused.code, refused.out) == (code, "")
    assert said in refused.err
    assert desk.queued(1) == []


def test_without_slurm_nothing_is_created(desk, tmp_path):
    (tmp_path / "empty").mkdir()
    refused = desk.torc("submit", desk.write(HELD), PATH=str(tmp_path / "empty"))
    assert (refused.code, refused.out) == (9, "")
    assert "There is no squeue on PATH, so there is no Slurm here." in refused.err
    assert desk.client.list_workflows().items == []


def test_without_slurm_that_is_said_before_what_a_workflow_lacks_for_it(desk, tmp_path):
    (tmp_path / "empty").mkdir()
    near = desk.write("name: near\njobs: [{name: a, command: 'true'}]\n")
    desk.torc("workflows", "create", near)
    refused = desk.torc("submit", 1, PATH=str(tmp_path / "empty"))
    assert (refused.code, refused.out) == (9, "")
    assert "There is no sbatch on PATH, so there is no Slurm here." in refused.err


def test_an_output_directory_that_cannot_be_used_is_refused_first(desk):
    refused = desk.torc("submit", desk.write(HELD), "--output-dir", "/proc/none")
    assert (refused.code, refused.out) == (9, "")
    assert "/proc/none cannot be used" in refused.err
    assert desk.client.list_workflows().items == []


def test_missing_inputs_are_refused_unless_they_are_to_be_ignored(desk):
    text = HELD + "files: [{name: raw, path: raw.txt}]\n"
    text = text.replace('command: "true"', 'command: "cat ${files.input.raw}"')
    refused = desk.torc("submit", desk.write(text))
    assert refused.code == 5
    assert "raw.txt does not exist" in refused.err
    assert "--ignore-missing-data" in refused.err
    assert desk.client.list_workflows().items == []
    assert desk.torc("submit", "w.yaml", "-i").code == 0


@pytest.mark.parametrize(
    ("answer", "code", "number", "said"),
    [
        ("n\r", 130, 0, "Declined."),
        ("y\r", 0, 1, "Submitted #1 held"),
        ("\x04", 130, 0, "interrupted"),  # as Ctrl-C
    ],
)
def test_at_a_terminal_it_is_asked_for(desk, answer, code, number, said):
    screen = PtyScreen(
        [sys.executable, "-m", "torc_tui", "submit", desk.write(HELD)],
        columns=160,
        rows=40,
        environ={"TORC_API_URL": desk.client.url} | desk.cluster.variables,
        cwd=desk.directory,
    )
    try:
        screen.wait_for("Submit held to Slurm: 2 allocations, at most 0.3 node-hours? [y/N]")
        screen.send(answer)
        assert screen.wait_for_end() == code
        assert any(line.startswith(said) for line in screen.lines)
    finally:
        screen.close()
    assert len(desk.client.list_workflows().items) == number


def test_a_dry_run_shows_the_plan_and_changes_nothing(desk):
    shown = desk.torc("submit", desk.write(HELD), "--dry-run")
    assert shown.code == 0, shown.err
    assert "now: 2 allocations of 1 node for 00:10:00, s, the default partition" in shown.out
    assert "2 allocations, at most 0.3 node-hours." in shown.out
    plan = desk.torc("-f", "json", "submit", "w.yaml", "--dry-run").json
    assert (plan["dry_run"], plan["total_allocations"], plan["node_hours"]) == (True, 2, 0.33)
    assert desk.client.list_workflows().items == []
    assert not (desk.directory / "output").exists()


def test_a_plan_that_is_refused_creates_nothing(desk):
    file = desk.write(STAGES.replace("memory: 60m", "memory: 900g"))
    refused = desk.torc("submit-slurm", "--account", "project", file)
    assert refused.code == 2
    assert "900" in refused.err
    file = desk.write(HELD)
    refused = desk.torc("submit-slurm", "--account", "project", file)
    assert refused.code == 5
    assert "--overwrite" in refused.err
    assert desk.client.list_workflows().items == []


def test_a_planned_workflow_may_be_created_first_and_submitted_later(desk):
    created = desk.torc(
        *("-f", "json", "workflows", "create-slurm", "--account", "project"),
        *("--group-by", "partition", desk.write(STAGES)),
    )
    workflow_id = created.json["workflow_id"]
    assert desk.records(workflow_id) == []
    submitted = desk.torc("workflows", "submit", workflow_id)
    assert submitted.code == 0, submitted.err
    desk.wait_for_completion(workflow_id)
