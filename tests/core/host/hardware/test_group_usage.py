"""What is used of a control group, in trees as Linux shows them."""

import pytest

from torc_core.host.hardware.group_usage import GroupUsage

GIB = 2**30
NO_LIMIT = 2**63 - 4096


def write(root, files):
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{text}\n")


def usage(root, own, files):
    write(root, {"proc/self/cgroup": own})
    write(root / "sys/fs/cgroup", files)
    return GroupUsage(root)


def used(root, own, files):
    found = usage(root, own, files)
    return found.memory_bytes(), found.cpu_s()


STAT = "anon 5\nfile 900\ninactive_file 300\nactive_file 600"
OF_B = {
    "a/b/memory.max": GIB,
    "a/b/memory.current": 1000,
    "a/b/memory.stat": STAT,
    "a/b/cpu.max": "200000 100000",
    "a/b/cpu.stat": "usage_usec 2500000\nuser_usec 1",
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, (None, None), id="nothing is mounted"),
        pytest.param(OF_B, (700, 2.5), id="own"),
        pytest.param(
            OF_B | {"a/b/memory.max": "max", "a/b/cpu.max": "max 100000"},
            (None, None),
            id="without limits",
        ),
        pytest.param(
            OF_B
            | {"a/b/memory.max": "max", "a/memory.max": GIB, "a/memory.current": 5000}
            | {"a/b/cpu.max": "max 100000", "cpu.max": "100000 100000"}
            | {"cpu.stat": "usage_usec 1000000"},
            (5000, 1.0),
            id="above",
        ),
        pytest.param(OF_B | {"a/b/memory.current": ""}, (None, 2.5), id="not readable"),
        pytest.param(OF_B | {"a/b/memory.current": 100}, (0, 2.5), id="numbers of two moments"),
    ],
)
def test_version_2(tmp_path, files, expected):
    assert used(tmp_path, "0::/a/b", files) == expected


def test_version_1(tmp_path):
    files = {
        "memory/m/memory.limit_in_bytes": GIB,
        "memory/m/memory.usage_in_bytes": 1000,
        "memory/m/memory.stat": "inactive_file 1\ntotal_inactive_file 400",
        "cpu/c/cpu.cfs_quota_us": 150000,
        "cpu/c/cpuacct.usage": 3 * 10**9,
    }
    own = "4:memory:/m/x\n3:cpu,cpuacct:/c/x\n0::/"
    assert used(tmp_path, own, files) == (600, 3.0)
    write(tmp_path / "sys/fs/cgroup", {"memory/m/memory.limit_in_bytes": NO_LIMIT})
    write(tmp_path / "sys/fs/cgroup", {"cpu/c/cpu.cfs_quota_us": -1})
    found = GroupUsage(tmp_path)
    assert (found.memory_bytes(), found.cpu_s()) == (None, None)


def test_a_group_that_vanishes_is_not_known(tmp_path):
    found = usage(tmp_path, "0::/a/b", OF_B)
    for name in ("memory.current", "cpu.stat"):
        (tmp_path / "sys/fs/cgroup/a/b" / name).unlink()
    assert (found.memory_bytes(), found.cpu_s()) == (None, None)
