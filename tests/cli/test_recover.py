"""`torc recover` for workflows that run on this machine, without Slurm."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import psutil
import pytest
from cli.json_shapes import faults, parse
from cli.test_json_output import DOCUMENTED
from forks.processes import Process
from waiting import wait_for

from torc_core.host.runs import RunState, list_runs
from torc_core.model.workflow import Workflow

FAILING = """\
name: failing
resource_requirements:
  - {name: small, num_cpus: 1, memory: 50m, runtime: PT1M}
  - {name: short, num_cpus: 1, memory: 50m, runtime: PT2M}
jobs:
  - {name: fine, command: "echo x >> fine", resource_requirements: small}
  - {name: large, command: "mkdir large || exit 0; exit 137", resource_requirements: small}
  - {name: long, command: "mkdir long || exit 0; exit 152", resource_requirements: short}
  - {name: after, command: "echo x >> after", depends_on: [large, fine]}
  - {name: bug, command: "exit 3", resource_requirements: small}
  - {name: unlucky, command: "true", depends_on: [bug]}
"""
LACKING = """\
name: lacking
files: [{name: never, path: out/never.txt}]
jobs:
  - {name: lacks, command: "true", output_files: [never]}
  - {name: wrong, command: "exit 1"}
"""
UNKNOWN = "failed of an unknown cause; --retry-unknown retries it"


@pytest.fixture
def server(make_server):
    """One that no runner of another test still reports to."""
    return make_server()


@pytest.fixture
def failed(torc, tmp_path):
    """A workflow that has failed, as its id."""
    (tmp_path / "failing.yaml").write_text(FAILING)
    ended = torc("-f", "json", "run", "failing.yaml", "--max-parallel-jobs", 4)
    assert ended.code == 1, ended.err
    return ended.json["workflow_id"]


def tables(server):
    """Return all that a database holds."""
    with closing(sqlite3.connect(server.database)) as database:
        return list(database.iterdump())


def statuses(client, workflow_id):
    return {job.name: str(job.status) for job in client.list_jobs(workflow_id).items}


def test_the_dry_run_says_what_the_recovery_then_does(torc, server, client, failed, tmp_path):
    before = tables(server)
    shown = torc("recover", failed, "--dry-run")
    planned = torc("-f", "json", "recover", failed, "--dry-run")
    assert tables(server) == before
    assert (shown.code, planned.code) == (0, 0), shown.err
    ids = {job.name: job.id for job in client.list_jobs(failed).items}
    decided = [
        f"Job {ids['large']} (large): OOM detected, increasing memory 50m -> 75m",
        f"Job {ids['long']} (long): timeout detected, increasing runtime PT2M -> PT3M",
        f"Job {ids['bug']} (bug): not retried: {UNKNOWN}",
        "1 other unfinished job shares the requirements 'small' and gets the same",
        "Fixes: 1 OOM, 1 timeout, 1 not retried",
        "Then the workflow runs on this machine.",
    ]
    assert shown.out.splitlines() == [*decided, "Dry run: nothing was changed."]
    assert list(planned.json)[:5] == [
        *("workflow_id", "dry_run", "memory_multiplier", "runtime_multiplier", "result")
    ]
    result = planned.json["result"]
    assert (result["oom_fixed"], result["timeout_fixed"], result["other_failures"]) == (1, 1, 1)
    assert result["jobs_to_retry"] == [ids["large"], ids["long"]]
    assert [each["new_memory"] for each in result["adjustments"][:1]] == ["75m"]
    assert planned.json["diagnosis"]["resource_violations_count"] == 2
    assert not list(faults(planned.json, parse(DOCUMENTED["torc recover --dry-run"]), {}))

    done = torc("recover", failed)

    assert done.code == 1  # of the run: the bug is left
    assert done.err.splitlines()[:11] == [
        "Diagnosing failures...",
        *decided,
        "Applied fixes: 1 OOM, 1 timeout, 1 not retried",
        "Resetting 2 job(s) for retry...",
        "Reset 2 job(s)",
        "Reinitializing workflow...",
    ]
    assert done.out.splitlines()[:5] == [
        f"Recovery complete for workflow {failed}",
        "  - 1 job(s) had memory increased",
        "  - 1 job(s) had runtime increased",
        "  - 1 job(s) not retried",
        "Reset 2 job(s). Its run on this machine begins.",
    ]
    assert statuses(client, failed) == {
        "fine": "completed",
        "large": "completed",
        "long": "completed",
        "after": "completed",
        "bug": "failed",
        "unlucky": "canceled",
    }
    for once in ("fine", "after"):
        assert (tmp_path / once).read_text() == "x\n"

    again = torc("-f", "json", "recover", failed)
    assert again.code == 1
    assert (again.json["dry_run"], again.json["result"]["jobs_to_retry"]) == (False, [])
    assert again.json["result"]["other_failures"] == 1


def test_the_log_tells_that_an_output_file_was_not_written(torc, tmp_path):
    (tmp_path / "lacking.yaml").write_text(LACKING)
    ended = torc("-f", "json", "run", "lacking.yaml")
    assert ended.code == 1, ended.err
    workflow_id = ended.json["workflow_id"]

    looked = torc("recover", workflow_id, "--dry-run")
    said = torc("-f", "json", "recover", workflow_id, "--dry-run").json
    assert "(lacks): not retried: exited with 0 but did not write an output file" in looked.out
    assert f"(wrong): not retried: {UNKNOWN}" in looked.out
    causes = {each["cause"]: each["why_not"] for each in said["result"]["not_retried"]}
    assert causes == {"output_not_written": "output_not_written", "unknown": "unknown_cause"}


def test_programs_get_one_document_and_a_run_in_the_background(torc, client, failed):
    started = torc("-f", "json", "recover", failed, "--detach", "--retry-unknown")
    assert started.code == 0, started.err
    assert started.json["result"]["unknown_retried"] == 1
    assert not list(faults(started.json, parse(DOCUMENTED["torc recover"]), {}))
    wait_for(lambda: client.is_workflow_complete(failed).is_complete, "the run to end")
    assert statuses(client, failed)["after"] == "completed"
    wait_for(
        lambda: all(run.state is not RunState.RUNNING for run in list_runs()), "its process to end"
    )


def test_jobs_of_a_killed_runner_go_on_under_the_next_one(torc, server, client, tmp_path):
    commands = "[{name: long, command: 'echo x >> begun; until [ -e go ]; do sleep 0.1; done'}]"
    (tmp_path / "long.yaml").write_text(f"name: long\njobs: {commands}\n")
    created = torc("-f", "json", "workflows", "create", "long.yaml").json["workflow_id"]
    words = [sys.executable, "-m", "torc_tui", "run", str(created), "--max-parallel-jobs", "1"]
    with Process(words, cwd=tmp_path, stderr=subprocess.DEVNULL) as runner:
        wait_for((tmp_path / "begun").exists, "the job to begin")
        busy = torc("recover", created)
        assert busy.code == 5
        assert f"1 active job; 1 worker ({os.uname().nodename} PID {runner.pid})" in busy.err
        runner.kill()
    (tmp_path / "go").touch()
    recovered = torc("recover", created)
    assert recovered.code == 0, recovered.err
    assert statuses(client, created) == {"long": "completed"}
    assert (tmp_path / "begun").read_text() == "x\n"


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_ends_a_recovery_with_its_hook_and_the_next_one_continues(
    torc_here, client, failed, tmp_path, how, code
):
    started, heard = tmp_path / "started", tmp_path / "heard"
    hook = f"sh -c 'test -e {started} || {{ echo $$ > {started}; echo begun; exec sleep 600; }}'"
    with heard.open("wb") as output:
        first = Process(
            [sys.executable, "-m", "torc_tui", "recover", str(failed), "--recovery-hook", hook],
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    wait_for(lambda: "  begun" in heard.read_text(), "what the hook says")
    first.send_signal(how)
    assert first.wait(100) == code
    assert ("continues what it has begun" in heard.read_text()) == (how == signal.SIGINT)
    wait_for(lambda: not psutil.pid_exists(int(started.read_text())), "the end of the hook")
    [left] = client.list_recoveries(failed).items
    assert (left.step, left.is_held, left.ended_at) == ("adjust", False, None)
    again = torc_here("recover", failed, "--recovery-hook", hook, "--detach")
    assert again.code == 0, again.err
    wait_for(lambda: all(run.state is not RunState.RUNNING for run in list_runs()), "its run")


def test_errors_are_data_for_programs_too(torc_here, client):
    new = client.create_workflow(Workflow(name="new", user="tester")).id
    for number, said, code in (
        (new, "has not been started", 5),
        (10**9, "There is no workflow", 4),
    ):
        refused = torc_here("-f", "json", "recover", number, "--dry-run")
        assert refused.code == code
        assert said in refused.json["error"]
        assert (refused.json["workflow_id"], refused.json["dry_run"]) == (number, True)
        assert said in refused.err
    for wrong, said in (
        (("--memory-multiplier", 0.9), "is not a number from 1"),
        (("--max-memory", "lots"), "is not a memory size"),
        (("--max-runtime", "2h"), "is not a duration"),
        (("--max-node-hours", 0), "is not a number above 0"),
        (("--recovery-hook", "./absent.sh"), "there is no program ./absent.sh"),
    ):
        refused = torc_here("recover", new, *wrong)
        assert refused.code in {2, 9}
        assert said in refused.err
