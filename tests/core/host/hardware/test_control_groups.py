"""Limits of control groups, in trees as Linux shows them."""

import pytest

from torc_core.host.hardware.control_groups import read_limits

GIB = 2**30


def write(root, files):
    """Create files below a root, given their texts by path."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{text}\n")


def limits(root, files):
    write(root, files)
    found = read_limits(root)
    return found.cpus, found.memory_bytes


def test_without_control_groups_there_is_no_limit(tmp_path):
    assert limits(tmp_path, {}) == (None, None)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"cpu.max": "max 100000", "memory.max": "max"}, (None, None), id="none is set"
        ),
        pytest.param({"a/b/cpu.max": "250000 100000", "a/b/memory.max": GIB}, (2.5, GIB), id="own"),
        pytest.param(
            {"a/cpu.max": "50000 100000", "a/b/cpu.max": "400000 100000"}, (0.5, None), id="above"
        ),
        pytest.param(
            {"cpu.max": "100000 50000", "memory.max": GIB, "a/memory.max": 3 * GIB},
            (2.0, GIB),
            id="the root of a container",
        ),
        pytest.param({"other/cpu.max": "1000 100000"}, (None, None), id="that of others"),
        pytest.param({"a/b/cpu.max": "nonsense", "a/memory.max": ""}, (None, None), id="nonsense"),
    ],
)
def test_version_2_takes_the_least_limit_up_the_tree(tmp_path, files, expected):
    groups = {f"sys/fs/cgroup/{path}": text for path, text in files.items()}
    assert limits(tmp_path, {"proc/self/cgroup": "0::/a/b", **groups}) == expected


@pytest.mark.parametrize(
    ("quota", "period", "cpus"),
    [("150000", "100000", 1.5), ("-1", "100000", None), ("100000", "0", None)],
)
def test_version_1_has_a_tree_for_each_controller(tmp_path, quota, period, cpus):
    own = "4:memory:/m/x\n3:cpu,cpuacct:/c/x\n1:name=systemd:/\n0::/"
    files = {
        "sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": quota,
        "sys/fs/cgroup/cpu/c/cpu.cfs_period_us": period,
        "sys/fs/cgroup/memory/m/memory.limit_in_bytes": GIB,
        "sys/fs/cgroup/memory/memory.limit_in_bytes": 2**63 - 4096,
    }
    assert limits(tmp_path, {"proc/self/cgroup": own, **files}) == (cpus, GIB)


def test_a_container_that_mounts_only_its_subtree_finds_its_groups(tmp_path):
    mounted = "30 20 0:26 /docker/7 /sys/fs/cgroup ro shared:4 - cgroup2 cgroup rw,nsdelegate"
    files = {
        "proc/self/cgroup": "0::/docker/7/inner",
        "proc/self/mountinfo": f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n{mounted}",
        "sys/fs/cgroup/cpu.max": "300000 100000",
        "sys/fs/cgroup/inner/memory.max": GIB,
    }
    assert limits(tmp_path, files) == (3.0, GIB)


def test_groups_of_the_host_that_a_container_does_not_see_are_left_out(tmp_path):
    files = {
        "proc/self/cgroup": "3:cpu,cpuacct:/docker/7",
        "proc/self/mountinfo": (
            r"31 20 0:27 / /cg\040roups/both rw - cgroup cgroup rw,cpuacct,cpu"
        ),
        "cg roups/both/cpu.cfs_quota_us": "200000",
        "cg roups/both/cpu.cfs_period_us": "100000",
    }
    assert limits(tmp_path, files) == (2.0, None)


def test_a_process_outside_of_its_namespace_stays_inside_of_what_is_mounted(tmp_path):
    write(tmp_path, {"cpu.max": "1000 100000"})
    files = {"proc/self/cgroup": "0::/../../x", "sys/fs/cgroup/x/memory.max": GIB}
    assert limits(tmp_path, files) == (None, GIB)
