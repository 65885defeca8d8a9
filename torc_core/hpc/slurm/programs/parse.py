"""What Slurm's programs print, as records. Pure.

They print what users, administrators and newer versions put there: what is not understood is kept
as text or left out, and never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from torc_core.hpc.slurm.programs.argv import (
    ACCOUNTING_COLUMNS,
    FIELD_END,
    QUEUE_COLUMNS,
    RECORD_START,
)
from torc_core.hpc.slurm.programs.states import SlurmState, read_state

_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_NOTHING = frozenset({"", "(null)", "N/A", "Unknown", "None", "None assigned", "NONE", "n/a"})
"""How Slurm writes that there is no value."""
_SUBMITTED = re.compile(r"([0-9]{1,18})(?:;[^\n]*)?", re.ASCII)
_SETTING = re.compile(r"^(\w+)\s*=[^\S\n]*(.*?)\s*$", re.MULTILINE)
_TIME_LEFT = re.compile(r"(?:(?:([0-9]+)-)?([0-9]+):)?([0-9]+):([0-9]+)", re.ASCII)
_SIGNALED = 128
_LAST_SIGNAL = 64
"""Of Linux, see signal(7). Larger numbers are Slurm's own marks: 125 is "out of memory"."""


class QueuedAllocation(msgspec.Struct, frozen=True, kw_only=True):
    """A job as `squeue` shows it."""

    id: int
    """Of an array or of a job of several components: the id with which it was submitted."""
    state: SlurmState
    reason: str | None = None
    """Why it waits, or how it ended, in Slurm's word."""
    submitted: float | None = None
    """Seconds since 1970; of a job that was requeued, when that was."""
    start: float | None = None
    """Seconds since 1970; of a job that waits, when Slurm expects to start it."""
    time_left_s: int | None = None
    nodes: str | None = None
    """Slurm's notation, such as `n[1-3]`."""
    comment: str | None = None
    name: str = ""


class AccountedAllocation(msgspec.Struct, frozen=True, kw_only=True):
    """A job as `sacct` shows it."""

    id: int
    state: SlurmState
    exit_code: int | None = None
    """128+n for signal n."""
    nodes: str | None = None


def parse_queue(text: str) -> tuple[QueuedAllocation, ...]:
    """Return the jobs that `argv.squeue` prints, in its order."""
    return tuple(filter(None, map(_queued, text.split(RECORD_START)[1:])))


def _queued(record: str) -> QueuedAllocation | None:
    fields = record.removesuffix("\n").split(FIELD_END, len(QUEUE_COLUMNS) - 1)
    fields += [""] * (len(QUEUE_COLUMNS) - len(fields))
    job, state, reason, submitted, start, left, nodes, comment, name = fields
    job_id = _leading_id(job)
    if job_id is None:
        return None
    return QueuedAllocation(
        id=job_id,
        state=read_state(state),
        reason=stated(reason),
        submitted=_moment(submitted),
        start=_moment(start),
        time_left_s=parse_time_left(left),
        nodes=stated(nodes),
        comment=stated(comment),
        name=name,
    )


def parse_time_left(text: str) -> int | None:
    """Return the seconds left, as `squeue -o %L` prints them; None for UNLIMITED and its like."""
    match = _TIME_LEFT.fullmatch(text.strip())
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def parse_accounting(text: str) -> tuple[AccountedAllocation, ...]:
    """Return the jobs that `argv.sacct` prints, in its order."""
    return tuple(filter(None, map(_accounted, accounting_rows(text, ACCOUNTING_COLUMNS))))


def _accounted(row: Mapping[str, str]) -> AccountedAllocation | None:
    job_id = _leading_id(row["JobIDRaw"])
    if job_id is None:
        return None
    return AccountedAllocation(
        id=job_id,
        state=read_state(row["State"]),
        exit_code=parse_exit_code(row["ExitCode"]),
        nodes=stated(row["NodeList"]),
    )


def accounting_rows(text: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the rows that `argv.sacct` prints, each as its columns with their texts.

    Args:
        text: Its output.
        columns: What was asked for. A text that users choose, such as JobName, is to be the last:
            it may have line breaks.
    """
    rows: list[str] = []
    for line in text.removesuffix("\n").split("\n"):
        if line.count(FIELD_END) >= len(columns) - 1 or not rows:
            rows.append(line)
        else:
            rows[-1] += "\n" + line
    for row in rows:
        fields = row.split(FIELD_END, len(columns) - 1)
        if len(fields) == len(columns):
            yield dict(zip(columns, fields, strict=True))


def parse_exit_code(text: str) -> int | None:
    """Return the exit code in "code:signal", 128+n for signal n.

    None if it is none: also where Slurm marks what ended a job, which its state says in words.
    """
    code, _, signal = text.strip().partition(":")
    if not (_ID.fullmatch(code) and _ID.fullmatch(signal or "0")):
        return None
    number = int(signal or 0)
    if number > _LAST_SIGNAL:
        return int(code) or None
    return _SIGNALED + number if number else int(code)


def parse_submitted(text: str) -> int | None:
    """Return the id that `sbatch --parsable` prints, None if it prints none."""
    for line in reversed(text.splitlines()):
        if match := _SUBMITTED.fullmatch(line.strip()):
            return int(match[1])
    return None


def parse_settings(text: str) -> dict[str, str]:
    """Return the settings of a cluster that `scontrol show config` prints, by name."""
    return dict(_SETTING.findall(text))


def _leading_id(text: str) -> int | None:
    """Return the id of a job; arrays have `7_3` or `7_[1-4]`, jobs of components `7+1`."""
    match = _ID.match(text.strip())
    return int(match[0]) if match else None


def stated(text: str) -> str | None:
    """Return a text, None if it is how Slurm writes that there is none."""
    return None if text in _NOTHING else text


def whole_number(text: str) -> int | None:
    """Return a number of digits alone, None for all else."""
    return int(text) if _ID.fullmatch(text) else None


def _moment(text: str) -> float | None:
    """Return seconds since 1970, as SLURM_TIME_FORMAT=%s has them written."""
    return float(text) if _ID.fullmatch(text) else None
