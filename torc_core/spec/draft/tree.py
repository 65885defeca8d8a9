"""From a draft to the plain data of a workflow file, and back from a place in it to the field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from torc_core.model.action import JOB_TRIGGERS, ActionType
from torc_core.spec.draft.draft import CUSTOM, NO_PRESET, ZIP, ActionDraft, Draft, JobDraft
from torc_core.spec.draft.needs import PRESETS, number
from torc_core.spec.draft.parameters import split_parameters
from torc_core.spec.expansion.parameters import count_rows, groups, parse_values
from torc_core.spec.expansion.templates import Template, literal_pieces, slot_names
from torc_core.spec.patterns import quote
from torc_core.spec.problems import Path, Problems

MOST_NAMED = 50
"""Jobs that an action names one by one; of more, it has a pattern."""

_NUMBERS = {"nodes", "num_allocations"}
_OF_SCHEDULER = (
    "account", "nodes", "walltime", "partition", "qos", "gres", "mem", "tmp", "extra"
)  # fmt: skip


class Spot(msgspec.Struct, frozen=True):
    """A field of a draft."""

    section: str
    """`basics`, `jobs`, `schedulers` or `actions`."""
    index: int | None = None
    """Of the entry; None for the section as a whole."""
    field: str | None = None
    """None for the entry as a whole."""


class DraftProblem(msgspec.Struct, frozen=True):
    """What is wrong with a draft, or strange, and where."""

    spot: Spot
    message: str


class Tree(msgspec.Struct, kw_only=True):
    """The data of a workflow file, made from a draft."""

    data: dict[str, Any]
    problems: list[DraftProblem]
    """What cannot even be written down."""
    users: list[int]
    """For each entry of `resource_requirements`, the index of the first job that has it."""

    def spot(self, path: Path, draft: Draft) -> Spot:
        """Return the field that a place in the data was made from."""
        section = str(path[0]) if path else "name"
        if section not in _SECTIONS:
            return Spot("basics", None, section)
        if len(path) == 1:
            return Spot(_SECTIONS[section])
        at = int(path[1])
        field = _field(draft, section, at, path[2:])
        if section == "resource_requirements":
            at = self.users[at]
        return Spot(_SECTIONS[section], at, field)


_SECTIONS: dict[str, str] = {
    "jobs": "jobs",
    "resource_requirements": "jobs",
    "slurm_schedulers": "schedulers",
    "actions": "actions",
}
"""Of a draft, by those of a file."""
_FIELDS = {
    "resource_requirements": "preset",
    "commands": "command",
    "job_name_regexes": "jobs",
}
"""Of a draft, where they have another name in a file."""


def _field(draft: Draft, section: str, at: int, rest: Path) -> str | None:
    """Return the field that a place in an entry was made from; None for all of a job."""
    if rest:
        is_name = section == "resource_requirements" and rest[0] == "name"
        return "preset" if is_name else _FIELDS.get(str(rest[0]), str(rest[0]))
    if section == "slurm_schedulers":
        return "account"  # nothing else can be missing
    if section == "actions":
        action = draft.actions[at]
        lacks_jobs = action.trigger_type in JOB_TRIGGERS and not action.jobs
        return "jobs" if lacks_jobs else "scheduler"
    return None


def make_tree(draft: Draft) -> Tree:
    """Return the data of the workflow file that a draft stands for."""
    data: dict[str, Any] = {"name": draft.name.strip()}
    if draft.description.strip():
        data["description"] = draft.description.strip()
    made = Tree(data=data, problems=[], users=[])
    parameters = [_parameters(at, job, made) for at, job in enumerate(draft.jobs)]
    requirements: dict[str, dict[str, Any]] = {}
    data["jobs"] = []
    for at, job in enumerate(draft.jobs):
        entry = _job(draft, at, parameters, made)
        needs = job.needs if job.preset == CUSTOM else PRESETS.get(job.preset)
        if job.preset != NO_PRESET and needs is not None:
            stated = needs.entry()
            if stated["name"] not in requirements:
                requirements[stated["name"]] = stated
                made.users.append(at)
            entry["resource_requirements"] = stated["name"]
        data["jobs"].append(entry)
    if requirements:
        data["resource_requirements"] = list(requirements.values())
    if draft.schedulers:
        data["slurm_schedulers"] = [
            {"name": item.name.strip(), **_stated(item, _OF_SCHEDULER)} for item in draft.schedulers
        ]
    if draft.actions:
        data["actions"] = [_action(draft, action, parameters) for action in draft.actions]
    return made


def _stated(item: Any, fields: Iterable[str]) -> dict[str, Any]:
    """Return the fields of an entry that are not empty."""
    texts = {field: getattr(item, field).strip() for field in fields}
    return {
        field: number(text) if field in _NUMBERS else text for field, text in texts.items() if text
    }


def _parameters(at: int, job: JobDraft, made: Tree) -> dict[str, str]:
    try:
        return split_parameters(job.parameters)
    except ValueError as error:
        made.problems.append(DraftProblem(Spot("jobs", at, "parameters"), str(error)))
        return {}


def _job(draft: Draft, at: int, parameters: Sequence[dict[str, str]], made: Tree) -> dict[str, Any]:
    job = draft.jobs[at]
    entry: dict[str, Any] = {"name": job.name.strip(), "command": job.command}
    before = [
        (other, parameters[number_])
        for number_, other in enumerate(draft.jobs)
        if other.key in job.depends_on and other.name.strip()
    ]
    entry |= _combined(at, job, parameters[at], before, made)
    if before:
        entry["depends_on"] = [other.name.strip() for other, _ in before]
    scheduler = _name_of(draft.schedulers, job.scheduler)
    if scheduler:
        entry["scheduler"] = scheduler
    return entry


def _combined(
    at: int,
    job: JobDraft,
    own: dict[str, str],
    before: Iterable[tuple[JobDraft, dict[str, str]]],
    made: Tree,
) -> dict[str, Any]:
    """Return the parameters of a job, with those of the jobs before it, and how they combine."""
    collected = dict(own)
    zipped = set(own) if job.parameter_mode == ZIP and len(own) > 1 else set()
    for other, theirs in before:
        # A job with a parameter that is not in its name waits for the jobs of all its values.
        for name in slot_names(other.name):
            values = theirs.get(name)
            if values is None or name in own:
                continue
            if other.parameter_mode == ZIP:
                zipped.add(name)
            if collected.setdefault(name, values) != values:
                _object(
                    made,
                    at,
                    f'two of these jobs have other values of the same parameter "{name}": '
                    "call it differently in one of them",
                )
    if zipped and zipped != set(collected):
        _object(
            made,
            at,
            "jobs whose parameters go side by side cannot be waited for beside other parameters: "
            "let another job wait for them",
        )
    mode = {"parameter_mode": ZIP} if len(zipped) > 1 else {}
    return {"parameters": collected, **mode} if collected else {}


def _object(made: Tree, at: int, message: str) -> None:
    """Say what is wrong with the jobs that a job waits for."""
    made.problems.append(DraftProblem(Spot("jobs", at, "depends_on"), message))


def _name_of(items: Iterable[Any], key: int | None) -> str:
    return next((item.name.strip() for item in items if item.key == key), "")


def _action(
    draft: Draft, action: ActionDraft, parameters: Sequence[dict[str, str]]
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "trigger_type": str(action.trigger_type),
        "action_type": str(action.action_type),
    }
    if action.trigger_type in JOB_TRIGGERS:
        named: list[str] = []
        patterns: list[str] = []
        for at, job in enumerate(draft.jobs):
            if job.key in action.jobs and job.name.strip():
                _add_jobs(job, parameters[at], named, patterns)
        entry |= {"jobs": named} if named else {}
        entry |= {"job_name_regexes": patterns} if patterns else {}
    if action.action_type == ActionType.RUN_COMMANDS:
        return {**entry, "commands": [action.command]}
    scheduler = _name_of(draft.schedulers, action.scheduler)
    if scheduler:
        entry["scheduler"] = scheduler
    return {**entry, **_stated(action, ["num_allocations"])}


def _add_jobs(
    job: JobDraft, parameters: dict[str, str], named: list[str], patterns: list[str]
) -> None:
    """Add the jobs of an entry: by name, or with a pattern where they are many."""
    problems, name, is_zipped = Problems(), job.name.strip(), job.parameter_mode == ZIP
    values = {
        each: parse_values(text, (), problems)
        for each, text in parameters.items()
        if each in slot_names(name)
    }
    template = Template(name, values)
    try:
        if not problems.errors and count_rows(values, zipped=is_zipped) <= MOST_NAMED:
            rows = (row for several in groups(values, values, zipped=is_zipped) for row in several)
            named += dict.fromkeys(template.fill(row) for row in rows)
            return
    except ValueError:  # these values cannot be combined so; the check of the job says so
        pass
    patterns.append(f"^{'.+'.join(map(quote, literal_pieces(name)))}$")
