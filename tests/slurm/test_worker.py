"""The runner in allocations of a real cluster."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from slurm.cluster.processes import kill, processes_of, with_names
from slurm.outcomes import LOST
from slurm.workers import RESTARTED, Site
from waiting import wait_for

from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.status import JobStatus
from torc_core.units import parse_duration


@pytest.fixture
def site(slurm, client, output):
    """A workflow on the shared cluster."""
    return Site(slurm, client, output)


def running(site, count=4, **fields):
    """Start a workflow of long jobs that run in an allocation; return both."""
    jobs = [site.flow.add("exec sleep 1000", name=f"j{at}", **fields) for at in range(count)]
    site.flow.start()
    options = ("--cpus-per-task=4", *(("--requeue",) if count == 2 else ()))
    slurm_job = site.submit(*options, before=RESTARTED)
    site.wait_for_status("running", *jobs)
    return slurm_job, jobs


@pytest.mark.parametrize("at", range(3))
def test_jobs_of_a_canceled_allocation_are_interrupted_whichever_is_noticed_first(site, at):
    slurm_job, jobs = running(site)
    site.cluster.run("scancel", str(slurm_job))
    site.wait_for_status("terminated", *jobs)
    results = [site.flow.result(job) for job in jobs]
    assert {(each.status, each.return_code) for each in results} == {(JobStatus.TERMINATED, 143)}
    assert site.cluster.wait_for_end(slurm_job) == "CANCELLED"
    site.flow.start()
    assert {site.flow.status(job) for job in jobs} == {"ready"}, f"round {at}"


PER_NODE = "srun --ntasks-per-node=1 --overlap --cpu-bind=none"


def test_one_worker_per_node_offers_its_node_and_one_for_all_offers_nodes(site):
    site.flow.add("hostname", name="one")
    site.flow.add("srun --overlap hostname", name="two", resource_requirements_id=two_nodes(site))
    site.flow.start()
    of_nodes = site.submit("--nodes=2", launcher=PER_NODE, more="--is-subtask")
    site.cluster.wait_for_end(of_nodes)
    assert "1 ready job needs 2 nodes; this node has 1 node." in site.said(of_nodes)
    for_all = site.submit("--nodes=2", "--ntasks-per-node=1")
    assert site.cluster.wait_for_end(for_all) == "COMPLETED"
    nodes = site.flow.client.list_compute_nodes(site.flow.id).items
    assert sorted(node.num_nodes for node in nodes) == [1, 1, 2]
    assert {(node.num_cpus, round(node.memory_gb * 1024)) for node in nodes} == {(1, 500)}


def two_nodes(site):
    return site.need("wide", num_nodes=2)


def test_the_workers_of_all_nodes_are_signaled_with_their_jobs(site):
    jobs = [site.flow.add("exec sleep 1000", name=f"j{at}") for at in range(4)]
    site.flow.start()
    options = ("--nodes=2", "--cpus-per-task=2")
    slurm_job = site.submit(*options, launcher=PER_NODE, more="--is-subtask")
    site.wait_for_status("running", *jobs)
    site.cluster.run("scancel", str(slurm_job))
    site.wait_for_status("terminated", *jobs)
    assert {site.flow.result(job).return_code for job in jobs} == {143}
    site.flow.start()
    assert {site.flow.status(job) for job in jobs} == {"ready"}


def test_an_allocation_is_over_when_the_last_of_its_workers_leaves(site):
    client, workflow_id = site.flow.client, site.flow.id
    go = site.output / "go"
    job = f"until test -e {go}; do sleep 0.1; done"
    jobs = [site.flow.add(job, name=f"j{at}") for at in range(2)]
    site.flow.start()
    held = ("--hold", "--nodes=2")
    slurm_job = site.submit(*held, launcher=f"{PER_NODE} --wait=0", more="--is-subtask")
    record = client.create_scheduled_compute_node(
        ScheduledComputeNode(
            workflow_id=workflow_id, scheduler_id=slurm_job, scheduler_config_id=1,
            scheduler_type="slurm", status="pending",
        )
    )  # fmt: skip
    site.cluster.run("scontrol", "release", str(slurm_job))
    site.wait_for_status("running", *jobs)

    def status():
        return client.get_scheduled_compute_node(record.id).status

    assert status() == "active"
    (first,) = workers_on_node(slurm_job, "0")
    first.terminate()
    psutil.wait_procs([first], timeout=250)
    assert not first.is_running()
    active = client.list_compute_nodes(workflow_id, is_active=True).items
    assert (len(active), status()) == (1, "active"), site.said(slurm_job)
    go.touch()
    site.cluster.wait_for_end(slurm_job)
    assert status() == "complete", site.said(slurm_job)


def workers_on_node(slurm_job, number):
    """Return the worker of one node of an allocation."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            environ, words = process.environ(), process.cmdline()
            is_here = environ.get("SLURM_JOB_ID") == str(slurm_job)
            is_worker = "--is-subtask" in words and "srun" not in Path(words[0]).name
            if is_here and is_worker and environ.get("SLURM_NODEID") == number:
                found.append(process)
    return found


def test_the_buffer_before_the_end_is_left_once(site):
    slurm_job, _ = running(site)
    [node] = site.flow.client.list_compute_nodes(site.flow.id).items
    hour, buffer = 3600, 180
    assert hour - buffer - 30 <= parse_duration(node.time_limit, field="") <= hour - buffer
    site.cluster.run("scancel", str(slurm_job))


def test_a_job_that_ends_well_when_all_processes_are_signaled_is_interrupted(site):
    saves = "exec perl -e '$SIG{TERM} = sub {exit 0}; sleep 1000'"
    fails = "exec perl -e '$SIG{TERM} = sub {exit 3}; sleep 1000'"
    commands = {"saves": saves, "fails": fails, "plain": "exec sleep 1000"}
    jobs = [
        site.flow.add(command, name=name, supports_termination=True)
        for name, command in commands.items()
    ]
    site.flow.start()
    slurm_job = site.submit("--cpus-per-task=3")
    site.wait_for_status("running", *jobs)
    place = site.cluster.layout.place
    pids = processes_of(place, site.cluster.show(slurm_job)["NodeList"])
    runners = processes_of_job(pids, slurm_job, "python", "python3")
    for pid in runners:
        kill(pid, signal.SIGSTOP)  # so that they get their signal at one moment with the jobs
    for pid in (*processes_of_job(pids, slurm_job, "perl", "sleep"), *runners):
        kill(pid, signal.SIGTERM)
    for pid in runners:
        kill(pid, signal.SIGCONT)
    site.wait_for_status("terminated", *jobs)


def processes_of_job(pids, slurm_job, *names):
    """Return the processes of a Slurm job that run one of these programs."""
    own = []
    for each in with_names(pids, *names):
        with suppress(psutil.NoSuchProcess):  # of another test
            if each.environ().get("SLURM_JOB_ID") == str(slurm_job):
                own.append(each.pid)
    return own


def test_an_allocation_that_is_requeued_goes_on_with_what_it_had_to_stop(site):
    slurm_job, jobs = running(site, 2)
    site.cluster.run("scontrol", "requeue", str(slurm_job))
    wait_for(lambda: attempts(site, jobs) == {2}, "the second attempts", 250)
    site.wait_for_status("running", *jobs)
    assert "Slurm has started the allocation again" in site.said(slurm_job)
    site.cluster.run("scancel", str(slurm_job))


def attempts(site, jobs):
    return {site.flow.client.get_job(job).attempt_id for job in jobs}


def test_what_ran_on_a_lost_node_runs_again_as_soon_as_the_allocation_does(
    start_cluster, client, output
):
    cluster = start_cluster(nodes=2, accounting=False)
    site = Site(cluster, client, output)
    slurm_job, jobs = running(site, 2)
    node = cluster.show(slurm_job)["NodeList"]
    cluster.kill_node(node)
    cluster.down_node(node)
    wait_for(lambda: attempts(site, jobs) == {2}, "the second attempts", 250)
    site.wait_for_status("running", *jobs)
    nodes = client.list_compute_nodes(site.flow.id).items
    assert [each.is_active for each in nodes] == [False, True]
    results = client.list_results(site.flow.id, all_runs=True).items
    found = [(each.attempt_id, (each.status, each.return_code)) for each in results]
    assert found == [(1, LOST)] * 2


def test_a_worker_leaves_when_nothing_that_is_left_fits_its_time(site):
    long = site.need("long", runtime="PT2H")
    held = site.flow.add("exec sleep 1000", name="held", resource_requirements_id=long)
    site.flow.add("true", name="after", depends_on_job_ids=[held], resource_requirements_id=long)
    site.flow.start()
    first = site.submit("--time=200")
    site.wait_for_status("running", held)
    second = site.submit("--time=60")
    assert site.cluster.wait_for_end(second) == "COMPLETED"
    assert "those nearest to fit need 2h 00m each; this node has 5" in site.said(second)
    site.cluster.run("scancel", str(first))


def test_the_kernels_messages_are_kept_when_a_job_has_failed(site):
    site.flow.add("exit 3", name="fails")
    site.flow.start()
    slurm_job = site.submit()
    site.cluster.wait_for_end(slurm_job)
    kept = list(site.output.glob(f"dmesg_slurm_wf{site.flow.id}_sl{slurm_job}_n0_pid*.log"))
    assert len(kept) == 1 or "Kernel messages are not kept" in site.said(slurm_job)


def test_they_are_not_when_none_has(site):
    site.flow.add("true", name="works")
    site.flow.start()
    slurm_job = site.submit()
    assert site.cluster.wait_for_end(slurm_job) == "COMPLETED"
    assert list(site.output.glob("dmesg*")) == []
