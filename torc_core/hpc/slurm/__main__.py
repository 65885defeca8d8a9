"""The `torc-slurm-job-runner` command."""

from __future__ import annotations

import sys

from torc_core.host.program import run_program


def main() -> None:
    """Run the runner of an allocation and leave with its exit code."""
    sys.exit(run_program(_run))


def _run() -> int:
    from torc_core.hpc.slurm.job_runner import main  # noqa: PLC0415 - may fail or be interrupted

    return main()


if __name__ == "__main__":
    main()
