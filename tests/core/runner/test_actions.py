"""Actions of a workflow, with real jobs and commands: when they are executed, how often, how."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from core.runner import both_servers
from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.errors import ConflictError, MachineError, UnreachableError
from torc_core.model.action import WorkflowAction
from torc_core.model.events.text import describe, event_type_of
from torc_core.operations.definition.create import create
from torc_core.runner.runner import Runner
from torc_core.spec import parse_workflow

STUBBORN = "trap '' TERM; touch {mark}; until [ -e {go} ]; do read -t 0.02 <> <(:); done"


client = both_servers.client


@pytest.fixture
def trace(tmp_path):
    """A file to which commands add words."""
    path = tmp_path / "trace"
    path.touch()
    return path


def act(flow, trigger, *commands, **fields):
    """Add an action that runs commands, and return its id."""
    action = WorkflowAction(
        workflow_id=flow.id,
        trigger_type=trigger,
        action_type="run_commands",
        action_config={"commands": list(commands)},
        **fields,
    )
    return flow.client.create_workflow_action(action).id


def words(trace):
    return trace.read_text().split()


def ends(flow):
    """Return the sentences about the ends of actions."""
    return [
        describe(event)
        for event in flow.client.list_events(flow.id).items
        if event_type_of(event) in {"action_completed", "action_failed", "action_abandoned"}
    ]


def test_each_trigger_fires_once_and_in_its_order(flow, trace):
    first = flow.add(f"echo job >>{trace}", name="first")
    second = flow.add("true", name="second", depends_on_job_ids=[first])
    for trigger, jobs in {
        "on_worker_complete": None,
        "on_workflow_complete": None,
        "on_jobs_complete": [first],
        "on_jobs_ready": [second],
        "on_worker_start": None,
        "on_workflow_start": None,
    }.items():
        act(flow, trigger, f"echo {trigger} >>{trace}", job_ids=jobs)
    assert flow.run().exit_code == 0
    fired = words(trace)
    assert fired[:3] == ["on_workflow_start", "on_worker_start", "job"]
    assert sorted(fired[3:5]) == ["on_jobs_complete", "on_jobs_ready"]
    assert fired[5:] == ["on_workflow_complete", "on_worker_complete"]


def test_no_job_begins_before_the_start_actions_are_over(flow, tmp_path):
    made = tmp_path / "made"
    job = flow.add(f"test -e {made}/1 -a -e {made}/2")
    act(flow, "on_worker_start", f"read -t 0.2 <> <(:); touch {made}/2")
    act(flow, "on_workflow_start", f"mkdir {made}", f"touch {made}/1")
    flow.run()
    assert flow.status(job) == "completed"


def test_commands_run_one_after_the_other_in_the_output_directory_up_to_the_first_failure(flow):
    flow.add("true")
    number = act(flow, "on_workflow_start", "pwd; echo odd >&2", "exit 3", "echo never")
    assert flow.run().exit_code == 0
    stdio = flow.output_dir / "job_stdio" / f"action_wf{flow.id}_a{number}_r1"
    assert stdio.with_suffix(".o").read_text() == f"{flow.output_dir}\n"
    assert stdio.with_suffix(".e").read_text() == "odd\n"
    (event,) = [
        event.data
        for event in flow.client.list_events(flow.id).items
        if event_type_of(event) == "action_failed"
    ]
    assert (event["action_id"], event["return_code"], event["command"]) == (number, 3, "exit 3")
    assert event["duration_seconds"] >= 0


def test_commands_have_the_environment_of_the_runner(make_flow, monkeypatch, trace):
    monkeypatch.setenv("MINE", "kept")
    flow = make_flow(env={"SHARED": "flow's"})
    flow.add("true")
    act(
        flow,
        "on_workflow_start",
        f'echo "$MINE $SHARED $TORC_WORKFLOW_ID ${{TORC_JOB_ID-none}}" >>{trace}',
    )
    flow.run()
    assert words(trace) == ["kept", "flow's", str(flow.id), "none"]


ENDS = {
    "all completed": ("true", "true"),
    "one failed": ("true", "false"),
    "both failed": ("false", "false"),
}


@pytest.mark.parametrize("commands", ENDS.values(), ids=ENDS)
def test_all_jobs_of_an_action_have_to_be_complete_however_they_ended(flow, trace, commands):
    jobs = [
        flow.add(f"echo job >>{trace}; {command}", name=f"j{number}")
        for number, command in enumerate(commands)
    ]
    canceled = flow.add(
        "true", name="after", depends_on_job_ids=jobs, cancel_on_blocking_job_failure=True
    )
    act(flow, "on_jobs_complete", f"echo fired >>{trace}", job_ids=[*jobs, canceled])
    flow.run()
    assert words(trace) == ["job", "job", "fired"]


def test_all_jobs_of_an_action_have_to_be_ready(flow, trace):
    first = flow.add(f"echo first >>{trace}", name="first")
    second = flow.add(f"echo second >>{trace}", name="second", depends_on_job_ids=[first])
    third = flow.add("true", name="third", depends_on_job_ids=[second])
    act(flow, "on_jobs_ready", f"echo fired >>{trace}", job_ids=[first, second, third])
    flow.run()
    assert words(trace) == ["first", "second", "fired"]


def test_an_action_on_no_jobs_never_fires_and_keeps_no_runner(flow, trace):
    flow.add("true")
    act(flow, "on_jobs_complete", f"echo fired >>{trace}")
    assert flow.run().exit_code == 0
    assert words(trace) == []


BY_NAMES = """
name: chosen
jobs:
  - {{name: critical, command: "true"}}
  - {{name: "batch_{{i}}", command: "true", parameters: {{i: "1:3"}}}}
  - {{name: last, command: "true", depends_on_regexes: ["^batch_"]}}
actions:
  - trigger_type: on_jobs_complete
    action_type: run_commands
    jobs: [critical]
    job_name_regexes: ["batch_[0-9]+"]
    commands: ["echo some >>{trace}"]
  - trigger_type: on_worker_start
    action_type: run_commands
    commands: ["echo worker >>{trace}"]
  - trigger_type: on_worker_complete
    action_type: run_commands
    persistent: false
    commands: ["echo once >>{trace}"]
"""


def test_a_workflow_file_chooses_jobs_by_names_and_patterns(flow, trace):
    spec = parse_workflow(BY_NAMES.format(trace=trace))
    flow.id = create(flow.client, spec, user="tester").workflow_id
    chosen = flow.client.get_workflow_actions(flow.id)[0].job_ids
    names = {job.id: job.name for job in flow.client.list_jobs(flow.id).items}
    assert {names[job] for job in chosen} == {"critical", "batch_1", "batch_2", "batch_3"}
    for _ in range(2):  # the second runner finds nothing but its own turn
        flow.run()
    assert Counter(words(trace)) == {"worker": 2, "some": 1, "once": 1}


TIMES = {
    ("on_worker_start", None): 2,
    ("on_worker_complete", None): 2,
    ("on_worker_start", False): 1,
    ("on_worker_complete", True): 2,
    ("on_workflow_start", None): 1,
    ("on_workflow_start", True): 2,
    ("on_jobs_complete", None): 1,
    ("on_jobs_complete", True): 2,
    ("on_workflow_complete", None): 1,
    ("on_workflow_complete", True): 2,
}


def test_persistent_actions_are_executed_by_each_runner_others_by_one(
    flow, start_runner, trace, tmp_path
):
    go = tmp_path / "go"
    job = flow.add(f"echo runs >>{trace}; until [ -e {go} ]; do read -t 0.02 <> <(:); done")
    for trigger, persistent in TIMES:
        act(
            flow,
            trigger,
            f"echo {trigger}-{persistent} >>{trace}",
            persistent=persistent,
            job_ids=[job] if trigger == "on_jobs_complete" else None,
        )
    runners = [start_runner(flow, wait_for_new_jobs_s=30.0) for _ in range(2)]
    started = [f"{trigger}-{said}" for trigger, said in TIMES if trigger.endswith("start")]
    wait_for(
        lambda: all(
            words(trace).count(name) >= times
            for name, times in zip(
                started, [n for (t, _), n in TIMES.items() if t.endswith("start")], strict=True
            )
        ),
        "both runners",
    )
    go.touch()
    for runner in runners:
        runner.wait()
    counted = Counter(words(trace))
    del counted["runs"]
    assert counted == {f"{trigger}-{said}": times for (trigger, said), times in TIMES.items()}


def test_actions_fire_again_in_a_workflow_that_is_initialized_again(flow, trace, tmp_path):
    fixed = tmp_path / "fixed"
    first = flow.add(f"test -e {fixed}", name="first")
    second = flow.add("true", name="second")
    after = flow.add("true", name="after", depends_on_job_ids=[first, second])
    act(flow, "on_workflow_start", f"echo start >>{trace}")
    act(flow, "on_jobs_ready", f"echo ready >>{trace}", job_ids=[after])
    act(flow, "on_jobs_complete", f"echo complete >>{trace}", job_ids=[first, second])
    flow.run()
    assert sorted(words(trace)) == ["complete", "ready", "start"]  # a canceled job counts as well
    trace.write_text("")
    fixed.touch()
    flow.client.reset_job_status(flow.id, failed_only=True)
    flow.client.initialize_jobs(flow.id, only_uninitialized=True)
    flow.run_uninitialized()
    assert sorted(words(trace)) == ["complete", "ready", "start"]
    assert flow.status(after) == "completed"


def test_actions_of_a_workflow_whose_runner_stays_fire_as_it_completes(
    make_flow, start_runner, trace
):
    flow = make_flow(compute_node_ignore_workflow_completion=True)
    job = flow.add("true")
    act(flow, "on_workflow_complete", f"echo end >>{trace}")
    act(flow, "on_jobs_complete", f"echo job >>{trace}", job_ids=[job])
    runner = start_runner(flow, wait_for_new_jobs_s=60.0)
    wait_for(lambda: len(words(trace)) == 2, "the actions")
    runner.runner.stop()
    runner.wait()
    assert sorted(words(trace)) == ["end", "job"]


# ---- stopping


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_a_command_ends_with_its_run_and_no_other_begins(flow, start_runner, trace, tmp_path, how):
    mark = tmp_path / "runs"
    flow.add(f"echo job >>{trace}")
    act(flow, "on_workflow_start", f"touch {mark}; read <> <(:)", f"echo next >>{trace}")
    act(flow, "on_worker_start", f"echo worker >>{trace}")
    act(flow, "on_worker_complete", f"echo leaves >>{trace}")
    runner = start_runner(flow)
    wait_for(mark.exists, "the command")
    if how == "stop":
        runner.runner.stop()
    else:
        flow.client.cancel_workflow(flow.id)
    runner.wait()
    assert words(trace) == ["leaves"]
    assert "failed on node" in ends(flow)[0]


def test_a_command_that_ignores_sigterm_is_killed_after_the_grace_period(
    flow, start_runner, tmp_path
):
    mark = tmp_path / "runs"
    flow.add("true")
    act(flow, "on_workflow_start", STUBBORN.format(mark=mark, go=tmp_path / "never"))
    runner = start_runner(flow, grace_s=0.2)
    wait_for(mark.exists, "the command")
    runner.runner.stop()
    assert runner.wait().exit_code == 130
    assert "exit code 137" in ends(flow)[0]


@pytest.mark.parametrize("trigger", ["on_workflow_start", "on_worker_complete"])
def test_a_second_request_to_stop_kills_the_command_and_skips_the_rest(
    flow, start_runner, trace, tmp_path, trigger
):
    mark = tmp_path / "runs"
    flow.add("true")
    act(flow, trigger, STUBBORN.format(mark=mark, go=tmp_path / "never"), f"echo next >>{trace}")
    act(flow, "on_worker_complete", f"echo leaves >>{trace}")
    runner = start_runner(flow, grace_s=1000.0)
    wait_for(mark.exists, "the command")
    runner.runner.stop()
    runner.runner.stop()
    assert runner.wait().exit_code == 130
    assert words(trace) == []


def test_what_a_stopped_command_has_started_ends_with_it(flow, start_runner, tmp_path):
    pid = tmp_path / "pid"
    flow.add("true")
    act(flow, "on_workflow_start", f"(trap '' TERM; exec sleep 600) & echo $! >{pid}; wait")
    runner = start_runner(flow, grace_s=0.3)
    wait_for(lambda: pid.exists() and pid.read_text().strip(), "the command")
    runner.runner.stop()
    runner.wait()
    running = Path("/proc", pid.read_text().strip(), "cmdline")

    def is_gone():
        try:
            return not running.read_bytes()
        except OSError:
            return True

    wait_for(is_gone, "the end of what the command has started")


# ---- nodes


def request_nodes(flow, trigger, **config):
    action = WorkflowAction(
        workflow_id=flow.id,
        trigger_type=trigger,
        action_type="schedule_nodes",
        action_config={"scheduler_type": "slurm", **config},
    )
    return flow.client.create_workflow_action(action).id


def test_a_run_on_this_machine_says_that_it_requests_no_nodes(flow, caplog):
    flow.add("true")
    number = request_nodes(flow, "on_workflow_start", num_allocations=2)
    summary = flow.run()
    (sentence,) = summary.actions_left
    assert sentence.startswith(f"Action {number} (on_workflow_start) is due and was not executed")
    assert "requests nodes from 'slurm'" in sentence
    assert summary.exit_code == 0
    (action,) = flow.client.get_workflow_actions(flow.id)
    assert (action.executed, action.executed_by) == (False, None)
    (log,) = flow.output_dir.glob("job_runner_*")
    assert log.read_text().count("requests nodes from") == 1


class Scheduler:
    """Notes what is requested of it."""

    def __init__(self, error=None):
        self.requests = []
        self.error = error

    def can_submit(self, request):
        return request.scheduler_type == "slurm"

    def interrupt(self):
        pass

    def submit(self, request):
        self.requests.append(request)
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("error", [None, MachineError("sbatch was not found.")])
def test_nodes_are_requested_once_of_a_scheduler_that_the_runner_has(flow, error):
    first = flow.add("true", name="first")
    second = flow.add("true", name="second", depends_on_job_ids=[first])
    number = request_nodes(flow, "on_workflow_start", num_allocations=2, max_parallel_jobs=8)
    action = WorkflowAction(
        workflow_id=flow.id,
        trigger_type="on_jobs_ready",
        action_type="schedule_nodes",
        action_config={"scheduler_type": "slurm", "start_one_worker_per_node": True},
        job_ids=[second],
    )
    later = flow.client.create_workflow_action(action).id
    other = request_nodes(flow, "on_workflow_start", scheduler_type="local")
    flow.initialize()
    scheduler = Scheduler(error)
    summary = Runner(flow.client, flow.options(), scheduler=scheduler).run()
    at_start, when_ready = scheduler.requests
    assert (at_start.action_id, at_start.num_allocations, at_start.max_parallel_jobs) == (
        *(number, 2, 8),
    )
    assert (when_ready.action_id, when_ready.num_allocations) == (later, 1)
    assert when_ready.start_one_worker_per_node
    assert [f"Action {other} " in text for text in summary.actions_left] == [True]
    assert [sentence.split(" on node")[0] for sentence in ends(flow)] == [
        f"Action {each} {'completed' if error is None else 'failed'}" for each in (number, later)
    ]
    assert summary.exit_code == 0


# ---- claiming


class UnreachableOnce(TorcClient):
    """Loses the server when an action is claimed for the first time."""

    claims = 0

    def claim_action(self, *arguments, **options):
        self.claims += 1
        if self.claims == 1:
            raise UnreachableError("no")
        return super().claim_action(*arguments, **options)


def test_an_action_whose_claim_was_not_sent_is_executed_later(flow, server, trace):
    flow.add("true")
    act(flow, "on_workflow_start", f"echo once >>{trace}")
    flow.initialize()
    losing = UnreachableOnce(server.url)
    Runner(losing, flow.options()).run()
    losing.close()
    assert losing.claims == 2
    assert words(trace) == ["once"]


def test_an_action_that_another_client_has_claimed_is_not_executed(flow, trace):
    flow.add("true")
    number = act(flow, "on_workflow_start", f"echo fired >>{trace}")
    flow.initialize()
    flow.client.claim_action(flow.id, number, None)
    with pytest.raises(ConflictError):
        flow.client.claim_action(flow.id, number, None)
    flow.run_uninitialized()
    assert words(trace) == []
    assert ends(flow) == []
