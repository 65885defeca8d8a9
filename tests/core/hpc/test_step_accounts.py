"""What accounting says of steps, as statistics of attempts."""

from __future__ import annotations

from torc_core.hpc.slurm.step_accounts import COLUMNS, read_stats
from torc_core.model.records.slurm import SlurmStats

ROW = ("9.0", "OUT_OF_MEMORY", "816K", "143016K", "2.5M", "0", "00:01:02", "n1", "wf3_j5_r2_a1")


def rows(*changes):
    return [dict(zip(COLUMNS, ROW, strict=True)) | change for change in changes]


def test_a_step_that_has_ended_is_a_statistic_of_its_attempt():
    found, have_ended = read_stats(rows({}), 3, "n1")
    assert have_ended
    assert found == [
        SlurmStats(
            workflow_id=3,
            job_id=5,
            run_id=2,
            attempt_id=1,
            slurm_job_id="9",
            max_rss_bytes=816 * 1024,
            max_vm_size_bytes=143016 * 1024,
            max_disk_read_bytes=round(2.5 * 2**20),
            max_disk_write_bytes=0,
            ave_cpu_seconds=62.0,
            node_list="n1",
        )
    ]


def test_other_steps_are_left_out_and_those_that_run_are_waited_for():
    others = rows(
        {"JobName": "batch"}, {"JobName": "wf4_j5_r2_a1"}, {"NodeList": "n2"}, {"State": "RUNNING"}
    )
    assert read_stats(others[:3], 3, "n1") == ([], True)
    assert read_stats(others, 3, "n1") == ([], False)
