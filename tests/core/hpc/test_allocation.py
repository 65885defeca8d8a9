import pytest

from torc_core.errors import UsageError
from torc_core.hpc.slurm.allocation import printable_environment, read_allocation

SLURM = {
    "SLURM_JOB_ID": "77",
    "SLURM_NODEID": "1",
    "SLURM_CPUS_ON_NODE": "16",
    "SLURM_MEM_PER_CPU": "2048",
    "SLURM_GPUS_ON_NODE": "2",
    "SLURM_JOB_NUM_NODES": "4",
    "SLURM_JOB_END_TIME": "1800000000",
}


def test_an_allocation_is_read_from_slurms_variables():
    whole = read_allocation(SLURM, is_subtask=False)
    assert (whole.slurm_job_id, whole.node_id, whole.num_cpus) == (77, 1, 16)
    assert (whole.memory_gb, whole.num_gpus, whole.num_nodes) == (32.0, 2, 4)
    assert whole.end_time == 1_800_000_000
    assert read_allocation(SLURM, is_subtask=True).num_nodes == 1
    assert read_allocation({**SLURM, "SLURM_MEM_PER_NODE": "1024"}, is_subtask=True).memory_gb == 1
    assert read_allocation({"SLURM_JOB_ID": "1"}, is_subtask=True).memory_gb is None


@pytest.mark.parametrize("environ", [{}, {"SLURM_JOB_ID": "x"}, {**SLURM, "SLURM_NODEID": "-1"}])
def test_what_is_no_allocation_is_refused_with_its_value(environ):
    with pytest.raises(UsageError, match="SLURM_"):
        read_allocation(environ, is_subtask=False)


def test_secrets_of_slurm_are_not_written_down():
    text = printable_environment({"SLURM_JWT": "s3cret", "SLURM_JOB_ID": "7", "HOME": "/h"})
    assert text == "SLURM_JOB_ID=7\n"
