"""Listing the real processes of this machine, from /proc and from psutil."""

import os
import select
import subprocess
import sys

import psutil
import pytest
from waiting import wait_for

from torc_core.runner.monitor import procfs, psutil_scan
from torc_core.runner.monitor.monitor import choose_scan
from torc_core.runner.monitor.process_tree import sample_sessions

SCANS = pytest.mark.parametrize("scan", [procfs.scan, psutil_scan.scan], ids=["proc", "psutil"])


def test_a_name_may_contain_anything():
    fields = ["S", "7", "8", "9", *["0"] * 7, "100", "50", "25", "25", *["0"] * 6, "3"]
    parsed = procfs.parse_stat(f"42 (a b) c) 1 2 ({') ' + ' '.join(fields)}")
    assert (parsed.pid, parsed.parent, parsed.session) == (42, 7, 9)
    assert parsed.cpu_s == 200 / os.sysconf("SC_CLK_TCK")
    assert parsed.memory_bytes == 3 * os.sysconf("SC_PAGE_SIZE")


def test_proc_is_used_where_there_is_one(tmp_path):
    assert choose_scan() is procfs.scan
    assert not procfs.is_available(str(tmp_path))


@SCANS
def test_memory_of_a_real_process_tree_is_seen(scan):
    code = "import os; x = bytearray(50_000_000); os.write(1, b'x'); os.read(0, 1)"
    with subprocess.Popen(
        ["/bin/sh", "-c", '"$0" -c "$1"; exit', sys.executable, code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        assert child.stdout.read(1) == b"x"
        sample = sample_sessions(scan(), {child.pid})[child.pid]
        child.communicate(b"x")
    assert 50_000_000 < sample.memory_bytes < 200_000_000
    assert sample.num_processes == 2


@SCANS
def test_a_real_process_that_has_exited_and_was_not_reaped_is_no_sample(scan):
    with subprocess.Popen(["/bin/true"], start_new_session=True) as child:
        fd = os.pidfd_open(child.pid)
        assert select.select([fd], [], [], 30)[0], "it does not exit"
        os.close(fd)
        processes = scan()
        assert processes[child.pid].memory_bytes == 0, "it is still there"
        assert sample_sessions(processes, {child.pid}) == {}


@SCANS
def test_a_real_job_with_a_child_that_was_not_reaped_counts_what_is_alive(scan):
    # The shell becomes a program that does not know of the child it has.
    with subprocess.Popen(
        ["/bin/sh", "-c", "/bin/true & exec cat"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as job:
        # A process without memory may also be one between two programs.
        process = psutil.Process(job.pid)
        wait_for(lambda: process.name() == "cat", "the shell to become cat")
        wait_for(
            lambda: [each.status() for each in process.children()] == [psutil.STATUS_ZOMBIE],
            "the child to exit",
        )
        sample = sample_sessions(scan(), {job.pid})[job.pid]
        assert sample.num_processes == 1
        assert sample.memory_bytes > 0
        job.communicate()


def test_both_scans_see_the_same_of_this_process():
    ours, theirs = procfs.scan()[os.getpid()], psutil_scan.scan()[os.getpid()]
    assert (ours.parent, ours.session) == (theirs.parent, theirs.session)
    assert theirs.memory_bytes == pytest.approx(ours.memory_bytes, rel=0.2)
    assert theirs.cpu_s == pytest.approx(ours.cpu_s, abs=1.0)
