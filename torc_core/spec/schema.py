"""The structure of a workflow file: which fields there are, and what each may be.

The tables are the specification; `read_workflow` walks a file along them and notes everything that
does not fit. Names are not looked up here and parameters not expanded.
"""

from __future__ import annotations

from typing import Any, cast, get_args

import msgspec

from torc_core import sbatch
from torc_core.model.action import ActionType, TriggerType
from torc_core.model.compute import SchedulerType
from torc_core.model.execution import Stdio
from torc_core.model.job import OnLost
from torc_core.model.workflow import MAX_ITERATIONS, DynamicJobs, SortMethod
from torc_core.spec import fields
from torc_core.spec.execution import read_execution, read_stdio
from torc_core.spec.expansion.parameters import PARAMETER_NAME, Values, parse_values
from torc_core.spec.failure_handlers import read_rules
from torc_core.spec.fields import MAX_COUNT, Check
from torc_core.spec.problems import Path, Problems, shown
from torc_core.spec.spelling import plain_numbers

Texts = tuple[str, ...]


class Parameterized(msgspec.Struct):
    """What jobs, files and user data have in common."""

    place: Path
    name: str = ""
    parameters: dict[str, Values] = msgspec.field(default_factory=dict)
    parameter_mode: str = "product"
    use_parameters: Texts = ()

    @property
    def is_parameterized(self) -> bool:
        """Whether this may stand for several."""
        return bool(self.parameters or self.use_parameters)


class NamedSpec(msgspec.Struct, kw_only=True):
    """Anything else with a name; its fields are those of its expanded form."""

    place: Path
    name: str = ""
    values: dict[str, Any]


class JobSpec(Parameterized):
    """A job as written; empty tuples where the file says nothing.

    `cancel_on_blocking_job_failure` is true unless the file says otherwise: the documentation's
    table has false, but the reference leaves it out when it creates the job and its server then
    stores true, and a job that runs on missing input is of no use.
    """

    command: str = ""
    invocation_script: str | None = None
    resource_requirements: str | None = None
    own_requirements: NamedSpec | None = None
    """Requirements that it states in place of their name; they have none yet."""
    failure_handler: str | None = None
    scheduler: str | None = None
    cancel_on_blocking_job_failure: bool = True
    supports_termination: bool = False
    on_lost: OnLost | None = None
    priority: int = 0
    env: dict[str, str] = msgspec.field(default_factory=dict)
    stdio: Stdio | None = None
    depends_on: Texts = ()
    depends_on_regexes: Texts = ()
    input_files: Texts = ()
    input_file_regexes: Texts = ()
    output_files: Texts = ()
    output_file_regexes: Texts = ()
    input_user_data: Texts = ()
    input_user_data_regexes: Texts = ()
    output_user_data: Texts = ()
    output_user_data_regexes: Texts = ()


class FileSpec(Parameterized):
    """A file as written."""

    path: str = ""


class UserDataSpec(Parameterized):
    """A record of user data as written."""

    data: Any = None
    is_ephemeral: bool = False


class ActionSpec(msgspec.Struct):
    """An action as written; None where the file says nothing."""

    place: Path
    trigger_type: str = ""
    action_type: str = ""
    jobs: Texts | None = None
    job_name_regexes: Texts | None = None
    commands: Texts | None = None
    scheduler: str | None = None
    scheduler_type: str | None = None
    num_allocations: int | None = None
    start_one_worker_per_node: bool | None = None
    max_parallel_jobs: int | None = None
    persistent: bool | None = None


class WorkflowSpec(msgspec.Struct, kw_only=True):
    """A whole file as written."""

    settings: dict[str, Any]
    parameters: dict[str, Values]
    jobs: tuple[JobSpec, ...]
    files: tuple[FileSpec, ...]
    user_data: tuple[UserDataSpec, ...]
    resource_requirements: tuple[NamedSpec, ...]
    failure_handlers: tuple[NamedSpec, ...]
    slurm_schedulers: tuple[NamedSpec, ...]
    actions: tuple[ActionSpec, ...]


RESOURCE_MONITOR_DEFAULTS = {
    "enabled": True,
    "granularity": "summary",
    "sample_interval_seconds": 5,
    "generate_plots": False,
}


def _parameters(value: Any, path: Path, problems: Problems) -> dict[str, Values]:
    """Names of parameters, each with a range or a list of values."""
    if type(value) is not dict:
        problems.add(path, fields.wrong_kind(value, "a mapping of names to ranges or lists"))
        return {}
    found = {}
    for key, entry in value.items():
        if not PARAMETER_NAME.fullmatch(key):
            problems.add(
                (*path, key), f'"{shown(key)}" cannot be the name of a parameter; use a-z, 0-9, _'
            )
        elif entry is not None:
            found[key] = parse_values(entry, (*path, key), problems)
    return found


def _slurm_defaults(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
    """Long options of sbatch, without dashes before them, each with its value."""
    options = fields.json_object(value, path, problems)
    for key, entry in options.items():
        place = (*path, key)
        if fault := sbatch.default_fault(key):
            problems.add(place, f'"{shown(key)}" {fault}')
        elif type(entry) in {dict, list}:
            problems.add(place, fields.wrong_kind(entry, "text or a number"))
        elif type(entry) is str and (fault := sbatch.value_fault(entry)):
            problems.add(place, f'"{shown(entry)}" {fault}')
    return options


def _words(*words: str) -> Check:
    return fields.one_of({word: word for word in words})


def _names_of_metrics(value: Any, path: Path, problems: Problems) -> None:
    """A list of names."""
    _NAMES(value, path, problems)
    problems.warn(path, "has no effect: CPU and memory are always measured, both")


_NAMES = fields.list_of(fields.name)
_PATTERNS = fields.list_of(fields.pattern)

NEEDS: dict[str, Check] = {
    "num_cpus": fields.integer(1, MAX_COUNT),
    "memory": fields.memory,
    "num_gpus": fields.integer(0, MAX_COUNT),
    "num_nodes": fields.integer(1, MAX_COUNT),
    "runtime": fields.duration,
}
_NEEDED = ("num_cpus", "memory")


def _named(place: Path, /, name: str = "", **values: Any) -> NamedSpec:
    return NamedSpec(place=place, name=name, values=values)


_read_own_requirements = fields.mapping(NEEDS, _NEEDED, _named)


def _requirements_of_job(value: Any, path: Path, problems: Problems) -> str | NamedSpec:
    """The name of requirements, or a mapping of what the job needs."""
    if type(value) is dict:
        return _read_own_requirements(value, path, problems)
    return cast("str", fields.name(value, path, problems))


def _job(
    place: Path, /, resource_requirements: str | NamedSpec | None = None, **values: Any
) -> JobSpec:
    if isinstance(resource_requirements, NamedSpec):
        return JobSpec(place, own_requirements=resource_requirements, **values)
    return JobSpec(place, resource_requirements=resource_requirements, **values)


_PARAMETERIZED: dict[str, Check] = {
    "name": fields.name,
    "parameters": _parameters,
    "parameter_mode": _words("product", "zip"),
    "use_parameters": _NAMES,
}
JOB: dict[str, Check] = {
    **_PARAMETERIZED,
    "command": fields.command,
    "invocation_script": fields.text,
    "resource_requirements": _requirements_of_job,
    "failure_handler": fields.name,
    "scheduler": fields.name,
    "cancel_on_blocking_job_failure": fields.boolean,
    "supports_termination": fields.boolean,
    "on_lost": _words(*get_args(OnLost)),
    "priority": fields.integer(0, MAX_COUNT),
    "env": fields.variables,
    "stdio": read_stdio,
    "depends_on": _NAMES,
    "depends_on_regexes": _PATTERNS,
    "input_files": _NAMES,
    "input_file_regexes": _PATTERNS,
    "output_files": _NAMES,
    "output_file_regexes": _PATTERNS,
    "input_user_data": _NAMES,
    "input_user_data_regexes": _PATTERNS,
    "output_user_data": _NAMES,
    "output_user_data_regexes": _PATTERNS,
}
FILE: dict[str, Check] = {**_PARAMETERIZED, "path": fields.file_path}
USER_DATA: dict[str, Check] = {
    **_PARAMETERIZED,
    "data": fields.json_value,
    "is_ephemeral": fields.boolean,
}
SLURM_SCHEDULER: dict[str, Check] = {
    "name": fields.name,
    "account": fields.sbatch_value,
    "partition": fields.sbatch_value,
    "nodes": fields.integer(1, MAX_COUNT),
    "walltime": fields.walltime,
    "mem": fields.sbatch_size,
    "gres": fields.sbatch_value,
    "qos": fields.sbatch_value,
    "ntasks_per_node": fields.integer(1, MAX_COUNT),
    "tmp": fields.sbatch_size,
    "extra": fields.sbatch_line,
}
ACTION: dict[str, Check] = {
    "trigger_type": _words(*TriggerType),
    "action_type": _words(*ActionType),
    "jobs": _NAMES,
    "job_name_regexes": _PATTERNS,
    "commands": fields.list_of(fields.command),
    "scheduler": fields.name,
    "scheduler_type": _words(SchedulerType.SLURM, SchedulerType.LOCAL),
    "num_allocations": fields.integer(1, MAX_COUNT),
    "start_one_worker_per_node": fields.boolean,
    "max_parallel_jobs": fields.integer(1, MAX_COUNT),
    "persistent": fields.boolean,
}


def _plain(_place: Path, /, **values: Any) -> dict[str, Any]:
    return values


_GRANULARITY = fields.one_of(
    {
        "summary": "summary",
        "Summary": "summary",
        "time_series": "time_series",
        "TimeSeries": "time_series",
    }
)
JOB_MONITOR: dict[str, Check] = {"enabled": fields.boolean, "granularity": _GRANULARITY}
NODE_MONITOR = JOB_MONITOR | {"cpu": fields.boolean, "memory": fields.boolean}
RESOURCE_MONITOR: dict[str, Check] = JOB_MONITOR | {
    "jobs": fields.mapping(JOB_MONITOR, (), _plain),
    "compute_node": fields.mapping(NODE_MONITOR, (), _plain),
    "sample_interval_seconds": fields.integer(1, MAX_COUNT),
    "flush_interval_seconds": fields.integer(1, MAX_COUNT),
    "generate_plots": fields.boolean,
    "metrics": _names_of_metrics,
}


DYNAMIC_JOBS: dict[str, Check] = {"max_iterations": fields.integer(1, MAX_ITERATIONS)}


def _dynamic_jobs(value: Any, path: Path, problems: Problems) -> DynamicJobs:
    """A mapping of the fields below."""
    return DynamicJobs(**fields.mapping(DYNAMIC_JOBS, (), _plain)(value, path, problems))


def _resource_monitor(value: Any, path: Path, problems: Problems) -> dict[str, Any]:
    """A mapping of the fields below."""
    stated = fields.mapping(RESOURCE_MONITOR, (), _plain)(value, path, problems)
    stated.pop("metrics", None)
    if stated.keys() & {"jobs", "compute_node"}:
        stated.setdefault("sample_interval_seconds", 10)
    return {**RESOURCE_MONITOR_DEFAULTS, **stated}


SETTINGS: dict[str, Check] = {
    "name": fields.name,
    "user": fields.name,
    "description": fields.text,
    "project": fields.text,
    "metadata": fields.json_object,
    "compute_node_expiration_buffer_seconds": fields.integer(0, MAX_COUNT),
    "compute_node_wait_for_new_jobs_seconds": fields.integer(0, MAX_COUNT),
    "compute_node_ignore_workflow_completion": fields.boolean,
    "compute_node_wait_for_healthy_database_minutes": fields.integer(0, MAX_COUNT),
    "compute_node_min_time_for_new_jobs_seconds": fields.integer(0, MAX_COUNT),
    "jobs_sort_method": _words(*SortMethod),
    "resource_monitor": _resource_monitor,
    "slurm_defaults": _slurm_defaults,
    "use_pending_failed": fields.boolean,
    "env": fields.variables,
    "dynamic_jobs": _dynamic_jobs,
    "execution_config": read_execution,
}
SECTIONS: dict[str, Check] = {
    "jobs": fields.list_of(fields.mapping(JOB, ("name", "command"), _job)),
    "files": fields.list_of(fields.mapping(FILE, ("name", "path"), FileSpec)),
    "user_data": fields.list_of(fields.mapping(USER_DATA, (), UserDataSpec)),
    "resource_requirements": fields.list_of(
        fields.mapping({"name": fields.name, **NEEDS}, ("name", *_NEEDED), _named)
    ),
    "failure_handlers": fields.list_of(
        fields.mapping({"name": fields.name, "rules": read_rules}, ("name", "rules"), _named)
    ),
    "slurm_schedulers": fields.list_of(fields.mapping(SLURM_SCHEDULER, (), _named)),
    "actions": fields.list_of(fields.mapping(ACTION, ("trigger_type", "action_type"), ActionSpec)),
}


def _workflow(_place: Path, /, parameters: Any = None, **values: Any) -> WorkflowSpec:
    sections = {section: values.pop(section, ()) for section in SECTIONS}
    return WorkflowSpec(settings=values, parameters=parameters or {}, **sections)


ROOT: dict[str, Check] = {**SETTINGS, "parameters": _parameters, **SECTIONS}
_read_root = fields.mapping(ROOT, ("name", "jobs"), _workflow)


AUTHORS_OWN = "x-"
"""How fields begin that mean nothing to torc: a place for YAML's anchors, as Compose files have."""


def read_workflow(tree: Any, problems: Problems) -> WorkflowSpec:
    """Return the content of a workflow file, with everything that does not fit noted.

    Args:
        tree: Plain data as a reader returns it.
        problems: Gets one entry per problem.
    """
    tree = plain_numbers(tree)
    if type(tree) is dict:
        tree = {key: value for key, value in tree.items() if not key.startswith(AUTHORS_OWN)}
    spec: WorkflowSpec = _read_root(tree, (), problems)
    return spec
