"""Passing a script to sbatch: a file for its owner alone, and an environment without secrets."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from torc_core.errors import AccessError, ConflictError, MachineError, UsageError
from torc_core.hpc.slurm.batch.script import BatchJob, parse_directives, write_script
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.masking import is_secret_name

_MODE = 0o700
_ELSEWHERE = frozenset({"TORC_API_URL", "TORC_CLIENT__API_URL"})
"""The server as it is reached from here; the script says how nodes reach it."""
_ALSO_OUTSIDE = frozenset({"SLURM_CLUSTERS", "SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"})
"""Slurm's variables that users set; of the others, those of an allocation in which torc itself runs
would count as options."""
_VARIABLE_OF = {
    "array": "SBATCH_ARRAY_INX",
    "mem": "SBATCH_MEM_PER_NODE",
    "time": "SBATCH_TIMELIMIT",
}
"""Input variables of sbatch(1) that are not named like their options."""
_NEVER = ("array", "clusters", "quiet", "test-only", "wait")
"""Options that are none of a script of ours, and must not come from the environment either."""


def submit_batch(slurm: Slurm, job: BatchJob, *, directory: Path, keep: bool = False) -> int:
    """Submit an allocation from the working directory, and return the id of its Slurm job.

    Args:
        slurm: The programs of the cluster.
        job: What to submit.
        directory: Where the script is written; it exists.
        keep: Leave it there.

    Raises:
        UsageError: A value cannot be submitted, or Slurm refused the submission.
        MachineError: The script cannot be written, or there is no Slurm here.
        TorcError: See `Slurm.submit`.
    """
    with _script(slurm, job, directory, keep=keep) as (path, environ):
        return slurm.submit(path, environ)


def check_batch(slurm: Slurm, job: BatchJob, *, directory: Path) -> None:
    """Ask `Slurm.check` whether Slurm would accept an allocation.

    Raises:
        UsageError: A value cannot be submitted, or Slurm does not know a name.
        MachineError: The script cannot be written, or there is no Slurm here.
        UnreachableError: The controller does not answer.
    """
    with _script(slurm, job, directory, keep=False) as (path, environ):
        slurm.check(path, environ)


@contextlib.contextmanager
def _script(
    slurm: Slurm, job: BatchJob, directory: Path, *, keep: bool
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Write the script of an allocation; yield it and the environment for sbatch."""
    text = write_script(job)
    environ = environment_for_sbatch(slurm.environ, parse_directives(text))
    path = _write(text, directory, f"slurm_script_wf{job.workflow_id}")
    try:
        yield path, environ
    except (UsageError, AccessError, ConflictError) as error:
        # Slurm's words do not say which one of a workflow it has refused.
        scheduler = job.scheduler.name or job.scheduler.id
        error.message = f"Slurm scheduler {scheduler!r}: {error.message}"
        raise
    finally:
        if not keep:
            path.unlink(missing_ok=True)


def environment_for_sbatch(environ: Mapping[str, str], options: Iterable[str]) -> dict[str, str]:
    """Return the environment for sbatch, which hands it on to the job. Pure.

    Args:
        environ: That of the user.
        options: Those that the script states. Variables would override them; see sbatch(1), INPUT
            ENVIRONMENT VARIABLES.
    """
    overriding = {
        _VARIABLE_OF.get(name, f"SBATCH_{name.replace('-', '_').upper()}")
        for name in (*options, *_NEVER)
    }
    is_inside = "SLURM_JOB_ID" in environ

    def is_kept(name: str) -> bool:
        if name.startswith("TORC_"):
            return name not in _ELSEWHERE and not is_secret_name(name)
        if name.startswith("SLURM") and is_inside:
            return name in _ALSO_OUTSIDE
        return name not in overriding

    return {name: value for name, value in environ.items() if is_kept(name)}


def _write(text: str, directory: Path, name: str) -> Path:
    path = directory / f"{name}_{secrets.token_hex(4)}.sh"
    try:
        # O_EXCL creates the file or fails: it follows no link and changes no other file.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
    except OSError as error:
        raise MachineError(
            f"The script for sbatch cannot be written to {directory}: {error.strerror}.",
            hint="Choose an output directory that exists, that you may write, and that has room.",
        ) from error
    return path
