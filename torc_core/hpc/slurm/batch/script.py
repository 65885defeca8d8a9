"""The script for sbatch: its directives, and a runner on each node or one for all. Pure.

Source: sbatch(1) and srun(1) of Slurm 22.05 and 24.11; how sbatch reads directives, and how srun
passes signals on, was tried with 22.05.8.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import msgspec

from torc_core import sbatch
from torc_core.characters import forbidden_in_name
from torc_core.errors import UsageError
from torc_core.host.process import our_program
from torc_core.hpc.slurm.batch.fields import Options, options_of
from torc_core.model.ids import WorkflowId
from torc_core.model.resources import SlurmScheduler

WORKER = "torc_core.hpc.slurm"
_DIRECTIVE = "#SBATCH --"
_PLAIN = re.compile(r"[A-Za-z0-9_.:,@%+=/\[\]*&|()-]+", re.ASCII)
_UNSAFE_IN_QUOTES = re.compile(r'(["\\])')

_ALONE = """\
# exec: a signal for this script, as with --signal=B:TERM@300, is one for the runner.
exec {worker}
"""
_EACH_NODE = """\
# What is set for one CPU or GPU would limit the step.
unset SLURM_MEM_PER_CPU SLURM_MEM_PER_GPU
srun {srun} {worker} &
srun=$!
# SIGTERM would let srun kill the runners at once; SIGUSR1 it passes on, and it means the same to
# them: the end is near.
trap 'kill -USR1 "$srun"' TERM USR1 USR2
wait "$srun"
code=$?
while kill -0 "$srun" 2>/dev/null; do
    wait "$srun"
    code=$?
done
exit "$code"
"""
_SRUN = (
    *('--nodes="$SLURM_JOB_NUM_NODES"', '--ntasks="$SLURM_JOB_NUM_NODES"', "--ntasks-per-node=1"),
    "--overlap",  # jobs may be steps of their own beside it
    "--cpu-bind=none",
    *("--kill-on-bad-exit=0", "--wait=0"),  # runners end one by one, each with its own exit code
)


class BatchJob(msgspec.Struct, frozen=True, kw_only=True):
    """One allocation to submit."""

    workflow_id: WorkflowId
    scheduler: SlurmScheduler
    defaults: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """The workflow's `slurm_defaults`."""
    prefix: str = "worker"
    """The name of the Slurm job is this and the workflow."""
    output_dir: str
    """Absolute, and the same directory on the nodes."""
    url: str
    """Of the server, as nodes reach it."""
    access_file: str | None = None
    """Where the worker finds the token or the password. Absolute."""
    comment: str
    """By which the allocation is found in the queue by those who do not know its id."""
    poll_interval_s: float = 60
    max_parallel_jobs: int | None = None
    one_worker_per_node: bool = False
    srun_mpi: str | None = None
    """The value of `srun --mpi` for the workers, where there is one per node."""
    program: tuple[str, ...] = msgspec.field(default_factory=lambda: tuple(our_program(WORKER)))
    """The worker's command line, before its own arguments; absolute."""


def write_script(job: BatchJob) -> str:
    """Return the script for sbatch. It holds no secret.

    Raises:
        UsageError: A value cannot stand in a script, or would be a secret in it; `field` in the
            details names it.
    """
    options: Options = {
        "job-name": _option("prefix", f"{job.prefix}_wf{job.workflow_id}"),
        "output": _output(job, "o"),
        "error": _output(job, "e"),
        "open-mode": "append",  # what a requeued allocation said the first time stays
        "comment": _option("comment", job.comment),
        **options_of(job.scheduler, job.defaults),
    }
    worker = shlex.join([*job.program, *_arguments(job)])
    srun = " ".join([*_SRUN, *_mpi(job)])
    body = (_EACH_NODE if job.one_worker_per_node else _ALONE).format(worker=worker, srun=srun)
    return "".join(
        [
            "#!/bin/bash\n",
            *(_directive(name, value) for name, value in options.items()),
            f"export TORC_API_URL={shlex.quote(_url(job))}\n",
            body,
        ]
    )


def _directive(name: str, value: str | None) -> str:
    """Return one line, and nothing that could be two."""
    line = _DIRECTIVE + name + ("" if value is None else f"={_quoted(value)}")
    if forbidden := forbidden_in_name(line):
        raise UsageError(f"--{name} for sbatch contains {forbidden!r}.", field=name)
    return line + "\n"


def _quoted(value: str) -> str:
    """Return a value as sbatch reads it: a quoted text, a backslash before what would end it."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + _UNSAFE_IN_QUOTES.sub(r"\\\1", value) + '"'


def parse_directives(script: str) -> Options:
    """Return the options in the directives of a script, as sbatch reads them."""
    found: Options = {}
    for line in script.splitlines():
        if line.startswith(_DIRECTIVE):
            name, is_joined, value = line.removeprefix(_DIRECTIVE).partition("=")
            found[name] = "".join(_unquoted(value)) if is_joined else None
        elif line and not line.startswith("#"):
            break
    return found


def _unquoted(text: str) -> Iterator[str]:
    characters = iter(text)
    for character in characters:
        if character == "\\":
            yield next(characters, "")
        elif character != '"':
            yield character


def _option(field: str, value: str) -> str:
    if not sbatch.is_value(value):
        raise _refused(field, f"{value[:80]!r} cannot be the value of an sbatch option")
    return value


def _output(job: BatchJob, ending: str) -> str:
    directory = _path("output_dir", job.output_dir)
    if "\\" in directory:
        # Slurm replaces nothing in such a path, not even what stands for the id.
        raise _refused("output_dir", f"{directory[:80]!r} contains a backslash")
    name = f"slurm_output_wf{job.workflow_id}_sl%j.{ending}"
    return str(PurePosixPath(directory.replace("%", "%%")) / name)


def _path(field: str, path: str) -> str:
    if forbidden := forbidden_in_name(path):
        raise _refused(field, f"{path[:80]!r} contains {forbidden!r}")
    if not PurePosixPath(path).is_absolute():
        raise _refused(field, f"{path[:80]!r} is not an absolute path")
    return path


def _url(job: BatchJob) -> str:
    parts = urlsplit(job.url)
    if parts.username or parts.password:
        raise _refused("url", "the address of the server contains a user or a password")
    if forbidden := forbidden_in_name(job.url):
        raise _refused("url", f"{job.url[:80]!r} contains {forbidden!r}")
    return job.url


def _arguments(job: BatchJob) -> Iterator[str]:
    yield from (_url(job), str(job.workflow_id), _path("output_dir", job.output_dir))
    yield from ("--poll-interval", f"{job.poll_interval_s:g}")
    if job.max_parallel_jobs is not None:
        yield from ("--max-parallel-jobs", str(job.max_parallel_jobs))
    if job.access_file is not None:
        yield from ("--access-file", _path("access_file", job.access_file))
    yield from ("--allocation-key", _option("comment", job.comment))
    if job.scheduler.id is not None:
        yield from ("--scheduler-config-id", str(job.scheduler.id))
    if job.one_worker_per_node:
        yield "--is-subtask"


def _mpi(job: BatchJob) -> Iterator[str]:
    if job.srun_mpi is not None:
        yield shlex.quote(f"--mpi={_option('srun_mpi', job.srun_mpi)}")


def _refused(field: str, fault: str) -> UsageError:
    return UsageError(f"{field}: {fault}. Nothing was submitted.", field=field)
