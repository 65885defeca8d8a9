"""What goes wrong around a runner: no disk, a foreign process, a job that comes back too early."""

import gc
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import wait_for

from torc_core.clock import utc_now
from torc_core.errors import MachineError
from torc_core.model.resources import FailureHandler, ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus

STUBBORN = "trap '' TERM; touch {mark}; until [ -e {go} ]; do sleep 0.02; done"


def test_a_machine_without_its_output_directory_releases_its_jobs(flow):
    logs = flow.output_dir / "job_stdio"
    first = flow.add(f"rm -r {logs}; touch {logs}", name="first")
    second = flow.add("true", name="second", depends_on_job_ids=[first])
    with pytest.raises(MachineError, match=f"log directory {logs} .* File exists"):
        flow.run()
    assert (flow.status(first), flow.status(second)) == ("completed", "ready")
    logs.unlink()
    assert flow.run().outcomes == {"completed": 1}


@pytest.mark.parametrize("removed", [".", "job_stdio", "job_stdio/*", "job_stdio/../x"])
def test_jobs_may_delete_the_directory_of_the_logs(flow, removed):
    first = flow.add(f"rm -rf {flow.output_dir}/{removed}; mkdir -p {flow.output_dir}", name="a")
    second = flow.add("echo here", name="b", depends_on_job_ids=[first])
    third = flow.add(f"rm -rf {flow.output_dir}; exit 3", name="c", depends_on_job_ids=[second])
    assert flow.run().outcomes == {"completed": 2, "failed": 1}
    assert flow.result(third).return_code == 3


@pytest.mark.parametrize("last", ["true", "rm -r {}; mkdir {}", "rm -r {}/*"])
def test_a_runners_log_survives_jobs_that_clean_up(flow, last):
    clean = f"rm -r {flow.output_dir}; mkdir {flow.output_dir}"
    first = flow.add(clean, name="a")
    second = flow.add("true", name="b", depends_on_job_ids=[first])
    flow.add(last.format(flow.output_dir, flow.output_dir), name="c", depends_on_job_ids=[second])
    assert flow.run().outcomes == {"completed": 3}
    (log,) = flow.output_dir.glob("job_runner_*.log")
    text = log.read_text()
    assert text.count("Job started") == 3
    assert text.count("had vanished; it was created again") == 1
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_job_may_delete_all_logs_in_the_end(flow):
    flow.add(f"rm -r {flow.output_dir}", name="a")
    assert flow.run().outcomes == {"completed": 1}
    assert not flow.output_dir.exists()


def test_a_log_directory_that_is_made_again_is_as_private_as_before(flow):
    logs = flow.output_dir / "job_stdio"
    first = flow.add(f"rm -r {flow.output_dir}", name="a")
    second = flow.add("echo here", name="b", depends_on_job_ids=[first])
    flow.run()
    assert flow.stdio(second) == "here\n"
    assert [path.stat().st_mode & 0o077 for path in (flow.output_dir, logs)] == [0, 0]


def test_a_working_directory_that_is_gone_ends_the_run_and_fails_no_job(
    flow, tmp_path, monkeypatch
):
    place = tmp_path / "study"
    place.mkdir()
    monkeypatch.chdir(place)
    first = flow.add(f"rmdir {place}", name="first")
    second = flow.add("pwd", name="second", depends_on_job_ids=[first])
    with pytest.raises(MachineError, match=f"working directory {place} has vanished"):
        flow.run()
    assert (flow.status(first), flow.status(second)) == ("completed", "ready")


@pytest.mark.parametrize("command", ["pwd", "/bin/pwd"])
def test_a_working_directory_that_jobs_make_anew_is_entered(flow, tmp_path, monkeypatch, command):
    place = tmp_path / "study"
    place.mkdir()
    monkeypatch.chdir(place)
    first = flow.add(f"cd /; rm -r {place}; mkdir {place}; touch {place}/new", name="first")
    second = flow.add(f"ls; {command}", name="second", depends_on_job_ids=[first])
    assert flow.run().outcomes == {"completed": 2}
    assert flow.stdio(second) == f"new\n{place}\n"
    assert flow.stdio(second, "e") == ""


def test_what_is_in_the_way_of_the_logs_is_named(flow):
    flow.add("true")
    flow.output_dir.mkdir()
    (flow.output_dir / "job_stdio").touch()
    with pytest.raises(MachineError, match=r"cannot be created: .*/job_stdio: File exists"):
        flow.run()


def test_a_full_disk_costs_the_log_and_nothing_else(flow, capfd):
    bad = flow.add("echo lost > /dev/full", name="bad")
    good = flow.add("echo kept", name="good")
    summary = flow.run(log_path="/dev/full")

    assert (flow.status(bad), flow.status(good)) == ("failed", "completed")
    assert flow.stdio(good) == "kept\n"
    assert "No space left" in flow.stdio(bad, "e")
    assert summary.lost_log_lines >= 7  # three of each job, and that the runner began
    assert "Traceback" not in capfd.readouterr().err


def test_a_log_with_room_has_lost_nothing(flow):
    flow.add("true")

    assert flow.run().lost_log_lines == 0


def test_a_log_that_cannot_be_opened_leaves_no_active_node(flow, tmp_path):
    flow.add("true")
    with pytest.raises(MachineError, match="cannot be written"):
        flow.run(log_path=str(tmp_path))
    assert [node.is_active for node in flow.client.list_compute_nodes(flow.id).items] == [False]


def test_a_job_that_comes_back_waits_for_its_earlier_attempt(flow, start_runner, tmp_path):
    mark, go, again = tmp_path / "runs", tmp_path / "go", tmp_path / "again"
    job = flow.add(
        f"if [ -e {mark} ]; then touch {again}; else {STUBBORN.format(mark=mark, go=go)}; fi",
        supports_termination=True,
    )
    thread = start_runner(flow, wait_for_new_jobs_s=30.0)
    wait_for(mark.exists, "the first attempt")
    flow.client.manage_status_change(job, "ready", 1)
    log = next(flow.output_dir.glob("job_runner_*"))
    wait_for(lambda: "reason=canceled" in log.read_text(), "the request to stop")
    assert not again.exists()
    go.touch()
    assert thread.wait().jobs_by_status["completed"] == 1
    assert again.exists()
    assert flow.result(job).return_code == 0


def test_a_job_that_another_client_completes_is_stopped(flow, start_runner, tmp_path):
    mark, go = tmp_path / "runs", tmp_path / "go"
    job = flow.add(f"trap 'rm {mark}; exit' TERM; touch {mark}; sleep 600 & wait")
    flow.add(f"until [ -e {go} ]; do sleep 0.02; done")  # the workflow goes on
    thread = start_runner(flow)
    wait_for(mark.exists, "the job")
    wait_for(lambda: flow.client.get_job(job).status == "running", "the note that it runs")
    result = Result(
        job_id=job,
        workflow_id=flow.id,
        run_id=1,
        compute_node_id=flow.client.list_compute_nodes(flow.id).items[0].id,
        return_code=-15,
        exec_time_minutes=0.0,
        completion_time=utc_now(),
        status=JobStatus.TERMINATED,
    )
    flow.client.complete_job(job, JobStatus.TERMINATED, 1, result)
    wait_for(lambda: not mark.exists(), "its process to be stopped")
    go.touch()
    assert thread.wait().jobs_by_status["terminated"] == 1
    assert flow.result(job).return_code == -15


def test_nothing_is_retried_once_the_runner_stops(flow, start_runner, tmp_path):
    mark, healed = tmp_path / "runs", tmp_path / "healed"
    needs = ResourceRequirements(workflow_id=flow.id, name="n", memory="1g", runtime="PT1S")
    rules = f'[{{"match_all_exit_codes": true, "recovery_script": "touch {healed}"}}]'
    job = flow.add(
        STUBBORN.format(mark=mark, go=tmp_path / "never"),
        supports_termination=True,
        resource_requirements_id=flow.client.create_resource_requirements(needs).id,
        failure_handler_id=flow.client.create_failure_handler(
            FailureHandler(workflow_id=flow.id, name="h", rules=rules)
        ).id,
    )
    thread = start_runner(flow, limit_resources=True, grace_s=1000.0)
    wait_for(mark.exists, "the job")
    log = next(flow.output_dir.glob("job_runner_*"))
    wait_for(lambda: 'reason="out of time"' in log.read_text(), "its limit")
    thread.runner.stop()
    thread.runner.stop()
    assert thread.wait().exit_code == 130
    assert not healed.exists()
    assert flow.status(job) == "terminated"


def test_a_runner_closes_every_descriptor(flow):
    def descriptors():
        flow.client.close()  # its idle connections are its own, not the runner's
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    flow.add("true", name="first")
    flow.run()
    before = descriptors()
    for index in range(20):
        flow.add("sleep 0.01 & sleep 0.01", name=f"j{index}")
    flow.client.initialize_jobs(flow.id, only_uninitialized=True)
    flow.run()
    wait_for(lambda: descriptors() <= before, "as few as before")


def test_a_parent_that_ignores_children_does_not_hide_their_exit_codes(flow):
    job = flow.add("exit 7")
    flow.initialize()
    code = (
        "import signal, sys; from torc_core.client import TorcClient;"
        "from torc_core.runner.policy.options import RunnerOptions;"
        "from torc_core.runner.runner import Runner;"
        "from torc_core.runner.signals import stopping_on_signals;"
        "options = RunnerOptions(workflow_id=int(sys.argv[2]), output_dir=sys.argv[3]);"
        "runner = Runner(TorcClient(sys.argv[1]), options)\n"
        "with stopping_on_signals(runner.stop): print(runner.run().outcomes)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, flow.client.url, str(flow.id), str(flow.output_dir)],
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout == "{'failed': 1}\n", done.stderr
    assert flow.result(job).return_code == 7


def test_a_runner_whose_guard_ends_at_once_says_so_and_leaves(
    flow, start_runner, tmp_path, monkeypatch
):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nsleep 0.1\necho no module named torc >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    job = flow.add("true")
    with pytest.raises(MachineError, match="ends at once") as raised:
        start_runner(flow).wait()
    log = Path(raised.value.hint.removeprefix("See "))
    assert log.read_text() == "no module named torc\n"
    assert flow.status(job) == "ready"
