"""What Slurm granted to this process, and what it granted elsewhere."""

import pytest

from torc_core.host.hardware.slurm_share import Share, is_own_allocation, read_share

NOW = 1_800_000_000


def is_own(groups=(), hostname="n7", **environ):
    return is_own_allocation(environ, hostname=hostname, groups=groups, now_s=NOW)


def test_the_variables_of_this_node_are_its_own():
    assert is_own(SLURM_JOB_ID="5", SLURMD_NODENAME="n7")
    assert is_own(SLURM_JOB_ID="5", SLURMD_NODENAME="n7", hostname="n7.cluster.example")
    in_step = ["/system.slice/slurmstepd.scope/job_5/step_0/user/task_0"]
    assert is_own(in_step, SLURM_JOB_ID="5", SLURMD_NODENAME="alias")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"SLURMD_NODENAME": "n7"},
        {"SLURM_JOB_ID": "5"},
        {"SLURM_JOB_ID": "5", "SLURMD_NODENAME": "n8"},
        {"SLURM_JOB_ID": "5", "SLURMD_NODENAME": "n7", "SLURM_JOB_END_TIME": str(NOW - 1)},
    ],
    ids=["none", "no job", "a login shell", "another node", "ended"],
)
def test_stale_variables_are_not_believed(environ):
    assert not is_own(["/slurm/uid_1/job_55/step_0"], **environ)


@pytest.mark.parametrize(
    ("environ", "share"),
    [
        ({}, Share()),
        ({"SLURM_CPUS_ON_NODE": "16", "SLURM_CPUS_PER_TASK": "4"}, Share(16)),
        ({"SLURM_CPUS_PER_TASK": "4"}, Share(4)),
        (
            {
                "SLURM_CPUS_ON_NODE": "16",
                "SLURM_CPUS_PER_TASK": "4",
                "SLURM_STEP_TASKS_PER_NODE": "4(x2),1",
                "SLURM_NODEID": "1",
            },
            Share(4),
        ),
        (
            {
                "SLURM_CPUS_ON_NODE": "16",
                "SLURM_CPUS_PER_TASK": "4",
                "SLURM_STEP_TASKS_PER_NODE": "4(x2),1",
                "SLURM_NODEID": "2",
            },
            Share(16),
        ),
        ({"SLURM_MEM_PER_NODE": "2048"}, Share(None, 2**31)),
        ({"SLURM_MEM_PER_NODE": "0"}, Share()),
        ({"SLURM_CPUS_ON_NODE": "2", "SLURM_MEM_PER_CPU": "1024"}, Share(2, 2**31)),
        ({"SLURM_GPUS_ON_NODE": "2", "SLURM_MEM_PER_GPU": "1024"}, Share(None, 2**31, 2)),
        ({"SLURM_CPUS_ON_NODE": "many", "SLURM_GPUS_ON_NODE": "-1"}, Share()),
    ],
)
def test_a_share_is_read_as_slurm_writes_it(environ, share):
    assert read_share(environ) == share
