"""Real jobs, measured through /proc and through psutil."""

import contextlib
import os
import select
import signal
import subprocess
import sys

import psutil
import pytest
from core.runner.simulated import EPOCH_MS, claimed_job
from waiting import wait_for

from torc_core.clock import SystemClock
from torc_core.runner.guard import procfs
from torc_core.runner.monitor import psutil_scan
from torc_core.runner.monitor.job_meter import JobMeter, choose_scan
from torc_core.runner.monitor.node_usage import NodeMeter
from torc_core.runner.monitor.smaps import ProportionalSizes
from torc_core.runner.policy.monitoring.sampling import Usage
from torc_core.runner.process.attempt import Attempt

MB = 10**6
SCANS = pytest.mark.parametrize(
    "new_scan", [choose_scan, lambda *_: psutil_scan.scan], ids=["proc", "psutil"]
)
TAKES_50_MB = "import os; x = bytearray(b'x') * 50_000_000; os.write(1, b'x'); os.read(0, 1)"
SHARES_100_MB = """
import os, signal
x = bytearray(b'x') * 100_000_000
for _ in range(4):
    if os.fork() == 0:
        os.write(1, b'x')
        signal.pause()
signal.pause()
"""


@pytest.fixture
def start():
    """Start a job; all processes of its session are killed afterwards."""
    children = []

    def begin(*argv):
        child = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def attempt_of(child, **fields):
    return Attempt(
        claimed=claimed_job(child.pid, **fields),
        pid=child.pid,
        reaper=os.getpid(),
        gpus=(),
        started=0.0,
        started_ms=EPOCH_MS,
        usage=Usage(),
    )


def meter(new_scan=choose_scan, **options):
    return JobMeter(SystemClock(), new_scan=new_scan, **options)


def measure(child, new_scan=choose_scan):
    found = meter(new_scan).measure([attempt_of(child)])
    return found[0][1] if found else None


def test_proc_is_used_where_there_is_one(tmp_path):
    assert isinstance(choose_scan(os.getpid()).__self__, procfs.Scanner)
    assert not procfs.is_available(str(tmp_path))


@SCANS
def test_memory_of_a_real_process_tree_is_seen(start, new_scan):
    job = start("/bin/sh", "-c", '"$0" -c "$1"; exit', sys.executable, TAKES_50_MB)
    assert job.stdout.read(1) == b"x"
    sample = measure(job, new_scan)
    assert 50 * MB < sample.memory_bytes < 100 * MB
    assert sample.num_processes == 2


@SCANS
def test_what_forked_processes_share_counts_once(start, new_scan):
    job = start(sys.executable, "-c", SHARES_100_MB)
    assert len(job.stdout.read(4)) == 4
    sample = measure(job, new_scan)
    assert 100 * MB < sample.memory_bytes < 150 * MB
    assert sample.num_processes == 5


@SCANS
def test_a_real_process_that_has_exited_and_was_not_reaped_is_no_sample(start, new_scan):
    job = start("/bin/true")
    fd = os.pidfd_open(job.pid)
    assert select.select([fd], [], [], 30)[0], "it does not exit"
    os.close(fd)
    assert job.pid in new_scan(os.getpid())(), "it is still there"
    assert measure(job, new_scan) is None


@SCANS
def test_a_real_job_with_a_child_that_was_not_reaped_counts_what_is_alive(start, new_scan):
    # The shell becomes a program that does not know of the child it has.
    job = start("/bin/sh", "-c", "/bin/true & exec cat")
    # A process without memory may also be one between two programs.
    process = psutil.Process(job.pid)
    wait_for(lambda: process.name() == "cat", "the shell to become cat")
    wait_for(
        lambda: [each.status() for each in process.children()] == [psutil.STATUS_ZOMBIE],
        "the child to exit",
    )
    sample = measure(job, new_scan)
    assert sample.num_processes == 1
    assert sample.memory_bytes > 0


@SCANS
def test_the_time_of_children_that_come_and_go_is_not_lost(start, new_scan):
    worker = f"{sys.executable} -c 'for _ in range(5_000_000): pass'"
    job = start("bash", "-c", f"for _ in 1 2; do {worker}; done; echo; read")
    attempt, watch, seen = attempt_of(job), meter(new_scan), []

    def is_over():
        seen.extend(sample.cpu_s for _, sample in watch.measure([attempt]))
        return select.select([job.stdout], [], [], 0)[0]

    wait_for(is_over, "both workers")
    is_over()
    children = psutil.Process(job.pid).cpu_times()
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(children.children_user + children.children_system, abs=0.2)
    assert seen[-1] > 0


def test_both_scans_see_the_same_of_this_process():
    ours, theirs = choose_scan(os.getpid())()[os.getpid()], psutil_scan.scan()[os.getpid()]
    assert (ours.parent, ours.session, ours.group) == (theirs.parent, theirs.session, theirs.group)
    assert theirs.resident_bytes == pytest.approx(ours.resident_bytes, rel=0.2)
    assert theirs.cpu_ticks == pytest.approx(ours.cpu_ticks, abs=1.0 * procfs.TICKS_PER_S)


def test_of_memory_that_may_not_be_read_what_is_not_shared_counts(start, tmp_path, caplog):
    """As in /proc of an older kernel, which has no smaps_rollup."""
    job = start(sys.executable, "-c", TAKES_50_MB)
    assert job.stdout.read(1) == b"x"
    process = procfs.read_process(job.pid)
    for name in ("self", str(job.pid)):
        (tmp_path / name).mkdir()
    (tmp_path / str(job.pid) / "statm").symlink_to(f"/proc/{job.pid}/statm")
    sizes = ProportionalSizes(SystemClock(), proc=str(tmp_path))
    for _ in range(2):
        assert 50 * MB < sizes.read(process) < process.resident_bytes
    assert len(caplog.records) == 1
    assert ProportionalSizes(SystemClock()).read(process) < process.resident_bytes


def test_without_proc_the_resident_size_counts(tmp_path):
    process = procfs.read_process(os.getpid())
    sizes = ProportionalSizes(SystemClock(), proc=str(tmp_path))
    assert sizes.read(process) == process.resident_bytes


def test_a_process_that_has_exited_uses_nothing(start):
    job = start("/bin/true")
    fd = os.pidfd_open(job.pid)
    assert select.select([fd], [], [], 30)[0], "it does not exit"
    os.close(fd)
    process, sizes = procfs.read_process(job.pid), ProportionalSizes(SystemClock())
    assert sizes.read(process) == 0
    job.wait()
    assert sizes.read(process) == 0


def test_readings_are_paid_for():
    sizes = ProportionalSizes(SystemClock())
    process = procfs.read_process(os.getpid())
    assert sizes.may_read()
    wait_for(lambda: sizes.read(process) and not sizes.may_read(), "the budget to be spent")


def test_the_machine_is_busy_and_has_memory_in_use():
    node = NodeMeter()
    total = psutil.virtual_memory().total
    assert 0 < node.sample().memory_bytes < total
    wait_for(lambda: node.sample().cpu_s > 0, "some CPU time to pass")


def test_of_a_node_that_is_a_control_group_only_the_group_counts(tmp_path):
    files = {
        "proc/self/cgroup": "0::/g",
        "sys/fs/cgroup/g/memory.max": "1000000",
        "sys/fs/cgroup/g/memory.current": "5000",
        "sys/fs/cgroup/g/cpu.max": "100000 100000",
        "sys/fs/cgroup/g/cpu.stat": "usage_usec 1000000",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    node = NodeMeter(tmp_path)
    (tmp_path / "sys/fs/cgroup/g/cpu.stat").write_text("usage_usec 3500000")
    sample = node.sample()
    assert (sample.memory_bytes, sample.cpu_s) == (5000, 2.5)
