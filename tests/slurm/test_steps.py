"""Jobs as steps of an allocation, on a real cluster."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psutil
import pytest
from slurm.workers import Site
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.hpc.slurm.step_accounts import StepAccounts
from torc_core.model.status import JobStatus
from torc_core.runner.policy.commands.step import StepFiles, ask_arguments, start_arguments
from torc_core.runner.policy.commands.step_site import StepSite

TAKES_200_MB = "exec perl -e '$x = q(a) x (200 * 1024 * 1024); print 1'"


@pytest.fixture
def make_site(slurm, client, output):
    """Return a workflow on the shared cluster whose jobs become steps."""

    def make(**execution):
        config = {"mode": "slurm"} | execution
        return Site(slurm, client, output, execution_config=config)

    return make


@pytest.fixture
def site(make_site):
    return make_site()


def test_a_job_that_exceeds_the_memory_of_its_step_ends_alone(make_site):
    site = make_site(oom_exit_code=42)
    small = site.need("small", memory="50m")
    over = site.flow.add(TAKES_200_MB, name="over", resource_requirements_id=small)
    child = site.flow.add(f"({TAKES_200_MB}); exit 0", name="c", resource_requirements_id=small)
    other = site.flow.add("sleep 3; echo well", name="other", resource_requirements_id=small)
    site.flow.start()
    slurm_job = site.submit("--cpus-per-task=3")
    site.cluster.wait_for_end(slurm_job)
    for job in (over, child):
        result = site.flow.result(job)
        assert (result.status, result.return_code) == (JobStatus.TERMINATED, 42)
    assert site.flow.result(other).return_code == 0
    assert "The job was stopped: out of memory." in stdio(site, over, "e")
    assert stdio(site, other, "o") == "well\n"
    assert stdio(site, other, "e") == ""


def all_at_once(site, count):
    """Return a command that ends once so many jobs run it at the same time."""
    mark = f"{site.output}/on"
    return (
        f"touch {mark}.$TORC_JOB_ID; until [ $(ls {mark}.* | wc -l) = {count} ]; do sleep 0.1; done"
    )


def until(path):
    return f"until [ -e {path} ]; do sleep 0.1; done"


def stdio(site, job, ending):
    return (site.output / f"job_stdio/job_wf{site.flow.id}_j{job}_r1_a1.{ending}").read_text()


def test_steps_are_accounted_for_their_attempts(site):
    need = site.need("n", memory="60m")
    jobs = [
        site.flow.add("hostname; exit 3", name=f"j{at}", resource_requirements_id=need)
        for at in range(5)
    ]
    site.flow.start()
    slurm_job = site.submit("--cpus-per-task=2")
    site.cluster.wait_for_end(slurm_job)
    assert {site.flow.result(job).return_code for job in jobs} == {3}
    stats = site.flow.client.list_slurm_stats(site.flow.id).items
    assert sorted(each.job_id for each in stats) == sorted(jobs)
    assert {(each.run_id, each.attempt_id, each.slurm_job_id) for each in stats} == {
        (1, 1, str(slurm_job))
    }
    assert all(each.max_rss_bytes and each.node_list for each in stats)
    left = {path.suffix for path in (site.output / "job_stdio").iterdir()}
    assert left == {".o", ".e"}


def test_an_accounting_that_hangs_does_not_hold_the_allocation(start_cluster, client):
    cluster = start_cluster(nodes=1)
    clock = SystemClock()
    programs = Slurm(clock, Budget(), environ=cluster.environ, timeout_s=1)
    place = StepSite(srun="", scancel="", slurm_job_id=1, node="n1")
    accounts = StepAccounts(client, 1, place, programs, clock=clock, jitter=lambda: 0.0)
    with cluster.frozen_accounting():
        with accounts.recording():
            began = clock.monotonic()
        assert clock.monotonic() - began < 5
    assert programs.budget.used(clock.monotonic()) == 1


@pytest.mark.parametrize("mode", ["slurm", "auto"])
def test_what_a_job_runs_is_the_same_as_without_steps(make_site, mode):
    site = make_site(mode=mode, stdio={"mode": "combined"})
    said = 'echo "$0 $TORC_JOB_NAME $MINE"; pwd >&2; cat; kill -9 $$'
    job = site.flow.add(said, name="j", env={"MINE": "a b'\"$x"})
    site.flow.start()
    site.cluster.wait_for_end(site.submit())
    result = site.flow.result(job)
    assert (result.status, result.return_code) == (JobStatus.FAILED, 137)
    lines = stdio(site, job, "log").splitlines()
    assert lines[0] == "bash j a b'\"$x"
    assert lines[1].startswith("/")
    assert len(lines) == 2


def test_a_job_past_its_runtime_is_stopped_with_its_grace(make_site):
    site = make_site(timeout_exit_code=77)
    need = site.need("short", runtime="PT3S")
    asked = "exec perl -e '$SIG{TERM} = sub {print qq(asked\n); exit 0}; sleep 1000'"
    job = site.flow.add(asked, name="j", resource_requirements_id=need, supports_termination=True)
    site.flow.start()
    site.cluster.wait_for_end(site.submit("--cpus-per-task=2"))
    result = site.flow.result(job)
    assert (result.status, result.return_code) == (JobStatus.TERMINATED, 77)
    assert stdio(site, job, "o") == "asked\n"


def test_gpus_are_those_that_slurm_gives_the_step(site):
    need = site.need("gpu", num_gpus=1)
    say = f"echo gpu=$CUDA_VISIBLE_DEVICES; {all_at_once(site, 2)}"
    jobs = [site.flow.add(say, name=f"j{at}", resource_requirements_id=need) for at in range(2)]
    site.flow.start()
    slurm_job = site.submit("--cpus-per-task=2", "--gres=gpu:2", "--partition=gpu")
    assert site.cluster.wait_for_end(slurm_job) == "COMPLETED"
    assert sorted(stdio(site, job, "o") for job in jobs) == ["gpu=0\n", "gpu=1\n"]


def test_a_job_of_several_nodes_starts_its_own_steps(site):
    one = site.flow.add("hostname", name="one")
    wide = site.need("wide", num_nodes=2)
    two = site.flow.add(
        "srun --overlap --nodes=2 --ntasks=2 hostname", name="two", resource_requirements_id=wide
    )
    site.flow.start()
    slurm_job = site.submit("--nodes=2", "--ntasks-per-node=1")
    assert site.cluster.wait_for_end(slurm_job) == "COMPLETED"
    assert {site.flow.result(job).return_code for job in (one, two)} == {0}
    assert len(set(stdio(site, two, "o").split())) == 2


def test_jobs_of_a_canceled_workflow_and_their_processes_end(site):
    job = site.flow.add("sleep 1234 & wait", name="j")
    site.flow.start()
    slurm_job = site.submit("--cpus-per-task=2")
    site.wait_for_status("running", job)
    wait_for(lambda: sleepers(slurm_job), "the process of the job")
    site.flow.client.cancel_workflow(site.flow.id)
    site.cluster.wait_for_end(slurm_job)
    assert site.flow.status(job) == "canceled"
    wait_for(lambda: not sleepers(slurm_job), "the end of all processes")


def sleepers(slurm_job):
    """Return the processes `sleep` of a Slurm job."""
    return [
        each.pid
        for each in psutil.process_iter(["name"])
        if each.info["name"] == "sleep" and _of(each) == str(slurm_job)
    ]


def _of(process):
    try:
        return process.environ().get("SLURM_JOB_ID")
    except psutil.Error:
        return None


def test_a_step_that_has_not_begun_is_asked_when_it_has_and_no_other_one_is(slurm, output):
    slurm_job = slurm.submit("srun --overlap sleep 1000 & srun --overlap sleep 1000 & wait")
    wait_for(lambda: len(sleepers(slurm_job)) == 2, "the steps to begin")
    files = StepFiles(number=str(output / "n"), words="", stdout="", stderr="")
    programs = {name: shutil.which(name) or "" for name in ("bash", "srun", "scancel")}
    place = StepSite(
        srun=programs["srun"], scancel=programs["scancel"], slurm_job_id=slurm_job, node="n1"
    )
    path, _, *arguments = ask_arguments(programs["bash"], place, files)
    asking = subprocess.Popen([path, *arguments, "TERM"])
    wait_for(lambda: psutil.Process(asking.pid).children(), "it to wait")
    assert len(sleepers(slurm_job)) == 2
    Path(files.number).write_text("1 1700000000", "ascii")
    assert asking.wait(100) == 0
    wait_for(lambda: len(sleepers(slurm_job)) == 1, "the end of the step")
    left = slurm.run("squeue", "--noheader", "--steps", f"--jobs={slurm_job}", "--format=%i").stdout
    assert f"{slurm_job}.0" in left.split()
    slurm.run("scancel", str(slurm_job))


def test_a_step_that_was_asked_to_end_before_it_began_is_not_started(output):
    files = StepFiles(number=str(output / "n"), words=str(output / "w"), stdout="", stderr="")
    place = StepSite(srun="/bin/sh", scancel="", slurm_job_id=1, node="n1")
    fails = ["-c", f"echo x >>{output}/tries; echo slurm controller >&2; exit 1"]
    path, _, *arguments = start_arguments("/bin/bash", place, fails, files, "")
    starting = subprocess.Popen([path, *arguments])
    wait_for(lambda: psutil.Process(starting.pid).children(), "a try")
    wait_for((output / "tries").exists, "a failed try")
    starting.terminate()
    assert starting.wait(100) == 1
    assert (output / "tries").read_text() == "x\n"


def test_jobs_of_a_canceled_allocation_are_interrupted(site):
    jobs = [site.flow.add("exec sleep 1000", name=f"j{at}") for at in range(3)]
    site.flow.start()
    slurm_job = site.submit("--cpus-per-task=3")
    site.wait_for_status("running", *jobs)
    wait_for(lambda: len(sleepers(slurm_job)) == 3, "the processes of the jobs")
    site.cluster.run("scancel", str(slurm_job))
    site.wait_for_status("terminated", *jobs)
    site.flow.start()
    assert {site.flow.status(job) for job in jobs} == {"ready"}


def test_a_worker_that_is_killed_leaves_its_steps_to_the_next_one(site):
    begun, go = site.output / "begun", site.output / "go"
    job = site.flow.add(f"touch {begun}; {until(go)}; echo done; exit 5", name="j")
    stopped = site.flow.add("sleep 2345", name="k")
    site.flow.start()
    slurm_job = site.submit(
        "--cpus-per-task=2", before="for at in 1 2; do ", launcher="", more="; done"
    )
    site.wait_for_status("running", job, stopped)
    wait_for(begun.exists, "the process of the job")
    [worker] = workers(site)
    worker.kill()
    wait_for(lambda: workers(site) not in ([], [worker]), "the next worker")
    go.touch()
    wait_for(lambda: site.flow.status(job) == "failed", "the end of the job")
    assert site.flow.result(job).return_code == 5
    assert stdio(site, job, "o") == "done\n"
    site.flow.client.cancel_workflow(site.flow.id)
    site.cluster.wait_for_end(slurm_job)
    assert site.flow.client.get_job(stopped).attempt_id == 1
    wait_for(lambda: not sleepers(slurm_job), "the end of all processes")


def workers(site):
    """Return the workers of a workflow."""
    wanted = ["torc_core.hpc.slurm", site.flow.client.url, str(site.flow.id)]
    found = [(each, each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    return [each for each, words in found if words[2:5] == wanted]


def test_steps_of_a_worker_and_a_guard_that_are_killed_are_ended_and_run_again(site):
    job = site.flow.add("sleep 3456", name="j")
    site.flow.start()
    slurm_job = site.submit(
        "--cpus-per-task=2", before="for at in 1 2; do ", launcher="", more="; done"
    )
    site.wait_for_status("running", job)
    wait_for(lambda: sleepers(slurm_job), "the process of the job")
    [first] = sleepers(slurm_job)
    [worker] = workers(site)
    for each in [worker, *worker.children()]:
        each.kill()
    wait_for(
        lambda: len(left := sleepers(slurm_job)) == 1 and left != [first],
        "the job to run again, alone",
        250,
    )
    site.flow.client.cancel_workflow(site.flow.id)
    site.cluster.wait_for_end(slurm_job)


def test_each_of_two_workers_starts_its_steps_on_its_own_node(site):
    say = f"echo $SLURMD_NODENAME; {all_at_once(site, 4)}"
    jobs = [site.flow.add(say, name=f"j{at}") for at in range(4)]
    site.flow.start()
    launcher = "srun --ntasks-per-node=1 --overlap --cpu-bind=none"
    options = ("--nodes=2", "--cpus-per-task=2")
    slurm_job = site.submit(*options, launcher=launcher, more="--is-subtask")
    assert site.cluster.wait_for_end(slurm_job) == "COMPLETED"
    assert len({stdio(site, job, "o") for job in jobs}) == 2
    stats = site.flow.client.list_slurm_stats(site.flow.id).items
    assert sorted(each.job_id for each in stats) == jobs


def test_more_jobs_than_their_requirements_allow_run_at_once_if_the_worker_is_to(site):
    need = site.need("n", num_cpus=2)
    command = all_at_once(site, 3)
    jobs = [site.flow.add(command, name=f"j{at}", resource_requirements_id=need) for at in range(3)]
    site.flow.start()
    slurm_job = site.submit("--cpus-per-task=2", more="--max-parallel-jobs=3")
    site.cluster.wait_for_end(slurm_job)
    assert {site.flow.result(job).return_code for job in jobs} == {0}


def test_a_job_is_started_again_when_the_controller_did_not_answer(start_cluster, client, output):
    cluster = start_cluster(nodes=1, accounting=False)
    site = Site(cluster, client, output, execution_config={"mode": "slurm"})
    short = site.need("short", runtime="PT10S")
    begun, go = output / "begun", output / "go"
    first = site.flow.add(f"touch {begun}; {until(go)}", name="first")
    job = site.flow.add("echo well", name="j", depends_on_job_ids=[first])
    waits = site.flow.add(
        "sleep 4", name="k", depends_on_job_ids=[first], resource_requirements_id=short
    )
    site.flow.start()
    site.submit("--cpus-per-task=2")
    site.wait_for_status("running", first)
    wait_for(begun.exists, "the process of the job")
    cluster.stop_controller()
    go.touch()
    site.wait_for_status("running", job, waits)
    wait_for(lambda: "controller" in words(site, job), "srun to give up")
    cluster.start_controller()
    site.wait_for_status("completed", job, waits)
    assert site.flow.result(job).return_code == 0


def words(site, job):
    path = site.output / f"job_stdio/job_wf{site.flow.id}_j{job}_r1_a1.srun"
    return path.read_text() if path.exists() else ""
