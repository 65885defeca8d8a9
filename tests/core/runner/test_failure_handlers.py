"""Failed jobs as their failure handlers say, with real jobs, rules and recovery scripts."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from core.runner import both_servers
from waiting import wait_for

from torc_core.model.artifact import File
from torc_core.model.events.text import describe, event_type_of
from torc_core.model.resources import FailureHandler, ResourceRequirements

client = both_servers.client


def handler(flow, *rules):
    made = FailureHandler(workflow_id=flow.id, name="h", rules=json.dumps(rules))
    return flow.client.create_failure_handler(made).id


def exits(flow, job):
    """Return the exit code of each attempt of a job, by its number."""
    results = flow.client.list_results(flow.id, job_id=job, all_runs=True).items
    return {result.attempt_id: result.return_code for result in results}


def recoveries(flow):
    """Return the data of the events about recovery scripts."""
    found = flow.client.list_events(flow.id).items
    return [event.data for event in found if event_type_of(event).startswith("recovery_script")]


def codes(*attempts):
    """Return a command that exits with these codes, one in each attempt, then with the last one."""
    shift = "shift $(( TORC_ATTEMPT_ID < $# ? TORC_ATTEMPT_ID - 1 : $# - 1 )); exit $1"
    return f"set -- {' '.join(map(str, attempts))}; {shift}"


class Case(NamedTuple):
    """What happens to a job whose handler has these rules."""

    rules: list[dict[str, object]]
    command: str
    exits: list[int]
    status: str
    use_pending_failed: bool = False


ALL = {"match_all_exit_codes": True}
CASES = {
    "a listed code is retried": Case([{"exit_codes": [10]}], codes(10, 0), [10, 0], "completed"),
    "each of the listed codes": Case(
        [{"exit_codes": [10, 11, 12]}], codes(12, 11, 0), [12, 11, 0], "completed"
    ),
    "a code that no rule lists": Case([{"exit_codes": [10, 11]}], codes(1), [1], "failed"),
    "all codes": Case([ALL], codes(1, 77, 0), [1, 77, 0], "completed"),
    "three attempts unless the rule says otherwise": Case([ALL], codes(1), [1, 1, 1], "failed"),
    "max_retries counts attempts": Case([{**ALL, "max_retries": 2}], codes(1), [1, 1], "failed"),
    "one attempt is no retry": Case([{**ALL, "max_retries": 1}], codes(1), [1], "failed"),
    "each rule has its own limit, for the attempts of all": Case(
        [{"exit_codes": [10], "max_retries": 4}, {"exit_codes": [11], "max_retries": 2}],
        codes(10, 10, 11),
        [10, 10, 11],
        "failed",
    ),
    "the rule that lists the code goes before one for all codes": Case(
        [{**ALL, "max_retries": 5}, {"exit_codes": [10], "max_retries": 2}],
        codes(10),
        [10, 10],
        "failed",
    ),
    "all codes but one": Case(
        [{"exit_codes": [2], "max_retries": 1}, ALL], codes(1, 2), [1, 2], "failed"
    ),
    "a signal is 128 and its number": Case(
        [{"exit_codes": [137]}], f"kill -9 $$; {codes(0)}", [137, 137, 137], "failed"
    ),
    "success asks no rule": Case([ALL], "true", [0], "completed"),
    "no rule, and failures are decided about": Case(
        [{"exit_codes": [10]}], codes(1), [1], "pending_failed", use_pending_failed=True
    ),
    "no attempt left, and failures are decided about": Case(
        [{"exit_codes": [1], "max_retries": 2}], codes(1), [1, 1], "failed", use_pending_failed=True
    ),
    "a rule for all codes leaves nothing to decide": Case(
        [{**ALL, "max_retries": 1}], codes(1), [1], "failed", use_pending_failed=True
    ),
    "a failed script leaves nothing to decide": Case(
        [{**ALL, "recovery_script": "exit 4"}], codes(1), [1], "failed", use_pending_failed=True
    ),
    "a script that exits with 0 lets the job run again": Case(
        [{**ALL, "recovery_script": "true"}], codes(1, 0), [1, 0], "completed"
    ),
    "a script that fails does not": Case(
        [{**ALL, "recovery_script": "exit 4"}], codes(1, 0), [1], "failed"
    ),
    "nor does one that is killed": Case(
        [{**ALL, "recovery_script": "kill -9 $$"}], codes(1, 0), [1], "failed"
    ),
    "nor one that cannot be started": Case(
        [{**ALL, "recovery_script": "echo \0"}], codes(1, 0), [1], "failed"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_failed_job_does_what_its_rules_say(make_flow, case):
    flow = make_flow(use_pending_failed=case.use_pending_failed)
    job = flow.add(case.command, failure_handler_id=handler(flow, *case.rules))
    flow.run()
    assert exits(flow, job) == dict(enumerate(case.exits, 1))
    assert flow.status(job) == case.status
    assert flow.client.get_job(job).attempt_id == len(case.exits)


def test_a_failure_without_a_handler_waits_for_a_decision_if_the_workflow_says_so(make_flow):
    flow = make_flow(use_pending_failed=True)
    job = flow.add("exit 3", name="first")
    after = flow.add("true", name="second", depends_on_job_ids=[job])
    flow.run()
    assert (flow.status(job), flow.status(after)) == ("pending_failed", "blocked")


def test_a_missing_output_file_is_exit_code_1(flow, tmp_path):
    out = flow.client.create_file(
        File(workflow_id=flow.id, name="out", path=str(tmp_path / "made"))
    ).id
    job = flow.add(
        f"test $TORC_ATTEMPT_ID = 1 || touch {tmp_path}/made",
        output_file_ids=[out],
        failure_handler_id=handler(flow, {"exit_codes": [1]}),
    )
    flow.run()
    assert exits(flow, job) == {1: 1, 2: 0}


def test_jobs_share_a_handler_and_what_depends_on_them_waits_for_their_last_attempt(flow):
    shared = handler(flow, {"exit_codes": [10]})
    jobs = [flow.add(codes(10, 0), name=f"j{i}", failure_handler_id=shared) for i in range(3)]
    after = flow.add("true", name="after", depends_on_job_ids=jobs)
    assert flow.run().outcomes == {"retried": 3, "completed": 4}
    assert [exits(flow, job) for job in jobs] == [{1: 10, 2: 0}] * 3
    assert exits(flow, after) == {1: 0}


VARIABLES = (
    *("WORKFLOW_ID", "JOB_ID", "JOB_NAME", "API_URL", "OUTPUT_DIR", "ATTEMPT_ID", "RETURN_CODE"),
)


def test_a_recovery_script_has_its_variables_and_output_files_of_its_own(flow):
    script = "".join(f'echo "${{TORC_{name}-none}}";' for name in VARIABLES)
    job = flow.add(
        f'{script} echo "job" >&2; {codes(10, 11, 0)}',
        name="flaky",
        failure_handler_id=handler(flow, {**ALL, "recovery_script": f"{script} echo bad >&2"}),
    )
    flow.run()
    for attempt, code in ((1, 10), (2, 11)):
        shared = [
            *(str(flow.id), str(job), "flaky", flow.client.url, str(flow.output_dir), str(attempt))
        ]
        assert flow.stdio(job, attempt=attempt).split("\n") == [*shared, "none", ""]
        assert flow.stdio(job, "e", attempt=attempt) == "job\n"
        assert flow.stdio(job, "recovery.o", attempt=attempt).split("\n") == [
            *(*shared, str(code), "")
        ]
        assert flow.stdio(job, "recovery.e", attempt=attempt) == "bad\n"
    (flow.output_dir / "job_stdio" / f"job_wf{flow.id}_j{job}_r1_a3.o").stat()
    assert not list(flow.output_dir.glob("job_stdio/*_a3.recovery.*"))


def test_the_end_of_a_recovery_script_is_an_event(flow):
    rules = [{**ALL, "recovery_script": "exit $((TORC_ATTEMPT_ID - 1))"}]
    job = flow.add(codes(10, 11), name="flaky", failure_handler_id=handler(flow, *rules))
    flow.run()
    first, second = recoveries(flow)
    assert (first["job_id"], first["attempt_id"]) == (job, 1)
    assert (first["job_return_code"], first["return_code"]) == (10, 0)
    assert (second["job_return_code"], second["return_code"]) == (11, 1)
    assert first["run_id"] == 1
    assert first["duration_seconds"] >= 0
    assert [
        describe(event)
        for event in flow.client.list_events(flow.id).items
        if event_type_of(event).startswith("recovery_script")
    ] == [
        f"The recovery script of job flaky ({job}) {end}"
        for end in (
            "completed after exit code 10 of attempt 1.",
            "ended with exit code 1 after exit code 11 of attempt 2.",
        )
    ]
    assert "The recovery script exited with 1: the job is not retried." in flow.stdio(
        job, "e", attempt=2
    )


def test_a_script_that_cannot_be_started_is_an_event_as_well(flow):
    job = flow.add("exit 1", failure_handler_id=handler(flow, {**ALL, "recovery_script": "x \0"}))
    flow.run()
    assert [data["return_code"] for data in recoveries(flow)] == [126]
    assert "was not started: the job fails" in flow.stdio(job, "e")


@pytest.fixture
def hanging(flow, start_runner, tmp_path):
    """Start a runner whose only job is in a recovery script that hangs."""
    mark = tmp_path / "heals"

    def start(**settings):
        needs = ResourceRequirements(workflow_id=flow.id, name="n", memory="1g", runtime="PT4S")
        job = flow.add(
            codes(10, 0),
            resource_requirements_id=flow.client.create_resource_requirements(needs).id,
            failure_handler_id=handler(
                flow, {**ALL, "recovery_script": f"touch {mark}; until false; do read -t 1; done"}
            ),
        )
        runner = start_runner(flow, grace_s=1.0, **settings)
        wait_for(mark.exists, "the recovery script")
        return job, runner

    return start


def test_a_script_ends_with_its_runner_and_the_job_is_taken_up_again(flow, hanging, tmp_path):
    job, runner = hanging()
    runner.runner.stop()
    assert runner.wait().exit_code == 130
    assert exits(flow, job) == {1: 10}
    assert [data["return_code"] for data in recoveries(flow)] == [143]
    assert "The recovery script was stopped: the runner was interrupted." in flow.stdio(job, "e")
    assert flow.status(job) in {"terminated", "ready"}


def test_a_stop_waits_for_the_script_of_a_job_that_a_signal_ended(flow, start_runner, tmp_path):
    mark = tmp_path / "heals"
    script = f"trap 'exit 5' TERM; touch {mark}; until false; do read -t 1; done"
    rule = {**ALL, "recovery_script": script}
    flow.add("kill -TERM $$", failure_handler_id=handler(flow, rule))
    runner = start_runner(flow)
    wait_for(mark.exists, "the recovery script")
    runner.runner.stop()
    runner.wait()
    assert [data["return_code"] for data in recoveries(flow)] == [5]


def test_a_script_of_a_canceled_workflow_is_stopped(flow, hanging):
    job, runner = hanging()
    flow.client.cancel_workflow(flow.id)
    runner.wait()
    assert flow.status(job) == "canceled"
    assert [data["return_code"] for data in recoveries(flow)] == [143]


def test_a_script_has_the_time_of_its_job_where_that_is_a_limit(flow, hanging):
    job, runner = hanging(limit_resources=True)
    runner.wait()
    assert flow.status(job) == "failed"
    assert exits(flow, job) == {1: 10}
    assert "The recovery script was stopped: out of time." in flow.stdio(job, "e")
