"""The cluster on which all else here is tried."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from slurm.cluster.place import Place
from slurm.cluster.processes import has_ended, processes_of
from slurm.cluster.settings import CONTROL_GROUPS, Settings
from slurm.cluster.sharing import own_cluster, shared_cluster
from waiting import wait_for

TESTS = Path(__file__).parents[1]
IS_ROOT = os.geteuid() == 0
STAY = """
import sys, time
from pathlib import Path
from slurm.cluster.settings import Settings
from slurm.cluster.sharing import own_cluster
with own_cluster(Settings(nodes=1, accounting=False)) as cluster:
    cluster.submit("setsid sleep 1000")
    print(cluster.layout.place.number, flush=True)
    time.sleep(1000)
"""


def test_a_job_runs_and_is_accounted_for(slurm, output):
    node = slurm.nodes[1]
    job = slurm.submit("hostname; exit 3", f"--output={output}/out", f"--nodelist={node}")

    assert slurm.wait_for_end(job) == "FAILED"
    host = node if slurm.layout.machine.namespaces else socket.gethostname()
    assert (output / "out").read_text() == f"{host}\n"
    asking = ("sacct", "--noheader", "--parsable2", "--allocations", "--format=State,ExitCode")
    wait_for(lambda: slurm.run(*asking, f"--jobs={job}").stdout == "FAILED|3:0\n", "its record")


def test_all_who_share_it_have_the_same_one(slurm, share_cluster):
    assert share_cluster() is slurm


def test_nothing_is_left_of_a_cluster():
    with own_cluster(Settings(own_networks=IS_ROOT, accounting=False)) as cluster:
        place = cluster.layout.place
        job = cluster.submit("sleep 1000 & setsid env --ignore-environment sleep 1000")
        cluster.wait_for_state(job, "RUNNING")
        running = processes_of(place)

    assert running
    assert not processes_of(place)
    assert all(map(has_ended, running))
    assert remains(place) == []


def remains(place):
    """Return what a cluster has made outside of processes."""
    groups = [group for root in CONTROL_GROUPS for group in root.glob(f"slurm_{place.prefix}*")]
    networks = list(Path("/run/netns").glob(f"{place.prefix}*"))
    links = place.links()
    mounts = re.findall(f"{place.directory}/.*", Path("/proc/mounts").read_text())
    directory = [place.directory] if place.directory.exists() else []
    return [*groups, *networks, *links, *mounts, *directory]


def test_what_a_killed_test_run_left_is_removed_by_the_next():
    killed = subprocess.Popen(
        [sys.executable, "-c", STAY],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
        stdout=subprocess.PIPE,
        text=True,
    )
    with killed:
        place = Place(int(killed.stdout.readline()))
        wait_for(lambda: "sleep" in names(processes_of(place)), "its job")
        left = processes_of(place)
        killed.kill()

    with own_cluster(Settings(nodes=1, accounting=False)):
        assert all(map(has_ended, left))


def names(processes):
    found = set()
    for number in processes:
        with suppress(psutil.NoSuchProcess):
            found.add(psutil.Process(number).name())
    return found


def test_it_lives_as_long_as_one_of_its_users(tmp_path):
    settings, register = Settings(nodes=1, accounting=False), tmp_path / "register"
    with shared_cluster(settings, register) as last:
        with shared_cluster(settings, register) as first:
            assert first.layout == last.layout
        assert last.run("sinfo").returncode == 0

    assert not processes_of(last.layout.place)


def test_clusters_side_by_side_share_nothing(start_cluster):
    first = start_cluster(nodes=1, accounting=False)
    second = start_cluster(nodes=1, accounting=False)

    jobs = [cluster.submit("sleep 1000") for cluster in (first, second)]
    for cluster in (first, second):
        there = (cluster.layout.place, cluster.nodes[0])
        wait_for(lambda there=there: "sleep" in names(processes_of(*there)), "its job")
    first.kill_node(first.nodes[0])

    assert second.state(jobs[1]) == "RUNNING"
    assert "sleep" in names(processes_of(second.layout.place, second.nodes[0]))
    assert not processes_of(first.layout.place, first.nodes[0])


def test_a_controller_can_be_away_for_a_while(start_cluster):
    cluster = start_cluster(nodes=1, accounting=False, message_timeout_s=3)
    job = cluster.submit("sleep 1000")
    cluster.wait_for_state(job, "RUNNING")

    cluster.stop_controller()
    refused = cluster.run("squeue", check=False)
    cluster.start_controller()

    assert refused.returncode == 1
    assert "Unable to contact slurm controller" in refused.stderr
    cluster.wait_for_state(job, "RUNNING")


def test_accounting_can_be_away_for_a_while(start_cluster):
    cluster = start_cluster(nodes=1)
    asking = ("sacct", "--noheader", "--parsable2", "--allocations", "--format=State")

    cluster.stop_accounting()
    job = cluster.submit("true")
    assert cluster.run(*asking, check=False).returncode == 1
    assert cluster.wait_for_end(job) == "COMPLETED"
    cluster.start_accounting()

    wait_for(lambda: cluster.run(*asking, f"--jobs={job}").stdout == "COMPLETED\n", "its record")


def test_a_node_goes_down_and_comes_back(start_cluster, output):
    cluster = start_cluster(nodes=2, accounting=False)
    node = cluster.nodes[1]
    begun = output / "begun"
    lost = cluster.submit(f"touch {begun}; sleep 1000", "--no-requeue", f"--nodelist={node}")
    # One that Slurm calls RUNNING before its node has it is requeued in spite of --no-requeue.
    wait_for(begun.exists, "the job", 250)

    cluster.kill_node(node)
    cluster.down_node(node)
    assert cluster.wait_for_end(lost) == "NODE_FAIL"
    cluster.start_node(node)

    job = cluster.submit("true", f"--nodelist={node}")
    assert cluster.wait_for_end(job) == "COMPLETED"


def test_gpus_may_have_a_type(start_cluster, output):
    cluster = start_cluster(nodes=2, accounting=False, gpus=2, gpu_type="a100")

    job = cluster.submit(
        "echo $SLURMD_NODENAME $CUDA_VISIBLE_DEVICES",
        *("--gres=gpu:a100:2", "--partition=gpu", f"--output={output}/out"),
    )

    assert cluster.wait_for_end(job) == "COMPLETED"
    assert (output / "out").read_text() == f"{cluster.nodes[1]} 0,1\n"


def test_partitions_may_be_added_and_limits_refused(start_cluster):
    cluster = start_cluster(
        nodes=2,
        accounting=False,
        refuses_over_limits=True,
        more=("PartitionName=large Nodes={all} MinNodes=2 MaxTime=INFINITE",),
    )

    listed = cluster.run("sinfo", "--noheader", "--partition=large", "--format=%l|%D").stdout
    refused = cluster.run("sbatch", "--partition=debug", "--time=60", "--wrap=true", check=False)

    assert listed == "infinite|2\n"
    assert "Requested time limit is invalid" in refused.stderr


@pytest.mark.skipif(not IS_ROOT, reason="only root can make networks")
def test_nodes_with_own_networks_reach_this_machine_and_can_be_cut_off(start_cluster, output):
    cluster = start_cluster(nodes=2, accounting=False, own_networks=True)
    asking = f"bash -c 'exec 3<>/dev/tcp/$1/{cluster.layout.place.controller_port}' -"
    job = cluster.submit(f"{asking} {cluster.address} && ! {asking} 127.0.0.1")
    assert cluster.wait_for_end(job) == "COMPLETED"

    away = cluster.submit("sleep 1000", f"--nodelist={cluster.nodes[0]}")
    there = (cluster.layout.place, cluster.nodes[0])
    wait_for(lambda: "sleep" in names(processes_of(*there)), "its job")
    cluster.cut_off(cluster.nodes[0])
    cluster.run("scancel", str(away))

    assert "sleep" in names(processes_of(*there))
    cluster.reconnect(cluster.nodes[0])
    wait_for(lambda: not processes_of(*there), "its job to end")
