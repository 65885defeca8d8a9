"""The forms of the wizard: its steps, their fields, and how each reads and changes the draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

import msgspec

from torc_core.model.action import JOB_TRIGGERS, ActionType, TriggerType
from torc_core.spec.draft.draft import CUSTOM, NO_PRESET, PRODUCT, ZIP, Draft
from torc_core.spec.draft.needs import PRESETS, Needs
from torc_core.spec.draft.parameters import split_parameters
from torc_core.spec.draft.tree import DraftProblem, Spot


class Kind(Enum):
    """How a field is filled in."""

    TEXT = auto()
    CHOICE = auto()
    JOBS = auto()
    """Any of the jobs, each marked or not."""


class Field(NamedTuple):
    """One field of a form."""

    name: str
    title: str
    hint: str = ""
    """What to write, shown while the field has the focus; keys as `keyed` takes them."""
    kind: Kind = Kind.TEXT


class Step(NamedTuple):
    """One page of the wizard."""

    id: str
    title: str
    short: str
    """Its title where there is little room."""
    section: str
    """Of the draft: `basics`, `jobs`, `schedulers` or `actions`."""
    fields: tuple[Field, ...]
    says: str
    """What the page is for, in a sentence; likewise."""
    adds: bool = False
    """Entries are added and removed here."""

    @property
    def has_items(self) -> bool:
        """Whether it is a form for each entry of a section."""
        return self.section in {"jobs", "schedulers", "actions"}


NEEDS = frozenset(Needs().__struct_fields__)
_CHOICE, _JOBS = Kind.CHOICE, Kind.JOBS
_TURN, _MARK = "{turn.previous} {turn.next} choose", "{marks.toggle} marks"

STEPS: tuple[Step, ...] = (
    Step("basics", "Basics", "Basics", "basics", (
        Field("name", "Name", "What the workflow is called in lists and in its output"),
        Field("description", "Description", "One line that says what it is for; may be empty"),
    ), "A workflow is a set of jobs that run in the order of their dependencies."),
    Step("jobs", "Jobs", "Jobs", "jobs", (
        Field("name", "Name",
              "No two are the same; work_{i} is one for each value of its parameter"),
        Field("command", "Command", "Run by bash; {i} stands for the value of the parameter i"),
        Field("parameters", "Parameters",
              "Such as i: 1:10 or i: 0:100:10 or set: [train, test]; several: i: 1:3; j: 1:2"),
        Field("parameter_mode", "Combined", _TURN + " how several parameters are combined",
              _CHOICE),
    ), "A job is one shell command, or one for each value of its parameters.", adds=True),
    Step("dependencies", "Dependencies", "Deps", "jobs", (
        Field("depends_on", "Waits for", _MARK + " the jobs that have to complete before",
              _JOBS),
    ), "Jobs start when all that they wait for have completed; others start at once."),
    Step("resources", "Resources", "Needs", "jobs", (
        Field("preset", "Needs", _TURN + " what one such job may use", _CHOICE),
        Field("num_cpus", "CPUs", "A whole number"),
        Field("memory", "Memory", "A whole number and k, m, g or t, such as 512m or 2g"),
        Field("num_gpus", "GPUs", "A whole number; 0 for none"),
        Field("num_nodes", "Nodes", "A whole number; more than 1 for jobs across nodes"),
        Field("runtime", "Runtime", "The longest it may take, such as PT30M, PT2H or P1DT12H"),
    ), "What a job needs decides how many run at once, and where."),
    Step("schedulers", "Schedulers", "Slurm", "schedulers", (
        Field("name", "Name", "What jobs and actions call it"),
        Field("account", "Account", "Whom Slurm charges"),
        Field("nodes", "Nodes", "Of one allocation"),
        Field("walltime", "Walltime", "HH:MM:SS or D-HH:MM:SS; longer than any of its jobs"),
        Field("partition", "Partition", "May be empty"),
        Field("qos", "QOS", "May be empty"),
        Field("gres", "GRES", "Such as gpu:2; may be empty"),
        Field("mem", "Memory", "Of each node, such as 64G; may be empty"),
        Field("tmp", "Local disk", "Of each node, such as 100G; may be empty"),
        Field("extra", "Options", "Further options of sbatch; may be empty"),
        Field("jobs", "Only for", _MARK + " jobs that no other scheduler's nodes may take",
              _JOBS),
    ), "Only for Slurm: kinds of allocations. Leave this out to run on this machine.", adds=True),
    Step("actions", "Actions", "Actions", "actions", (
        Field("trigger_type", "When", _TURN, _CHOICE),
        Field("action_type", "Do", _TURN, _CHOICE),
        Field("scheduler", "Scheduler", _TURN + " whose allocations are requested", _CHOICE),
        Field("num_allocations", "Allocations", "How many Slurm jobs to submit"),
        Field("command", "Command", "Run by bash on the node that is first"),
        Field("jobs", "Of jobs", _MARK + " the jobs whose moment it is", _JOBS),
    ), "Actions request nodes of Slurm, or run commands, at moments of the workflow.", adds=True),
    Step("review", "Review", "Review", "review", (
        Field("goal", "Then", _TURN + " what happens with {wizard.create}", _CHOICE),
        Field("form", "Format", _TURN + " the format of the file", _CHOICE),
        Field("path", "File", "Where it is written to; empty for no file"),
    ), "This is what would be created. {wizard.create} does it."),
)  # fmt: skip

TRIGGERS = {
    TriggerType.ON_WORKFLOW_START: "the workflow starts",
    TriggerType.ON_JOBS_READY: "jobs become ready",
    TriggerType.ON_JOBS_COMPLETE: "jobs complete",
    TriggerType.ON_WORKFLOW_COMPLETE: "the workflow completes",
    TriggerType.ON_WORKER_START: "a worker starts",
    TriggerType.ON_WORKER_COMPLETE: "a worker completes",
}
DEEDS = {ActionType.SCHEDULE_NODES: "request nodes", ActionType.RUN_COMMANDS: "run a command"}


class Choice(NamedTuple):
    """One value of a field, and how it reads."""

    value: Any
    text: str


def choices(draft: Draft, field: str) -> list[Choice]:
    """Return what a field of a draft may be."""
    match field:
        case "preset":
            stated = [Choice(key, _needs_text(key, needs)) for key, needs in PRESETS.items()]
            usual = Choice(NO_PRESET, "nothing stated: torc's default")
            return [usual, *stated, Choice(CUSTOM, "custom: as stated below")]
        case "parameter_mode":
            return [
                Choice(PRODUCT, "each value with each"),
                Choice(ZIP, "side by side: first with first"),
            ]
        case "scheduler":
            return [
                Choice(None, "none"),
                *(Choice(item.key, label(item)) for item in draft.schedulers),
            ]
        case "trigger_type":
            return [Choice(str(value), text) for value, text in TRIGGERS.items()]
        case _:
            return [Choice(str(value), text) for value, text in DEEDS.items()]


def _needs_text(name: str, needs: Needs) -> str:
    parts = [f"{needs.num_cpus} CPU{'s' * (needs.num_cpus != '1')}", needs.memory]
    if needs.num_gpus != "0":
        parts.append(f"{needs.num_gpus} GPU")
    return f"{name}: {', '.join(parts)}, up to 1 hour"


def label(item: Any) -> str:
    """Return what an entry is called in lists."""
    return item.name.strip() or "(no name)"


def item_label(draft: Draft, section: str, index: int) -> str:
    """Return what an entry of a section is called."""
    item = draft.items(section)[index]
    if section != "actions":
        return label(item)
    return f"{DEEDS.get(item.action_type, '?')} when {TRIGGERS.get(item.trigger_type, '?')}"


def get(draft: Draft, section: str, index: int, field: str) -> Any:
    """Return the value of a field: text, a choice, or the keys of jobs."""
    if section == "basics":
        return getattr(draft, field)
    item = draft.items(section)[index]
    if section == "jobs" and field in NEEDS:
        return getattr(item.needs, field)
    if section == "schedulers" and field == "jobs":
        return draft.jobs_of_scheduler(item.key)
    return getattr(item, field)


def put(draft: Draft, section: str, index: int, field: str, value: Any) -> Draft:
    """Return the draft with another value in a field."""
    if get(draft, section, index, field) == value:
        return draft
    if section == "basics":
        return draft.with_values(**{field: value})
    item = draft.items(section)[index]
    if section == "schedulers" and field == "jobs":
        return draft.with_scheduler_of(item.key, value)
    if section == "jobs" and field in NEEDS:
        value = msgspec.structs.replace(item.needs, **{field: value})
        return draft.changed(section, index, needs=value)
    if section == "jobs" and value == CUSTOM and item.preset in PRESETS:
        # What was chosen before is a better beginning than what was typed some time ago.
        return draft.changed(section, index, preset=CUSTOM, needs=PRESETS[item.preset])
    return draft.changed(section, index, **{field: value})


def shown_fields(draft: Draft, step: Step, index: int) -> frozenset[str]:
    """Return the fields of a form that mean something for an entry."""
    names = frozenset(field.name for field in step.fields)
    if not step.has_items:
        return names
    if index >= len(draft.items(step.section)):
        return frozenset()
    item = draft.items(step.section)[index]
    if step.id == "jobs":
        return names if _has_several(item.parameters) else names - {"parameter_mode"}
    if step.id == "resources":
        return names if item.preset == CUSTOM else names - NEEDS
    if step.id == "actions":
        is_request = item.action_type == ActionType.SCHEDULE_NODES
        names -= {"command"} if is_request else {"scheduler", "num_allocations"}
        return names if item.trigger_type in JOB_TRIGGERS else names - {"jobs"}
    return names


def _has_several(parameters: str) -> bool:
    try:
        return len(split_parameters(parameters)) > 1
    except ValueError:
        return False


def jobs_to_mark(draft: Draft, step: Step, index: int) -> list[Choice]:
    """Return the jobs that may be marked for an entry: not a job for itself."""
    own = draft.jobs[index].key if step.section == "jobs" and draft.jobs else None
    return [Choice(job.key, label(job)) for job in draft.jobs if job.key != own]


def toggled(keys: Sequence[int], key: int) -> tuple[int, ...]:
    """Return keys with one more, or one less if it is among them."""
    return tuple(k for k in keys if k != key) if key in keys else (*keys, key)


def place_of(spot: Spot) -> tuple[int, int, str | None]:
    """Return where a field of the draft is filled in: step, index of the entry, field."""
    for at, step in enumerate(STEPS):
        names = {field.name for field in step.fields}
        if step.section == spot.section and (spot.field is None or spot.field in names):
            return at, spot.index or 0, spot.field
    # A job's scheduler is chosen with the scheduler, and is too small for what the job needs.
    return next(at for at, s in enumerate(STEPS) if s.id == "resources"), spot.index or 0, "preset"


def steps_with(problems: Iterable[DraftProblem]) -> set[int]:
    """Return the steps on which something is wrong."""
    return {place_of(problem.spot)[0] for problem in problems}
