"""How the jobs of a workflow are executed: the reference's `execution_config`."""

from __future__ import annotations

import math
import signal
from enum import StrEnum
from typing import Annotated

import msgspec

from torc_core.decoders import convert
from torc_core.errors import UsageError
from torc_core.model.wire import JsonText, Wire

Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
ExitCode = Annotated[int, msgspec.Meta(ge=1, le=255)]

EXPIRATION_BUFFER_S = 180
"""The default of `compute_node_expiration_buffer_seconds`."""
WORKER_START_S = 60
"""What a plan leaves for the start of the worker of an allocation. Slurm counts the walltime from
the start of the allocation, so the time until the worker takes its first jobs is lost to them."""
GRACE_S = 30.0
"""From the request to stop to SIGKILL, unless the workflow or the runner says otherwise."""


class ExecutionMode(StrEnum):
    """Who starts the processes of jobs."""

    DIRECT = "direct"
    """The runner."""
    SLURM = "slurm"
    """Slurm, each job in a step of its own."""
    AUTO = "auto"
    """Slurm inside an allocation, the runner elsewhere."""


class StdioMode(StrEnum):
    """Where the output of a job's process goes."""

    SEPARATE = "separate"
    """stdout into one file, stderr into another."""
    COMBINED = "combined"
    """Both into one file, in the order in which they are written."""
    NO_STDOUT = "no_stdout"
    """stderr into a file; stdout is discarded."""
    NO_STDERR = "no_stderr"
    NONE = "none"
    """Both are discarded."""


class Stdio(Wire, frozen=True, kw_only=True):
    """What is kept of the output of a job."""

    mode: StdioMode = StdioMode.SEPARATE
    delete_on_success: bool = False
    """Delete the files of an attempt once the server has recorded that it completed."""


class ExecutionConfig(Wire, frozen=True, kw_only=True):
    """How jobs are executed; None where the workflow leaves it to the runner."""

    mode: ExecutionMode | None = None
    limit_resources: bool | None = None
    """Whether jobs that exceed the memory or the runtime of their requirements are stopped."""
    oom_exit_code: ExitCode | None = None
    """The return code of a job that exceeded its memory."""
    timeout_exit_code: ExitCode | None = None
    """The return code of a job that exceeded its runtime."""
    termination_signal: str | None = None
    """The name of the signal by which a job is asked to stop."""
    sigterm_lead_seconds: Seconds | None = None
    """From that signal to SIGKILL."""
    sigkill_headroom_seconds: Seconds | None = None
    """From SIGKILL to the end of the allocation."""
    srun_termination_signal: str | None = None
    """The value of `srun --signal`, for steps."""
    srun_mpi: str | None = None
    """The value of `srun --mpi` for the runners of an allocation."""
    enable_cpu_bind: bool | None = None
    """Whether Slurm may bind tasks to CPUs."""
    staggered_start: bool | None = None
    """Whether the runners of several allocations start one after the other."""
    accept_unchanged_outputs: bool | None = None
    """Whether an output file may stay as it was before the job: for tools such as make, which
    leave alone what is up to date. Not known to the reference."""
    stdio: Stdio | None = None
    job_stdio_overrides: dict[str, Stdio] | None = None
    """In place of `stdio`, by the name of a job."""

    @property
    def asks_by(self) -> signal.Signals:
        """The signal by which a job is asked to stop."""
        name = self.termination_signal or "SIGTERM"
        return signal.Signals[name if name in _SIGNALS else f"SIG{name}"]

    def stdio_of(self, job_name: str) -> Stdio:
        """Return what is kept of the output of a job."""
        own = (self.job_stdio_overrides or {}).get(job_name)
        return own or self.stdio or Stdio()

    def buffer_s(self, expiration_buffer_s: float, grace_s: float = GRACE_S) -> float:
        """Return how long before the end of its allocation a runner stops its jobs.

        Args:
            expiration_buffer_s: The workflow's buffer, unless the two parts of it are stated here.
            grace_s: The first part, from the request to stop to SIGKILL, where that is not stated.
        """
        if self.sigkill_headroom_seconds is None:
            return expiration_buffer_s
        lead_s = self.sigterm_lead_seconds
        return self.sigkill_headroom_seconds + (grace_s if lead_s is None else lead_s)


_FIELD = "execution_config"


def expiration_buffer_s(stated_s: float | None, execution: ExecutionConfig | None) -> float:
    """Return the buffer of a workflow that states it, its two parts, or nothing."""
    buffer_s = EXPIRATION_BUFFER_S if stated_s is None else stated_s
    return (execution or ExecutionConfig()).buffer_s(buffer_s)


def planned_buffer_s(stated_s: float | None, execution: ExecutionConfig | None) -> int:
    """Return the same in whole seconds, rounded up, as plans reckon with it."""
    return math.ceil(expiration_buffer_s(stated_s, execution))


def read_execution_config(config: JsonText) -> ExecutionConfig:
    """Return a workflow's setting, given as JSON text or object; None or empty is the default.

    Null states nothing, and members that are not known are left out.

    Raises:
        UsageError: A member cannot be what it is; the message says where.
    """
    if not config:
        return ExecutionConfig()
    try:
        tree = msgspec.json.decode(config) if isinstance(config, str) else config
        found = convert(_without_nulls(tree), ExecutionConfig)
    except (msgspec.MsgspecError, RecursionError) as error:
        message = f"{_FIELD} is not valid: {error}."
        raise UsageError(message, hint=_HINT, field=_FIELD) from error
    named = found.termination_signal
    if named is not None and not is_signal(named):
        raise UsageError(
            f"{_FIELD} is not valid: termination_signal is {named!r}, which is not a signal.",
            hint="Name one such as SIGTERM or SIGINT.",
            field=_FIELD,
            value=named,
        )
    return found


def stored_execution_config(config: JsonText) -> ExecutionConfig:
    """Return a workflow's setting; what is not valid, on a server that checks less, is none."""
    try:
        return read_execution_config(config)
    except UsageError:
        return ExecutionConfig()


_HINT = "The members and their values: docs/how-to/workflow-files.md."


def is_signal(name: str) -> bool:
    """Return whether this is the name of a signal of this system, with or without SIG."""
    return name in _SIGNALS or f"SIG{name}" in _SIGNALS


_SIGNALS = frozenset(signal.Signals.__members__)


def _without_nulls(tree: object) -> object:
    """Return JSON without members that are null, which some clients write for all they lack."""
    if isinstance(tree, dict):
        return {key: _without_nulls(value) for key, value in tree.items() if value is not None}
    return tree
