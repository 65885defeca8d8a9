"""Real jobs that take more memory than they asked for, and some that only seem to."""

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from torc_core.model.resources import ResourceRequirements

FAST = "x = bytearray(b'x') * 300_000_000"
LATE = "time.sleep(1.5); x = bytearray(b'x') * 300_000_000"
STEADY = "x = []\nwhile True: x.append(bytearray(b'x') * 2_000_000); time.sleep(0.01)"
FORKS = """
for _ in range(5):
    if os.fork() == 0:
        x = bytearray(b'x') * 40_000_000
        break
"""
WRITES_TO_WHAT_IT_SHARES = """
x = bytearray(b'x') * 60_000_000
for _ in range(4):
    if os.fork() == 0:
        time.sleep(0.7)
        x[:] = bytes(60_000_000)
        break
"""
LEAVES = """
if os.fork():
    signal.pause()
os.setsid()
if os.fork():
    os._exit(0)
x = bytearray(b'x') * 300_000_000
"""
SHARES = """
x = bytearray(b'x') * 60_000_000
children = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        {until}
        os._exit(0)
    children.append(pid)
for pid in children: os.waitpid(pid, 0)
"""
COMES_AND_GOES = """
for _ in range(10):
    x = bytearray(b'x') * 30_000_000
    del x
    time.sleep(0.1)
"""
PAUSE = "\ntime.sleep(1000)"
LIMIT = 100_000_000
GUARD_S = 100.0
"""Against hanging; how soon a job is ended is measured by `tests/benchmarks/monitor.py`."""


def needs(flow):
    made = flow.client.create_resource_requirements(
        ResourceRequirements(
            workflow_id=flow.id, name="small", num_cpus=1, memory="96m", runtime="PT1H"
        )
    )
    return made.id


def add(flow, code, tmp_path):
    path = tmp_path / "job.py"
    path.write_text(f"import os, signal, time\n{code}\n")
    return flow.add(f"{sys.executable} {path}", resource_requirements_id=needs(flow))


@pytest.mark.parametrize(
    "code",
    [FAST, LATE, STEADY, FORKS, WRITES_TO_WHAT_IT_SHARES, LEAVES],
    ids=["fast", "late", "steady", "forks", "copies", "leaves"],
)
def test_a_job_that_exceeds_its_memory_is_ended(flow, tmp_path, code):
    job = add(flow, code + PAUSE, tmp_path)
    began = time.monotonic()
    assert flow.run(limit_resources=True).exit_code == 1
    assert time.monotonic() - began < GUARD_S
    result = flow.result(job)
    assert (result.status, result.return_code) == ("terminated", 137)
    assert result.peak_memory_bytes > LIMIT
    assert "out of memory" in flow.stdio(job, "e")


@pytest.mark.parametrize(
    "code",
    [SHARES.format(until="time.sleep(1.5)"), COMES_AND_GOES],
    ids=["shares", "comes and goes"],
)
def test_a_job_that_keeps_to_its_memory_is_not_ended(flow, tmp_path, code):
    job = add(flow, code, tmp_path)
    assert flow.run(limit_resources=True).exit_code == 0
    assert flow.result(job).peak_memory_bytes < LIMIT


def test_limits_hold_without_monitoring(make_flow, tmp_path):
    flow = make_flow(resource_monitor_config='{"enabled": false}')
    job = add(flow, FAST + PAUSE, tmp_path)
    flow.run(limit_resources=True)
    assert flow.result(job).return_code == 137


def test_the_samples_of_a_forked_job_show_what_it_shares_once(make_flow, tmp_path):
    flow = make_flow(
        resource_monitor_config='{"granularity": "time_series", "sample_interval_seconds": 1}'
    )
    job = add(flow, SHARES.format(until="time.sleep(5)"), tmp_path)
    assert flow.run().exit_code == 0
    (path,) = Path(flow.output_dir, "resource_utilization").glob("resource_metrics_*.db")
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(
            "SELECT memory_bytes, num_processes FROM job_resource_samples WHERE job_id = ?", (job,)
        ).fetchall()
        nodes = database.execute("SELECT * FROM compute_node_resource_samples").fetchall()
    with_all = [memory for memory, processes in rows if processes == 5]
    assert with_all
    assert all(60_000_000 < memory < 90_000_000 for memory in with_all)
    assert nodes
