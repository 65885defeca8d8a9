"""What errors look like in the logs of jobs, of runners and of Slurm: a table.

Patterns are those of RE2, over bytes; none reaches beyond its line. Of those that a line matches,
the first of the table says what it is; so the special ones come before the general ones.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How bad it is."""

    CRITICAL = "critical"
    """What printed this has probably ended of it."""
    ERROR = "error"
    WARNING = "warning"


class LogGroup(StrEnum):
    """What it has to do with."""

    MEMORY = "memory"
    GPU = "gpu"
    SLURM = "slurm"
    CRASH = "crash"
    PYTHON = "python"
    FILE_SYSTEM = "file system"
    NETWORK = "network"
    TORC = "torc"
    PROGRAM = "program"


class LogPattern(NamedTuple):
    """One kind of error."""

    name: str
    group: LogGroup
    severity: Severity
    pattern: str
    only_slurm: bool = False
    """Looked for only in what Slurm and the kernel print: elsewhere such words are common."""


_G, _S = LogGroup, Severity

LOG_PATTERNS: tuple[LogPattern, ...] = (
    LogPattern("CUDA out of memory", _G.GPU, _S.CRITICAL, r"(?i)CUDA(?: error:)? out of memory"),
    LogPattern("GPU memory exceeded", _G.GPU, _S.CRITICAL, r"(?i)GPU memory.*exceeded"),
    LogPattern("CUDA error", _G.GPU, _S.ERROR, r"(?i)CUDA error|\bCUDA_ERROR_\w+|\bHIP error"),
    LogPattern(
        "Out of Memory (OOM) Kill",
        _G.MEMORY,
        _S.CRITICAL,
        r"(?i)\boom[-_ ]kill(?:er)?\b|memory cgroup out of memory|out of memory: kill",
    ),
    LogPattern(
        "Memory limit exceeded",
        _G.MEMORY,
        _S.CRITICAL,
        r"(?i)exceeded (?:job|step) memory limit|task/cgroup: .*: killed|memory limit exceeded",
    ),
    LogPattern("Python MemoryError", _G.MEMORY, _S.CRITICAL, r"\b_?(?:Array)?MemoryError\b"),
    LogPattern("C++ std::bad_alloc", _G.MEMORY, _S.CRITICAL, r"std::bad_alloc"),
    LogPattern("Java out of memory", _G.MEMORY, _S.CRITICAL, r"java\.lang\.OutOfMemoryError"),
    LogPattern(
        "Out of memory", _G.MEMORY, _S.CRITICAL, r"(?i)out of memory|cannot allocate memory"
    ),
    LogPattern("Slurm time limit", _G.SLURM, _S.CRITICAL, r"DUE TO TIME LIMIT"),
    LogPattern("Slurm preemption", _G.SLURM, _S.WARNING, r"DUE TO PREEMPTION"),
    LogPattern("Slurm node failure", _G.SLURM, _S.CRITICAL, r"\bNODE_FAIL|DUE TO NODE FAIL"),
    # Slurm writes it for every signal that it sends, also for the one before the time limit.
    LogPattern(
        "Slurm cancellation", _G.SLURM, _S.WARNING, r"\*\*\* (?:JOB|STEP) \S+ ON .* CANCELLED AT "
    ),
    LogPattern("Slurm limit exceeded", _G.SLURM, _S.ERROR, r"(?i)exceeded.*step.*limit"),
    LogPattern(
        "Slurm step error",
        _G.SLURM,
        _S.ERROR,
        r"\b(?:slurmstepd|slurmd|slurmctld)(?:-[\w.-]+)?: error:",
    ),
    LogPattern("srun error", _G.SLURM, _S.ERROR, r"\b(?:srun|sbatch|salloc): error:"),
    LogPattern(
        "Slurm state", _G.SLURM, _S.ERROR, r"\b(?:FAILED|CANCELLED|TIMEOUT)\b", only_slurm=True
    ),
    LogPattern(
        "Segmentation fault",
        _G.CRASH,
        _S.CRITICAL,
        r"(?i)segmentation fault|\bsegfault at\b|\bSIGSEGV\b",
    ),
    LogPattern("Bus error", _G.CRASH, _S.CRITICAL, r"(?i)\bbus error\b|\bSIGBUS\b"),
    LogPattern(
        "Illegal instruction", _G.CRASH, _S.CRITICAL, r"(?i)\billegal instruction\b|\bSIGILL\b"
    ),
    LogPattern(
        "Killed by a signal",
        _G.CRASH,
        _S.CRITICAL,
        r"(?i)killed by signal|\bcore dumped\b|\bSIGABRT\b|^(?:.*: line \d+: +\d+ )?Killed\b"
        r"|^Aborted\b",
    ),
    LogPattern(
        "Panic",
        _G.CRASH,
        _S.CRITICAL,
        r"\bpanicked at\b|^panic: |^fatal error: |(?i)kernel panic",
    ),
    LogPattern("Python import error", _G.PYTHON, _S.ERROR, r"\b(?:ModuleNotFound|Import)Error\b"),
    LogPattern("Python traceback", _G.PYTHON, _S.ERROR, r"Traceback \(most recent call last\)"),
    LogPattern(
        "No space left", _G.FILE_SYSTEM, _S.CRITICAL, r"(?i)no space left on device|\bENOSPC\b"
    ),
    LogPattern(
        "Disk quota exceeded", _G.FILE_SYSTEM, _S.CRITICAL, r"(?i)quota exceeded|\bEDQUOT\b"
    ),
    LogPattern("Read-only file system", _G.FILE_SYSTEM, _S.ERROR, r"(?i)read-only file system"),
    LogPattern(
        "Permission denied", _G.FILE_SYSTEM, _S.ERROR, r"(?i)permission denied|\bPermissionError\b"
    ),
    LogPattern(
        "File not found",
        _G.FILE_SYSTEM,
        _S.ERROR,
        r"(?i)no such file or directory|\bFileNotFoundError\b",
    ),
    LogPattern(
        "Input/output error", _G.FILE_SYSTEM, _S.ERROR, r"(?i)input/output error|stale file handle"
    ),
    LogPattern(
        "Connection refused", _G.NETWORK, _S.ERROR, r"(?i)connection refused|\bECONNREFUSED\b"
    ),
    LogPattern(
        "Connection timed out", _G.NETWORK, _S.ERROR, r"(?i)connection timed out|\bETIMEDOUT\b"
    ),
    LogPattern("Connection lost", _G.NETWORK, _S.ERROR, r"(?i)connection reset|connection aborted"),
    LogPattern(
        "Network unreachable",
        _G.NETWORK,
        _S.ERROR,
        r"(?i)network is unreachable|no route to host|could not resolve host"
        r"|name or service not known",
    ),
    LogPattern("Runner error", _G.TORC, _S.ERROR, r"^\[\S+ ERROR torc"),
    LogPattern("Runner warning", _G.TORC, _S.WARNING, r"^\[\S+ WARN(?:ING)? +torc"),
    LogPattern(
        "Output file not written",
        _G.TORC,
        _S.ERROR,
        r"^torc: The job exited with 0 but .* output file",
    ),
    LogPattern("Stopped by the runner", _G.TORC, _S.ERROR, r"^torc: The job was stopped: "),
    LogPattern("Command not found", _G.PROGRAM, _S.ERROR, r"(?i)command not found"),
    LogPattern(
        "Python exception", _G.PYTHON, _S.ERROR, r"^(?:\w+\.)*\w*(?:Error|Exception)(?::|[ \t\r]*$)"
    ),
    LogPattern(
        "Error message",
        _G.PROGRAM,
        _S.ERROR,
        r"(?i)^(?:[\w./-]+: )?(?:fatal|error)\b ?:|\[(?:error|fatal|critical)\]",
    ),
)
