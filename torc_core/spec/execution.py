"""How jobs are executed: the fields of `execution_config` and `stdio`."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from torc_core.model.execution import (
    ExecutionConfig,
    ExecutionMode,
    Stdio,
    StdioMode,
    is_signal,
)
from torc_core.spec import fields
from torc_core.spec.fields import MAX_COUNT, Check
from torc_core.spec.problems import Path, Problems, shown

_MODES = {mode.value: mode for mode in ExecutionMode}
_STDIO_MODES = {mode.value: mode for mode in StdioMode}


def _signal(value: Any, path: Path, problems: Problems) -> str:
    """The name of a signal, such as `SIGTERM`."""
    known = len(problems.errors)
    content = fields.text(value, path, problems)
    if len(problems.errors) == known and not is_signal(content):
        problems.add(path, f'"{shown(content)}" is not a signal; write one such as SIGTERM')
    return content


def _stdio(_place: Path, /, **stated: Any) -> Stdio:
    return Stdio(**stated)


STDIO: dict[str, Check] = {
    "mode": fields.one_of(_STDIO_MODES),
    "delete_on_success": fields.boolean,
}
read_stdio = fields.mapping(STDIO, (), _stdio)


def _overrides(value: Any, path: Path, problems: Problems) -> dict[str, Stdio]:
    """Names of jobs, each with a mapping of the fields below."""
    if type(value) is not dict:
        problems.add(path, fields.wrong_kind(value, "a mapping of names of jobs"))
        return {}
    return {
        name: read_stdio(entry, (*path, name), problems)
        for name, entry in value.items()
        if entry is not None
    }


_SECONDS = fields.integer(0, MAX_COUNT)
_EXIT_CODE = fields.integer(1, 255)
EXECUTION: dict[str, Check] = {
    "mode": fields.one_of(_MODES),
    "limit_resources": fields.boolean,
    "oom_exit_code": _EXIT_CODE,
    "timeout_exit_code": _EXIT_CODE,
    "termination_signal": _signal,
    "sigterm_lead_seconds": _SECONDS,
    "sigkill_headroom_seconds": _SECONDS,
    "srun_termination_signal": fields.sbatch_value,
    "srun_mpi": fields.sbatch_value,
    "enable_cpu_bind": fields.boolean,
    "staggered_start": fields.boolean,
    "accept_unchanged_outputs": fields.boolean,
    "stdio": read_stdio,
    "job_stdio_overrides": _overrides,
}


_NOT_FOR = {
    **dict.fromkeys(("srun_termination_signal", "enable_cpu_bind"), ExecutionMode.DIRECT),
    "limit_resources": ExecutionMode.SLURM,
}
"""Fields that mean nothing in a mode."""


def _execution(_place: Path, /, **stated: Any) -> ExecutionConfig:
    return ExecutionConfig(**stated)


_read_execution = fields.mapping(EXECUTION, (), _execution)


def read_execution(value: Any, path: Path, problems: Problems) -> ExecutionConfig:
    """A mapping of the fields below."""
    config = _read_execution(value, path, problems)
    for name in value if type(value) is dict else ():
        if (
            value[name] is not None
            and config.mode is not None
            and _NOT_FOR.get(name) == config.mode
        ):
            problems.warn((*path, name), f"has no effect with mode: {config.mode}")
    return config


def warn_of_overrides(
    config: ExecutionConfig | None, jobs: Container[str], problems: Problems
) -> None:
    """Note overrides that are for no job of the workflow."""
    for name in (config and config.job_stdio_overrides) or ():
        if name not in jobs:
            place = ("execution_config", "job_stdio_overrides", name)
            problems.warn(place, f'has no effect: there is no job "{shown(name)}"')
