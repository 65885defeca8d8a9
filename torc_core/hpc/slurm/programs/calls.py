"""Calls of Slurm's programs: each with a time limit, a bounded output, and words for failures."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from torc_core.clock import Clock
from torc_core.errors import MachineError, NoAnswerError, ProtocolError
from torc_core.host.environment import user_environment
from torc_core.hpc.slurm.programs import argv
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.failures import (
    cleaned,
    failure_of,
    is_about_names_or_outage,
    is_accounting_disabled,
    is_unknown_job,
)
from torc_core.hpc.slurm.programs.parse import (
    AccountedAllocation,
    QueuedAllocation,
    accounting_rows,
    parse_accounting,
    parse_queue,
    parse_settings,
    parse_submitted,
    stated,
)

TIMEOUT_S = 60.0
"""Slurm itself gives up after `MessageTimeout`, 10 s if the site has set nothing else, and some of
its programs try more than once."""
MOST_IDS = 2_000
"""Of one call: Linux limits each argument to 128 KiB."""
MOST_IDS_OF_JSON = 50
"""Slurm writes some 5 KiB for each step, and an allocation may have thousands of steps."""
MOST_OUTPUT = 64 * 2**20
_MOST_STDERR = 64 * 2**10
_FILTERS = ("SACCT_", "SCANCEL_", "SINFO_", "SQUEUE_")
"""Variables with which users set what these programs list, how, and whether they ask."""
_TIME_FORMAT = "SLURM_TIME_FORMAT"


class AccountingDisabled(msgspec.Struct, frozen=True):
    """This cluster keeps no accounts: how its jobs ended is known only for some minutes."""


class _Answer(msgspec.Struct, frozen=True):
    exit_code: int
    stdout: str
    stderr: str


class Slurm:
    """The programs of the cluster to which this machine belongs.

    Args:
        clock: For the budget.
        budget: Where looking is counted; `Poller` keeps within it.
        environ: For the programs, and where they are found; None is that of the user.
        timeout_s: Of a call, after which its program is stopped.
    """

    def __init__(
        self,
        clock: Clock,
        budget: Budget,
        *,
        environ: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.budget = budget
        self._timeout_s = timeout_s
        self._clock = clock
        self.environ = dict(user_environment() if environ is None else environ)
        self._cluster: str | None = None

    def is_here(self) -> bool:
        """Return whether jobs can be submitted from this machine: its programs are on PATH."""
        return self._found("sbatch") is not None

    def require(self) -> None:
        """Refuse to go on where jobs cannot be submitted.

        Raises:
            MachineError: There is no Slurm here.
        """
        self._required("sbatch")

    def cluster(self) -> str:
        """Return the name of the cluster; Slurm is asked for it once.

        The numbers of its jobs mean nothing in another one.

        Raises:
            UnreachableError: The controller does not answer.
            MachineError: There is no Slurm here, or it does not say its name.
        """
        if self._cluster is None:
            self._cluster = cluster_of(self.environ) or self._asked_cluster()
        return self._cluster

    def _asked_cluster(self) -> str:
        self.budget.record(self._clock.monotonic())
        name = stated(parse_settings(self.config()).get("ClusterName", ""))
        if name is None:
            raise MachineError(
                "Slurm does not say the name of this cluster: `scontrol show config` has no "
                "ClusterName.",
                hint="See the file that SLURM_CONF names.",
            )
        return name

    def queue(self, slurm_job_ids: Collection[int] | None = None) -> tuple[QueuedAllocation, ...]:
        """Return the jobs with these ids that are in the queue, or that have just left it.

        Args:
            slurm_job_ids: None for all of the user.

        Raises:
            UnreachableError: The controller does not answer.
            MachineError: There is no Slurm here.
        """
        if slurm_job_ids is None:
            return self._queue(None)
        parts = (self._queue(part) for part in _parts(slurm_job_ids))
        return tuple(found for part in parts for found in part)

    def _queue(self, slurm_job_ids: Collection[int] | None) -> tuple[QueuedAllocation, ...]:
        answer = self._look(argv.squeue(slurm_job_ids))
        if answer.exit_code and not is_unknown_job(answer.stderr):
            raise failure_of("squeue", answer.exit_code, answer.stderr)
        return parse_queue(answer.stdout)

    def accounting(
        self, slurm_job_ids: Collection[int]
    ) -> tuple[AccountedAllocation, ...] | AccountingDisabled:
        """Return what accounting knows of jobs; those that it does not know yet are left out.

        It lags behind the queue, by up to 5 s.

        Raises:
            UnreachableError: Accounting does not answer.
            MachineError: There is no Slurm here.
        """
        found: list[AccountedAllocation] = []
        for part in _parts(slurm_job_ids):
            text = self._accounting(argv.sacct(part))
            if isinstance(text, AccountingDisabled):
                return text
            found += parse_accounting(text)
        return tuple(found)

    def accounting_rows(
        self, slurm_job_ids: Collection[int], columns: Sequence[str]
    ) -> tuple[dict[str, str], ...] | AccountingDisabled:
        """Return the rows of `sacct` for jobs and their steps, with columns by its own names.

        Args:
            slurm_job_ids: The jobs.
            columns: At least two; JobName, if it is one, is the last, as it may have line breaks.

        Raises:
            UnreachableError: Accounting does not answer.
            MachineError: There is no Slurm here.
        """
        found: list[dict[str, str]] = []
        for part in _parts(slurm_job_ids):
            text = self._accounting(argv.sacct(part, columns, with_steps=True))
            if isinstance(text, AccountingDisabled):
                return text
            found += accounting_rows(text, columns)
        return tuple(found)

    def accounting_json(
        self, slurm_job_ids: Collection[int]
    ) -> tuple[str, ...] | AccountingDisabled:
        """Return what `sacct --json` prints of jobs, in the form of the cluster's version.

        Raises:
            UnreachableError: Accounting does not answer.
            MachineError: There is no Slurm here, or its `sacct` writes no JSON.
        """
        found: list[str] = []
        for part in _parts(slurm_job_ids, MOST_IDS_OF_JSON):
            text = self._accounting(argv.sacct_json(part))
            if isinstance(text, AccountingDisabled):
                return text
            found.append(text)
        return tuple(found)

    def _accounting(self, command: list[str]) -> str | AccountingDisabled:
        answer = self._look(command)
        if not answer.exit_code:
            return answer.stdout
        if is_accounting_disabled(answer.stderr):
            return AccountingDisabled()
        raise failure_of("sacct", answer.exit_code, answer.stderr)

    def submit(self, script: Path, environ: Mapping[str, str] | None = None) -> int:
        """Submit a script from this directory and return the id of its job.

        Args:
            script: The file; Slurm keeps a copy.
            environ: For sbatch, which hands it on to the job; None is that of the user.

        Raises:
            UnreachableError: The controller does not answer: nothing was submitted.
            NoAnswerError: It did not answer in time: the job may have been submitted.
            UsageError: Slurm refused it, in its own words.
            AccessError: As a `UsageError`: this user may not.
            ConflictError: As a `UsageError`: a limit is reached, which may change.
            MachineError: There is no Slurm here.
        """
        answer = self._run(argv.sbatch(script), self.environ if environ is None else environ)
        if answer.exit_code:
            raise failure_of("sbatch", answer.exit_code, answer.stderr)
        slurm_job_id = parse_submitted(answer.stdout)
        if slurm_job_id is None:
            raise ProtocolError(
                f"sbatch printed no id, but {cleaned(answer.stdout)[:200]!r}.",
                hint="The job may have been submitted: see `squeue --me`.",
            )
        return slurm_job_id

    def check(self, script: Path, environ: Mapping[str, str] | None = None) -> None:
        """Ask whether Slurm knows the account, the partition, the QOS and the GRES of a script.

        Whether there ever are nodes for it is not judged: to `sbatch --test-only` those that are
        drained are not there, while a job can wait for them.

        Raises:
            UsageError: One of them is not known.
            UnreachableError: The controller does not answer.
            MachineError: There is no Slurm here.
        """
        answer = self._run(argv.sbatch_test(script), self.environ if environ is None else environ)
        if answer.exit_code and is_about_names_or_outage(answer.stderr):
            raise failure_of("sbatch", answer.exit_code, answer.stderr)

    def cancel(self, slurm_job_ids: Collection[int]) -> None:
        """End jobs; those that have ended already, or are not known, are left alone.

        Raises:
            UnreachableError: The controller does not answer.
            AccessError: They are those of another user.
            MachineError: There is no Slurm here.
        """
        for part in _parts(slurm_job_ids):
            answer = self._asked(argv.scancel(part))
            if answer.exit_code and not is_unknown_job(answer.stderr):
                raise failure_of("scancel", answer.exit_code, answer.stderr)

    def sinfo(self) -> str:
        """Return the lines of `sinfo`, with the columns of `argv.PARTITION_COLUMNS`."""
        return self._text(argv.sinfo())

    def node_addresses(self) -> tuple[str, ...]:
        """Return the names or addresses at which the controller reaches its nodes."""
        return tuple(dict.fromkeys(self._text(argv.node_addresses()).split()))

    def partitions(self) -> str:
        """Return what `scontrol show partition` prints."""
        return self._text(argv.scontrol_show("partition"))

    def nodes(self) -> str:
        """Return what `scontrol show node` prints."""
        return self._text(argv.scontrol_show("node"))

    def config(self) -> str:
        """Return what `scontrol show config` prints."""
        return self._text(argv.scontrol_show("config"))

    def _text(self, command: list[str]) -> str:
        answer = self._asked(command)
        if answer.exit_code:
            raise failure_of(command[0], answer.exit_code, answer.stderr)
        return answer.stdout

    def _look(self, command: list[str]) -> _Answer:
        self.budget.record(self._clock.monotonic())
        return self._asked(command)

    def _asked(self, command: list[str]) -> _Answer:
        kept = {
            name: value
            for name, value in self.environ.items()
            if not name.startswith(_FILTERS) and name != _TIME_FORMAT
        }
        # Slurm 22.05 reads times in its own format when it writes JSON; there they are numbers.
        format_ = {} if "--json" in command else {_TIME_FORMAT: "%s"}
        return self._run(command, {**kept, **format_, "LC_ALL": "C"})

    def _required(self, program: str) -> str:
        path = self._found(program)
        if path is None:
            raise MachineError(
                f"There is no {program} on PATH, so there is no Slurm here.",
                hint="Run it on a login node of the cluster, or load its module of Slurm.",
                program=program,
            )
        return path

    def _run(self, command: list[str], environ: Mapping[str, str]) -> _Answer:
        program = command[0]
        path = self._required(program)
        configuration = environ.get("SLURM_CONF")
        if configuration and not Path(configuration).is_file():
            # Slurm would wait a minute for it.
            raise MachineError(
                f"SLURM_CONF names {configuration}, which is not a file.",
                hint="Unset it, or let it name the cluster's slurm.conf.",
            )
        # Files, not pipes: what is printed cannot fill the memory, nor block who prints it.
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            try:
                exit_code = subprocess.run(
                    [path, *command[1:]],
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    timeout=self._timeout_s,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired as error:
                raise NoAnswerError(
                    f"{program} did not end within {self._timeout_s:.0f} seconds and was stopped.",
                    hint="Slurm may be overloaded or restarting. See `squeue --me`, and try again.",
                    program=program,
                ) from error
            except OSError as error:
                raise MachineError(
                    f"{path} cannot be executed: {error.strerror}.",
                    hint="See its permissions, and PATH.",
                    program=program,
                ) from error
            printed = _read(stdout, MOST_OUTPUT + 1)
            said = _read(stderr, _MOST_STDERR)
        if len(printed) > MOST_OUTPUT:
            raise ProtocolError(f"{program} printed more than {MOST_OUTPUT // 2**20} MiB.")
        return _Answer(exit_code if exit_code >= 0 else 128 - exit_code, printed, said)

    def _found(self, program: str) -> str | None:
        return shutil.which(program, path=self.environ.get("PATH", os.defpath))


def cluster_of(environ: Mapping[str, str]) -> str | None:
    """Return the cluster of the allocation that a process with this environment is in. Pure."""
    if "SLURM_JOB_ID" not in environ or "SLURM_CLUSTERS" in environ:  # these are of another one
        return None
    return environ.get("SLURM_CLUSTER_NAME") or None


def _read(file: BinaryIO, limit: int) -> str:
    file.seek(0)
    return file.read(limit).decode("utf-8", "backslashreplace")


def _parts(slurm_job_ids: Collection[int], most: int = MOST_IDS) -> Iterator[Sequence[int]]:
    """Yield all ids, as many at a time as one command line takes; nothing for none."""
    ordered = sorted(set(slurm_job_ids))
    for first in range(0, len(ordered), most):
        yield ordered[first : first + most]
