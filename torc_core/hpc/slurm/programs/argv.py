"""Command lines of Slurm's programs. Pure.

Source: the manual pages of Slurm 22.05 and 24.11; every option is in both. Columns are asked for in
formats without widths, which cut nothing short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

FIELD_END, RECORD_START = "\x1f", "\x1e"
"""ASCII's separators of units and records: names and comments may have line breaks and any
printable delimiter."""

QUEUE_COLUMNS = ("%i", "%T", "%r", "%V", "%S", "%L", "%N", "%k", "%j")
"""Id, state, reason, submission, start, time left, nodes, comment, name. Texts of users are last:
what they contain moves no other column."""
ACCOUNTING_COLUMNS = ("JobIDRaw", "State", "ExitCode", "NodeList")
PARTITION_COLUMNS = ("%P", "%l", "%D", "%c", "%m", "%G")
"""Partition, time limit, nodes, CPUs, MiB, GRES."""


def sbatch(script: Path) -> list[str]:
    """Return how a script is submitted; the answer is the id, or `id;cluster`."""
    return ["sbatch", "--parsable", str(script)]


def sbatch_test(script: Path) -> list[str]:
    """Return how Slurm is asked whether it would take a script; nothing is submitted."""
    return ["sbatch", "--test-only", str(script)]


def squeue(slurm_job_ids: Iterable[int] | None) -> list[str]:
    """Return how the queue is asked for.

    Args:
        slurm_job_ids: All in one call; None is for those of the user. In both cases also jobs that
            have ended and that the controller still remembers (`MinJobAge`).
    """
    whose = ["--me"] if slurm_job_ids is None else [f"--jobs={_listed(slurm_job_ids)}"]
    columns = RECORD_START + FIELD_END.join(QUEUE_COLUMNS)
    return ["squeue", "--noheader", "--states=all", *whose, f"--format={columns}"]


def sacct(
    slurm_job_ids: Iterable[int],
    columns: Sequence[str] = ACCOUNTING_COLUMNS,
    *,
    with_steps: bool = False,
) -> list[str]:
    """Return how accounting is asked for jobs.

    Args:
        slurm_job_ids: All in one call.
        columns: By the names of `sacct`.
        with_steps: Also for their steps, with sizes in bytes, and of requeued jobs for all times
            that they ran; otherwise for the last time.
    """
    return [
        *("sacct", "--noheader", "--parsable2", f"--delimiter={FIELD_END}"),
        *(("--duplicates", "--noconvert") if with_steps else ("--allocations",)),
        *(f"--jobs={_listed(slurm_job_ids)}", f"--format={','.join(columns)}"),
    ]


def sacct_json(slurm_job_ids: Iterable[int]) -> list[str]:
    """Return how accounting is asked for all that it knows of jobs."""
    return ["sacct", "--json", "--duplicates", f"--jobs={_listed(slurm_job_ids)}"]


def scancel(slurm_job_ids: Iterable[int]) -> list[str]:
    """Return how jobs are ended."""
    return ["scancel", *map(str, slurm_job_ids)]


def sinfo() -> list[str]:
    """Return how partitions are asked for; a partition of different nodes has several lines."""
    return ["sinfo", "--noheader", f"--format={'|'.join(PARTITION_COLUMNS)}"]


def node_addresses() -> list[str]:
    """Return how the addresses are asked for at which the controller reaches its nodes."""
    return ["sinfo", "--noheader", "--format=%o"]


def scontrol_show(what: str) -> list[str]:
    """Return how the controller is asked for `partition`, `node` or `config`."""
    return ["scontrol", "show", what]


def _listed(slurm_job_ids: Iterable[int]) -> str:
    return ",".join(map(str, slurm_job_ids))
