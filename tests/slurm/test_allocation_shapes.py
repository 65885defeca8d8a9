"""Allocations of one node and of three, with too little memory or time, in other networks."""

from __future__ import annotations

import os
import sys
from contextlib import closing

import pytest
from slurm.workers import Site

from torc_core.client import TorcClient

TOKEN = "a-token-of-32-characters-or-more"
ON_EACH_NODE = {"launcher": "srun --ntasks-per-node=1", "more": "--is-subtask"}


@pytest.fixture
def site(slurm, client, output):
    return Site(slurm, client, output)


def nodes(site):
    return site.flow.client.list_compute_nodes(site.flow.id).items


def test_a_worker_runs_the_jobs_of_a_workflow_and_leaves(site):
    job = site.flow.add("echo $SLURMD_NODENAME")
    site.flow.start()

    slurm_job = site.submit("--cpus-per-task=4", "--mem=900M")

    assert site.cluster.wait_for_end(slurm_job) == "COMPLETED", site.said(slurm_job)
    (node,) = nodes(site)
    host = site.cluster.show(slurm_job)["NodeList"]
    assert site.flow.stdio(job).strip() == host
    if site.cluster.layout.machine.namespaces:
        assert node.hostname == host
    assert (node.compute_node_type, node.num_cpus, node.memory_gb) == ("slurm", 4, 900 / 1024)
    assert node.scheduler["slurm_job_id"] == slurm_job


def test_one_worker_on_each_of_three_nodes(site):
    met = site.output / "met"
    met.mkdir()
    meet = f"touch {met}/$TORC_JOB_ID; until test $(ls {met} | wc -l) = 3; do sleep 0.1; done"
    whole = site.need("whole", num_cpus=2, memory="200m")
    jobs = [
        site.flow.add(
            f"echo $SLURMD_NODENAME; {meet}", name=f"j{number}", resource_requirements_id=whole
        )
        for number in range(3)
    ]
    site.flow.start()

    slurm_job = site.submit("--nodes=3", "--cpus-per-task=2", "--mem=300M", **ON_EACH_NODE)

    assert site.cluster.wait_for_end(slurm_job) == "COMPLETED", site.said(slurm_job)
    assert {site.flow.stdio(job).strip() for job in jobs} == set(site.cluster.nodes)
    assert len(nodes(site)) == 3


def test_a_job_that_needs_more_memory_than_the_allocation_has(site):
    if not site.cluster.layout.machine.control_groups:
        pytest.skip("only root's clusters confine jobs to their memory")
    job = site.flow.add(f"exec {sys.executable} -c 'bytearray(10**9)'")
    site.flow.start()

    slurm_job = site.submit("--mem=250M")

    assert site.cluster.wait_for_end(slurm_job) == "OUT_OF_MEMORY"
    result = site.flow.result(job)
    assert (result.status, result.return_code) == ("failed", 137)
    assert 150e6 < result.peak_memory_bytes < 250 * 2**20


def test_jobs_are_stopped_before_the_time_of_the_allocation_is_over(slurm, client, output):
    site = Site(slurm, client, output, compute_node_expiration_buffer_seconds=50)
    short = site.need("short", runtime="PT1S")
    job = site.flow.add("exec sleep 1000", resource_requirements_id=short)
    site.flow.start()

    slurm_job = site.submit("--time=1")

    assert slurm.wait_for_end(slurm_job) == "COMPLETED"  # and not TIMEOUT
    assert site.flow.status(job) == "terminated", site.said(slurm_job)


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
        site = Site(cluster, client, output)
        job = site.flow.add("hostname")
        site.flow.start()

        slurm_job = site.submit("--nodes=2", **ON_EACH_NODE)

        assert cluster.wait_for_end(slurm_job) == "COMPLETED", site.said(slurm_job)
        assert site.flow.stdio(job).strip() in cluster.nodes
