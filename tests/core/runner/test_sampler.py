import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from torc_core.runner.monitor.procfs import (
    FIRST_LOOK_S,
    Process,
    Sample,
    Usage,
    attribute,
    next_look_s,
    parse_stat,
    scan,
)


def process(pid, parent, session, cpu_s=1.0, memory=10):
    return Process(pid, parent, session, cpu_s, memory)


def test_processes_belong_by_session_or_by_parent():
    machine = {
        p.pid: p
        for p in [
            process(1, 0, 1),
            process(100, 1, 100),
            process(101, 100, 100),
            process(102, 101, 102),  # made a session of its own
            process(103, 102, 102),
            process(104, 1, 100),  # its parent is gone
            process(200, 1, 200),
        ]
    }
    samples = attribute(machine, {100, 200, 300})
    assert samples == {100: Sample(5.0, 50, 5), 200: Sample(1.0, 10, 1)}


def test_a_circle_of_parents_ends():
    assert attribute({1: process(1, 2, 1), 2: process(2, 1, 2)}, {9}) == {}


def test_a_name_may_hold_anything():
    fields = ["S", "7", "8", "9", *["0"] * 7, "100", "50", "25", "25", *["0"] * 6, "3"]
    parsed = parse_stat(f"42 (a b) c) 1 2 ({') ' + ' '.join(fields)}")
    assert (parsed.pid, parsed.parent, parsed.session) == (42, 7, 9)
    assert parsed.cpu_s == 200 / os.sysconf("SC_CLK_TCK")
    assert parsed.memory_bytes == 3 * os.sysconf("SC_PAGE_SIZE")


def test_memory_of_a_real_process_tree_is_seen():
    code = "import os; x = bytearray(50_000_000); os.write(1, b'x'); os.read(0, 1)"
    with subprocess.Popen(
        ["/bin/sh", "-c", '"$0" -c "$1"; exit', sys.executable, code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        assert child.stdout.read(1) == b"x"
        sample = attribute(scan(), {child.pid})[child.pid]
        child.communicate(b"x")
    assert 50_000_000 < sample.memory_bytes < 200_000_000
    assert sample.num_processes == 2


def test_cpu_is_the_share_of_each_interval():
    usage = Usage(last_seen=10.0)
    usage.note(Sample(0.5, 100, 1), 11.0)
    usage.note(Sample(2.5, 300, 2), 12.0)
    usage.note(Sample(2.5, 200, 2), 13.0)
    assert (usage.peak_cpu_percent, usage.cpu_percent) == (200.0, 0.0)
    assert (usage.peak_memory_bytes, usage.total_memory_bytes, usage.samples) == (300, 600, 3)


@given(st.floats(0, 1e6), st.floats(FIRST_LOOK_S, 1e3))
def test_looks_grow_rarer_up_to_the_interval(age, interval):
    assert FIRST_LOOK_S <= next_look_s(age, interval) <= interval
