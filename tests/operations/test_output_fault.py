"""What is wrong with a job's output files is found at the end of its stderr."""

from __future__ import annotations

import os

from torc_core.operations.jobs.output_fault import output_fault
from torc_core.runner.policy.outputs.written import Written, fault_of


def test_the_remark_is_found_behind_a_long_log(tmp_path):
    log = tmp_path / "job.e"
    said = fault_of("out.csv", Written.MISSING)
    log.write_text("x" * 100_000 + "\n" + said + "\n")

    assert output_fault([tmp_path / "none", log]) == said


def test_without_a_remark_or_a_file_there_is_nothing(tmp_path):
    log, pipe = tmp_path / "job.e", tmp_path / "pipe"
    log.write_bytes(b"\xff\xfe")
    os.mkfifo(pipe)

    assert output_fault([tmp_path, pipe, log]) == ""
