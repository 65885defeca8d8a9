"""The runner of an allocation, on a real cluster and with a real server."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import closing

import pytest
from core.runner.flows import Flow

from torc_core.client import TorcClient
from torc_core.model.compute import ComputeNode
from torc_core.model.resources import ResourceRequirements

TOKEN = "a-token-of-32-characters-or-more"


@pytest.fixture
def flow(client, output):
    return Flow(client, output / "results")


def worker(flow, *options):
    program = (sys.executable, "-m", "torc_core.hpc.slurm")
    return shlex.join([*program, flow.client.url, str(flow.id), str(flow.output_dir), *options])


def needs(flow, **fields):
    made = ResourceRequirements(workflow_id=flow.id, name="needs", **fields)
    return flow.client.create_resource_requirements(made).id


def nodes(flow) -> list[ComputeNode]:
    return flow.client.list_compute_nodes(flow.id).items


def test_a_worker_runs_the_jobs_of_a_workflow_and_leaves(slurm, flow, output):
    job = flow.add("echo $SLURMD_NODENAME; nproc")
    flow.start()

    allocation = slurm.submit(
        f"exec {worker(flow)}",
        *("--cpus-per-task=4", "--mem=900M", "--time=5", f"--output={output}/slurm"),
    )

    assert slurm.wait_for_end(allocation) == "COMPLETED", (output / "slurm").read_text()
    assert flow.status(job) == "completed"
    (node,) = nodes(flow)
    assert flow.stdio(job).split()[0] == node.hostname == slurm.show(allocation)["NodeList"]
    assert (node.compute_node_type, node.num_cpus, node.memory_gb) == ("slurm", 4, 900 / 1024)
    assert node.scheduler["slurm_job_id"] == allocation


def test_one_worker_on_each_of_three_nodes(slurm, flow, output):
    met = output / "met"
    met.mkdir()
    meet = f"touch {met}/$TORC_JOB_ID; until test $(ls {met} | wc -l) = 3; do sleep 0.1; done"
    whole = needs(flow, num_cpus=2, memory="200m", runtime="PT1M")
    jobs = [
        flow.add(f"hostname; {meet}", name=f"j{number}", resource_requirements_id=whole)
        for number in range(3)
    ]
    flow.start()

    allocation = slurm.submit(
        f"srun --ntasks-per-node=1 {worker(flow, '--is-subtask')}",
        *("--nodes=3", "--cpus-per-task=2", "--mem=300M", "--time=5", f"--output={output}/slurm"),
    )

    assert slurm.wait_for_end(allocation) == "COMPLETED", (output / "slurm").read_text()
    hosts = {flow.stdio(job).strip() for job in jobs}
    assert hosts == {node.hostname for node in nodes(flow)} == set(slurm.nodes)


def test_a_job_that_needs_more_memory_than_the_allocation_has(slurm, flow, output):
    if not slurm.layout.machine.control_groups:
        pytest.skip("only root's clusters confine jobs to their memory")
    job = flow.add(f"exec {sys.executable} -c 'bytearray(10**9)'")
    flow.start()

    allocation = slurm.submit(f"exec {worker(flow)}", "--mem=250M", "--time=5")

    assert slurm.wait_for_end(allocation) == "OUT_OF_MEMORY"
    result = flow.result(job)
    assert (result.status, result.return_code) == ("failed", 137)
    assert 150e6 < result.peak_memory_bytes < 250 * 2**20


def test_jobs_are_stopped_before_the_time_of_the_allocation_is_over(slurm, client, output):
    flow = Flow(client, output / "results", compute_node_expiration_buffer_seconds=50)
    short = needs(flow, runtime="PT1S")
    job = flow.add("exec sleep 1000", resource_requirements_id=short)
    flow.start()

    allocation = slurm.submit(f"exec {worker(flow)}", "--time=1", f"--output={output}/log")

    assert slurm.wait_for_end(allocation) in {"COMPLETED", "FAILED"}  # and not TIMEOUT
    assert flow.status(job) == "terminated", (output / "log").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make networks")
def test_workers_in_another_network_use_a_server_that_wants_a_token(
    start_cluster, make_server, output, monkeypatch
):
    cluster = start_cluster(nodes=2, accounting=False, own_networks=True)
    (output / "token").write_text(TOKEN)
    server = make_server("--host", cluster.address, "--token-file", str(output / "token"))
    url = server.url.replace("127.0.0.1", cluster.address)
    monkeypatch.setenv("TORC_TOKEN", TOKEN)
    with closing(TorcClient(url, token=TOKEN)) as client:
        flow = Flow(client, output / "results")
        job = flow.add("hostname")
        flow.start()

        command = f"srun --ntasks-per-node=1 {worker(flow, '--is-subtask')}"
        allocation = cluster.submit(command, "--nodes=2", "--time=5", f"--output={output}/log")

        assert cluster.wait_for_end(allocation) == "COMPLETED", (output / "log").read_text()
        assert flow.stdio(job).strip() in cluster.nodes
