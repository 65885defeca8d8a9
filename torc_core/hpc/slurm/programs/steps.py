"""What `sacct` knows of the steps of jobs, as records. Pure.

A step is what Slurm starts in an allocation: the script ("batch"), what `srun` starts (numbered
from 0), and "extern" for what else runs there.

Source: https://slurm.schedmd.com/sacct.html, "JOB ACCOUNTING FIELDS".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from torc_core.errors import ProtocolError
from torc_core.hpc.slurm.programs.parse import parse_exit_code, stated, whole_number
from torc_core.hpc.slurm.programs.states import UNFINISHED_PHASES, SlurmState, read_state

STEP_COLUMNS = (
    *("JobIDRaw", "State", "ExitCode", "ElapsedRaw", "MaxRSS", "TotalCPU", "NodeList"),
    "JobName",
)
_CPU_TIME = re.compile(
    r"(?:(?:(?P<d>\d{1,6})-)?(?P<h>\d{1,6}):)?(?P<m>\d{1,6}):(?P<s>\d{1,2}(?:\.\d{1,6})?)", re.ASCII
)
_SIZE = re.compile(r"(?P<number>\d{1,18}(?:\.\d{1,6})?)(?P<unit>[KMGTP]?)", re.ASCII)
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


class AccountedStep(msgspec.Struct, frozen=True, kw_only=True):
    """An allocation as a whole, or a step of it; requeued ones have these for each time."""

    slurm_job_id: int
    step: str | None
    """None for the allocation as a whole."""
    name: str
    state: SlurmState
    exit_code: int | None = None
    """128+n for signal n; None before it has ended."""
    elapsed_s: int | None = None
    max_rss_bytes: int | None = None
    """Of the task that used most; Slurm measures steps only."""
    cpu_s: float | None = None
    """Of all tasks together, user and system time."""
    nodes: str | None = None
    """Slurm's notation, such as `n[1-3]`."""


def read_steps(rows: Iterable[Mapping[str, str]]) -> tuple[AccountedStep, ...]:
    """Return the rows with `STEP_COLUMNS` as records, in their order."""
    return tuple(filter(None, map(_read_step, rows)))


def _read_step(row: Mapping[str, str]) -> AccountedStep | None:
    job, _, step = row["JobIDRaw"].partition(".")
    slurm_job_id = whole_number(job)
    if slurm_job_id is None:
        return None
    state = read_state(row["State"])
    has_ended = state.phase not in UNFINISHED_PHASES  # until then accounting says 0
    return AccountedStep(
        slurm_job_id=slurm_job_id,
        step=step or None,
        name=row["JobName"],
        state=state,
        exit_code=parse_exit_code(row["ExitCode"]) if has_ended else None,
        elapsed_s=whole_number(row["ElapsedRaw"]),
        max_rss_bytes=parse_size(row["MaxRSS"]),
        cpu_s=parse_cpu_time(row["TotalCPU"]),
        nodes=stated(row["NodeList"]),
    )


def parse_size(text: str) -> int | None:
    """Return the bytes of "10828K" and its like, None if it is not a size."""
    match = _SIZE.fullmatch(text.strip())
    return round(float(match["number"]) * 1024 ** _UNITS[match["unit"]]) if match else None


def parse_cpu_time(text: str) -> float | None:
    """Return the seconds of "[[D-]HH:]MM:SS[.mmm]", None if it is no such time."""
    match = _CPU_TIME.fullmatch(text.strip())
    if match is None:
        return None
    days, hours, minutes = (int(match[group] or 0) for group in "dhm")
    return float(((days * 24 + hours) * 60 + minutes) * 60 + float(match["s"]))


def split_json(text: str) -> dict[int, dict[str, Any]]:
    """Return what `sacct --json` prints of several jobs, for each of them as if it was alone.

    Raises:
        ProtocolError: It is not such JSON.
    """
    try:
        document = msgspec.json.decode(text, type=dict[str, Any])
        jobs = msgspec.convert(document.get("jobs"), list[dict[str, Any]])
        of_each = defaultdict(list)
        for job in jobs:
            of_each[msgspec.convert(job.get("job_id"), int)].append(job)
    except msgspec.MsgspecError as error:
        raise ProtocolError(f"sacct --json printed what is not a list of jobs: {error}.") from error
    return {number: {**document, "jobs": found} for number, found in of_each.items()}
