"""Why an attempt failed, in words for its user: what is certain, and what is only likely. Pure."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping

from torc_core.diagnosis.failures import Cause, Diagnosis, OomReason, TimeoutReason
from torc_core.diagnosis.utilization import Use
from torc_core.model.result import LOST_RETURN_CODE
from torc_core.runner.policy.outputs.written import FAULT_SIGN
from torc_core.units import format_bytes, format_seconds

_SIGNALS_ABOVE = 128
_HIGHEST_SIGNAL = 64
_SIGNALS: Mapping[int, str] = {
    signal.SIGHUP: "its session ended",
    signal.SIGINT: "interrupted",
    signal.SIGQUIT: "quit",
    signal.SIGILL: "illegal instruction",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "arithmetic error",
    signal.SIGKILL: "killed, likely for its memory",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGPIPE: "broken pipe",
    signal.SIGTERM: "asked to stop",
    signal.SIGXCPU: "out of time",
    signal.SIGXFSZ: "file too large",
}
_CODES: Mapping[int, str] = {
    LOST_RETURN_CODE: "lost with its runner or node",
    126: "the command cannot be executed",
    127: "command not found",
}
_CAUSES: Mapping[Cause, str] = {
    Cause.LOST: "lost with its runner, node or allocation",
    Cause.STOPPED: "stopped with its runner or allocation",
}
_OOM: Mapping[OomReason, str] = {
    OomReason.SLURM: "out of memory, as Slurm says",
    OomReason.EXIT_CODE: "out of memory",
    OomReason.MEMORY_EXCEEDED: "out of memory",
    OomReason.KILLED: "killed, likely for its memory",
}
_TIMEOUT: Mapping[TimeoutReason, str] = {
    TimeoutReason.SLURM: "out of time, as Slurm says",
    TimeoutReason.EXIT_CODE: "out of time",
    TimeoutReason.CPU_TIME_SIGNAL: "out of time",
    TimeoutReason.KILLED_LATE: "killed when its runtime was nearly over",
}


def code_words(code: int) -> str:
    """Return what an exit code says; empty for one that only the program knows.

    Args:
        code: The process's own, 128+n or -n for signal n.
    """
    if code in _CODES:
        return _CODES[code]
    number = -code if code < 0 else code - _SIGNALS_ABOVE
    if not 0 < number <= _HIGHEST_SIGNAL:
        return ""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    words = _SIGNALS.get(number)
    return f"ended by {name}" if words is None else f"{words}, {name}"


def cause_words(diagnosis: Diagnosis) -> str:
    """Return why an attempt failed; empty if it did not, or only the program knows."""
    kind = kind_words(diagnosis)
    if diagnosis.cause is Cause.OUT_OF_MEMORY:
        return kind + _use_words(diagnosis.memory, "used", format_bytes)
    if diagnosis.cause is Cause.OUT_OF_TIME:
        return kind + _use_words(diagnosis.runtime, "ran", format_seconds)
    return kind


def kind_words(diagnosis: Diagnosis) -> str:
    """Return the same without amounts, so that it is equal for attempts that failed alike."""
    cause = diagnosis.cause
    if cause is None:
        return ""
    if cause in _CAUSES:
        return _CAUSES[cause]
    if cause is Cause.OUT_OF_MEMORY and diagnosis.oom is not None:
        return _OOM[diagnosis.oom]
    if cause is Cause.OUT_OF_TIME and diagnosis.timeout is not None:
        return _TIMEOUT[diagnosis.timeout]
    return code_words(diagnosis.observation.result.return_code)


def fault_in(log: str) -> str:
    """Return what a job's stderr says of output files that it did not write; empty if nothing."""
    lines = (line[line.index(FAULT_SIGN) :] for line in log.splitlines() if FAULT_SIGN in line)
    return next(lines, "").strip()


def _use_words(use: Use | None, verb: str, shown: Callable[[float], str]) -> str:
    """Return how much was used of what is stated; empty if either is not known."""
    return "" if use is None else f": {verb} {shown(use.used)} of {shown(use.specified)}"
