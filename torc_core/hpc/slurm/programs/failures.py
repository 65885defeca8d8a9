"""What the failure of a Slurm program means, judged by its output. Pure.

A controller that does not answer, a request that may have been carried out, and a refusal are
different errors: the first may be tried again, the second only after a look into the queue, the
third not before something is changed.

Source of the words: `src/common/slurm_errno.c` of Slurm 22.05 to 24.11, and a cluster of 22.05.
"""

from __future__ import annotations

import re

import msgspec

from torc_core.characters import escape_hidden
from torc_core.errors import (
    AccessError,
    ConflictError,
    MachineError,
    NoAnswerError,
    TorcError,
    UnreachableError,
    UsageError,
)

_MOST_WORDS = 2_000
_PREFIX = re.compile(r"^[a-z_]+: (?:error: |fatal: )?(?:Batch job submission failed: )?")


class _Failure(msgspec.Struct, frozen=True):
    """One kind of failure."""

    words: re.Pattern[str]
    error: type[TorcError]
    what: str
    hint: str


def _failure(words: str, error: type[TorcError], what: str, hint: str) -> _Failure:
    return _Failure(re.compile(words, re.IGNORECASE), error, what, hint)


_LATER = "Slurm may be restarting; try again. `scontrol ping` says whether its controller is up."
_CHANGE = "Change the scheduler, and submit again."
_ASSOCIATIONS = "Yours: `sacctmgr show associations user=$USER format=account,partition,qos`."

_FAILURES = (
    _failure(
        "configuration source|process configuration file|ClusterName needs to be specified",
        MachineError,
        "This machine has no configuration of Slurm: {program} said",
        "Run it on a login node of the cluster, or set SLURM_CONF.",
    ),
    _failure(
        "munge|protocol authentication error",
        MachineError,
        "Slurm does not accept this machine's credentials: {program} said",
        "See whether munged runs here and has the cluster's key: `munge -n | unmunge`.",
    ),
    _failure(
        "timed out on send/recv|zero bytes were transmitted|receive response",
        NoAnswerError,
        "Slurm did not answer {program}",
        "The request may have been carried out: see `squeue --me` before you repeat it.",
    ),
    _failure(
        "problem talking to the database|persistent connection|slurmdbd",
        UnreachableError,
        "Slurm's accounting does not answer {program}",
        "It may be restarting; try again. Jobs run on meanwhile.",
    ),
    _failure(
        "unable to contact slurm controller|connection refused|socket missing|temporarily unable",
        UnreachableError,
        "Slurm's controller does not answer {program}",
        _LATER,
    ),
    _failure(
        "violates accounting/qos policy|submit limit|too many jobs|maximum number",
        ConflictError,
        "Slurm refused the submission for a limit of the account or its QOS",
        "Submit again when some of your jobs have ended, or ask for less.",
    ),
    _failure(
        "invalid account",
        UsageError,
        "Slurm refused the account",
        f"{_CHANGE} {_ASSOCIATIONS}",
    ),
    _failure(
        "invalid partition|no partition specified",
        UsageError,
        "Slurm refused the partition",
        f"{_CHANGE} The partitions of this cluster: `sinfo --summarize`.",
    ),
    _failure(
        "invalid qos",
        UsageError,
        "Slurm refused the QOS",
        f"{_CHANGE} {_ASSOCIATIONS} `torc slurm update ID --qos ''` asks for none.",
    ),
    _failure(
        r"generic resource|\bgres\b",
        UsageError,
        "Slurm refused the GRES",
        f"{_CHANGE} What nodes have: `sinfo --format='%P %G'`.",
    ),
    _failure(
        "time limit|--time",
        UsageError,
        "Slurm refused the walltime",
        f"{_CHANGE} The limits of partitions: `sinfo --format='%P %l'`.",
    ),
    _failure(
        "memory specification|node count|node configuration|more processors|partition limits",
        UsageError,
        "Slurm refused what the allocation asks for",
        f"{_CHANGE} What nodes have: `sinfo --format='%P %D %c %m %G %l'`.",
    ),
    _failure(
        "not permitted|permission denied|group not",
        AccessError,
        "Slurm does not allow {program} to you",
        "Ask the administrators of the cluster, or choose another account or partition.",
    ),
)
"""The first whose words occur says what happened."""


def failure_of(program: str, exit_code: int, stderr: str) -> TorcError:
    """Return the error for a program of Slurm that failed.

    Args:
        program: Its name.
        exit_code: 128+n for signal n.
        stderr: What it said. It becomes part of the message, on one line and without what a
            terminal could take for a command.
    """
    words = cleaned(stderr)
    for known in _FAILURES:
        if known.words.search(words):
            what = known.what.format(program=program)
            return known.error(f"{what}: {words}", hint=known.hint, program=program, words=words)
    said = f": {words}" if words else f" with exit code {exit_code}, without a word"
    facts = {"program": program, "words": words, "exit_code": exit_code}
    if program == "sbatch":
        hint = f"{_CHANGE} `man sbatch` explains its options."
        return UsageError(f"Slurm refused the submission{said}", hint=hint, **facts)
    return MachineError(f"{program} failed{said}", hint=f"See `man {program}`.", **facts)


_NAMES = re.compile(
    r"invalid (?:account|partition|qos|generic resource)|unable to contact", re.IGNORECASE
)


def is_about_names_or_outage(stderr: str) -> bool:
    """Return whether `sbatch` says that a name is not known, or its controller does not answer."""
    return _NAMES.search(stderr) is not None


def is_accounting_disabled(stderr: str) -> bool:
    """Return whether `sacct` says that this cluster keeps no accounts of its jobs."""
    return "accounting storage is disabled" in stderr.lower()


_OVER = ("invalid job id", "already completing or completed", "job has already finished")


def is_unknown_job(stderr: str) -> bool:
    """Return whether all that was said is that jobs are not known, or have ended already."""
    lines = [line for line in stderr.lower().splitlines() if line.strip()]
    return bool(lines) and all(any(word in line for word in _OVER) for line in lines)


def cleaned(stderr: str) -> str:
    """Return what a program said on one line, without its own name and hidden characters."""
    lines = (_PREFIX.sub("", line.strip()) for line in stderr[: 2 * _MOST_WORDS].splitlines())
    said = "; ".join(dict.fromkeys(line for line in lines if line))
    return escape_hidden(said)[:_MOST_WORDS]
