"""Parameters to concrete jobs, files and user data.

A parameter in a job's name makes jobs: one per value. A parameter that is not in the name, but in
the names of its dependencies or files, collects: the one job waits for all of them. So a job
`report_{dataset}` with the parameters dataset and kind is one job per dataset that can depend on
`analyze_{dataset}_{kind}` of every kind.

A parameter that only the command or another single text uses is fine where no two combinations that
share a name differ in that text: with a list of one value, or zipped with one that is in the name.

With several parameters the first one declared varies slowest; those named in `use_parameters`
come before the job's own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from torc_core.characters import composed
from torc_core.spec import fields
from torc_core.spec.expansion.borrowed import JobEntry, borrow_parameters
from torc_core.spec.expansion.parameters import Row, Values, count_rows, groups, show, value_lengths
from torc_core.spec.expansion.templates import Template, fill_data, fill_each, slot_names
from torc_core.spec.patterns import quote
from torc_core.spec.problems import Path, Problems, shown, suggestion
from torc_core.spec.schema import FileSpec, JobSpec, Parameterized, UserDataSpec, WorkflowSpec
from torc_core.variables import MAX_BYTES

LISTS: dict[str, tuple[str, str, str]] = {
    "depends_on": ("jobs", "depends_on", "depends_on_regexes"),
    "input_files": ("files", "input_files", "input_file_regexes"),
    "output_files": ("files", "output_files", "output_file_regexes"),
    "input_user_data": ("user_data", "input_user_data", "input_user_data_regexes"),
    "output_user_data": ("user_data", "output_user_data", "output_user_data_regexes"),
}
"""For each list of a job: the section it refers to, and its two fields in the file."""

_NAME_FIELDS = [names for _, names, _ in LISTS.values()]
_PATTERN_FIELDS = [patterns for _, _, patterns in LISTS.values()]
_TEXT_FIELDS = (
    "name",
    "command",
    "invocation_script",
    "resource_requirements",
    "failure_handler",
    "scheduler",
)
_REFERENCES = {"name", "resource_requirements", "failure_handler", "scheduler"}
_ENV = "env."
"""What stands before the name of a variable where fields are distinguished by name."""


MAX_CHARACTERS = 1_000_000_000
"""Of all texts that parameters multiply, together; a million jobs with commands
of a thousand characters fit."""


class JobInstance(msgspec.Struct, gc=False):
    """One concrete job whose references are still names."""

    spec: JobSpec
    lists: dict[str, tuple[str, ...]]
    """The names or patterns of each field of `LISTS` that the job has."""
    name: str
    command: str
    invocation_script: str | None = None
    resource_requirements: str | None = None
    failure_handler: str | None = None
    scheduler: str | None = None
    env: dict[str, str] = {}


class NamedInstance(msgspec.Struct, gc=False):
    """One concrete file or record of user data: its name and its path or value."""

    place: Path
    name: str
    value: Any


class Expander:
    """Expands the items of one workflow."""

    def __init__(self, spec: WorkflowSpec, problems: Problems, max_jobs: int) -> None:
        self._shared = spec.parameters
        self._problems = problems
        self._max_jobs = max_jobs
        self._used: set[str] = set()
        self._characters = 0.0
        self._job_entries: list[JobEntry] = []

    def jobs(self, specs: Sequence[JobSpec]) -> list[JobInstance]:
        """Return the concrete jobs in the order of the file."""
        found: list[JobInstance] = []
        for spec in specs:
            parameters = self._parameters(spec)
            self._job_entries.append((spec, parameters))
            self._check_slots(spec, "name", spec.name, parameters)
            self._warn_leftovers(spec, parameters)
            for field in _NAME_FIELDS:
                for i, text in enumerate(getattr(spec, field)):
                    self._check_slots(spec, (field, i), text, parameters)
            if not self._has_room(spec, parameters, len(found)):
                break
            found += (
                self._parameterized_jobs(spec, parameters) if parameters else [_plain_job(spec)]
            )
        return found

    def files(self, specs: Sequence[FileSpec]) -> list[NamedInstance]:
        """Return the concrete files in the order of the file; call it after `jobs`."""
        found: list[NamedInstance] = []
        for spec in borrow_parameters(specs, self._job_entries):
            parameters = self._parameters(spec)
            self._check_slots(spec, "name", spec.name, parameters)
            self._check_slots(spec, "path", spec.path, parameters)
            if not self._has_room(spec, parameters, len(found)):
                break
            if not parameters:
                found.append(NamedInstance(spec.place, spec.name, spec.path))
                continue
            texts = _templates(spec, ("name", "path"), parameters)
            self._warn_unused_own(spec, parameters, texts.values())
            for filled, _ in self._filled(spec, parameters, texts):
                fault = fields.line_fault(filled["path"], fields.MAX_PATH_LENGTH)
                if fault is not None:
                    self._problems.add((*spec.place, "path"), fault)
                    break
                found.append(NamedInstance(spec.place, filled["name"], filled["path"]))
        return found

    def user_data(self, specs: Sequence[UserDataSpec]) -> list[NamedInstance]:
        """Return the concrete records; parameters are filled in within all texts of the data."""
        found: list[NamedInstance] = []
        for spec in specs:
            parameters = self._parameters(spec)
            self._check_slots(spec, "name", spec.name, parameters)
            if not self._has_room(spec, parameters, len(found)):
                break
            if not spec.name:
                self._problems.warn(spec.place, "has no name and is left out")
            elif not parameters:
                found.append(NamedInstance(spec.place, spec.name, (spec.data, spec.is_ephemeral)))
            else:
                texts = _templates(spec, ("name",), parameters)
                texts["data"] = Template(json.dumps(spec.data), parameters)
                self._warn_unused_own(spec, parameters, texts.values())
                for filled, several in self._filled(spec, parameters, texts):
                    value = (fill_data(spec.data, several[0]), spec.is_ephemeral)
                    found.append(NamedInstance(spec.place, filled["name"], value))
        return found

    def warn_unused(self) -> None:
        """Note parameters of the workflow that nothing uses; call it after all expansions."""
        for name in self._shared:
            if name not in self._used:
                self._problems.warn(("parameters", name), "nothing uses this parameter")

    def _parameters(self, spec: Parameterized) -> dict[str, Values]:
        """Return an item's parameters: the shared ones it asks for, then its own."""
        found: dict[str, Values] = {}
        for i, name in enumerate(spec.use_parameters):
            self._used.add(name)
            values = spec.parameters.get(name) or self._shared.get(name)
            if values is not None:
                found[name] = values
            elif name:
                self._problems.unknown(
                    (*spec.place, "use_parameters", i), "parameter", name, self._shared
                )
        return {**found, **spec.parameters} if spec.parameters else found

    def _has_room(self, spec: Parameterized, parameters: Mapping[str, Values], so_far: int) -> bool:
        """Return whether all combinations may be made; record a problem if not."""
        try:
            count = count_rows(parameters, zipped=spec.parameter_mode == "zip")
        except ValueError as error:
            self._problems.add((*spec.place, "parameters"), str(error))
            return False
        if so_far + count > self._max_jobs:
            what = f"{count:,} combinations of parameters" if parameters else "too many entries"
            self._problems.add(
                (*spec.place, "parameters"),
                f"{what}; at most {self._max_jobs:,} jobs, files or records of user data are "
                "allowed",
            )
            return False
        return True

    def _check_slots(
        self,
        spec: Parameterized,
        field: str | tuple[str, int],
        text: str,
        parameters: Collection[str],
    ) -> None:
        """Note braces in a name or path that no parameter fills."""
        for name in slot_names(text):
            if name not in parameters:
                hint = (
                    "; add it to use_parameters"
                    if name in self._shared
                    else suggestion(name, parameters)
                )
                place = (*spec.place, *((field,) if isinstance(field, str) else field))
                self._problems.add(place, f"{{{name}}} is not a parameter here{hint}")

    def _warn_leftovers(self, spec: JobSpec, parameters: Collection[str]) -> None:
        """Note braces in a command that look as if a parameter were meant."""
        for name in slot_names(spec.command):
            if name not in parameters:
                near = suggestion(name, parameters)
                if name in self._shared:
                    near = "; add it to use_parameters if the parameter is meant"
                if near:
                    self._problems.warn(
                        (*spec.place, "command"), f"{{{name}}} is left as it is{near}"
                    )

    def _warn_unused_own(
        self, spec: Parameterized, parameters: Collection[str], texts: Iterable[Template]
    ) -> None:
        """Note parameters of an item that none of its texts uses."""
        used = {name for template in texts for name in template.parameters}
        for name in parameters:
            if name not in used:
                self._problems.warn(
                    (*spec.place, "parameters", name), f"nothing here uses {{{name}}}"
                )

    def _has_space(
        self,
        spec: Parameterized,
        parameters: Mapping[str, Values],
        texts: Mapping[str, Template],
        lists: Iterable[Template] = (),
    ) -> bool:
        """Return whether the texts that an item becomes may be made; record a problem if not."""
        is_zipped = spec.parameter_mode == "zip"
        lengths = {name: value_lengths(values) for name, values in parameters.items()}
        own = texts["name"].parameters
        combinations = count_rows(parameters, zipped=is_zipped)
        items = combinations
        if not is_zipped:
            items = count_rows({name: parameters[name] for name in own}, zipped=False)
        for field, template in texts.items():
            limit = MAX_BYTES if field.startswith(_ENV) else fields.MAX_TEXT_LENGTH
            if template.most(lengths) > limit:
                self._problems.add(
                    _place(spec, field),
                    f"up to {template.most(lengths):,} characters with the values in it; "
                    f"at most {limit:,} are allowed",
                )
                return False
        self._characters += items * sum(text.mean(lengths) for text in texts.values()) + sum(
            (items if text.parameters <= own else combinations) * text.mean(lengths)
            for text in lists
        )
        if self._characters > MAX_CHARACTERS:
            self._problems.add(
                spec.place,
                f"with this, all entries together are {self._characters / 1e6:,.0f} MB of text "
                f"({items:,} times {texts['name'].text!r} here); at most "
                f"{MAX_CHARACTERS / 1e6:,.0f} MB are allowed; put what is long into a file",
            )
            return False
        return True

    def _filled(
        self,
        spec: Parameterized,
        parameters: Mapping[str, Values],
        texts: Mapping[str, Template],
        lists: Iterable[Template] = (),
    ) -> Iterator[tuple[dict[str, str], Sequence[Row]]]:
        """Yield the texts of each concrete item and the combinations that belong to it."""
        if not self._has_space(spec, parameters, texts, lists):
            return
        own = texts["name"].parameters
        shared = [field for field, template in texts.items() if not template.parameters <= own]
        field = ""
        try:
            for several in groups(parameters, own, zipped=spec.parameter_mode == "zip"):
                filled = {}
                for field, template in texts.items():
                    filled[field] = template.fill(several[0])
                for field in _REFERENCES & filled.keys():
                    filled[field] = composed(filled[field])
                fault = fields.line_fault(filled["name"], fields.MAX_NAME_LENGTH)
                if fault is not None:
                    self._problems.add((*spec.place, "name"), fault)
                    return
                for field in shared if len(several) > 1 else ():
                    other = next(
                        (row for row in several if texts[field].fill(row) != filled[field]), None
                    )
                    if other is not None:
                        self._refuse_ambiguous(spec, field, filled["name"], (several[0], other))
                        return
                yield filled, several
        except ValueError as error:
            self._problems.add(_place(spec, field), shown(str(error)))

    def _refuse_ambiguous(
        self, spec: Parameterized, field: str, name: str, pair: tuple[Row, Row]
    ) -> None:
        """Note two combinations that would make two items with one name."""
        first, second = pair
        different = [key for key in first if show(first[key]) != show(second[key])]
        values = ", ".join(
            f"{key} = {shown(show(first[key]), 20)} and {shown(show(second[key]), 20)}"
            for key in different
        )
        slots = " and ".join(f"{{{key}}}" for key in different)
        self._problems.add(
            _place(spec, field),
            f"uses {slots}, but the name does not: {values} would make two with the name "
            f'"{shown(name)}"; put {slots} into "{shown(spec.name)}"',
        )

    def _parameterized_jobs(
        self, spec: JobSpec, parameters: Mapping[str, Values]
    ) -> list[JobInstance]:
        stated = [field for field in _TEXT_FIELDS if getattr(spec, field) is not None]
        env = {_ENV + name: Template(value, parameters) for name, value in spec.env.items()}
        texts = _templates(spec, stated, parameters) | env
        lists = {
            field: [
                Template(text, parameters, quote if field in _PATTERN_FIELDS else str)
                for text in getattr(spec, field)
            ]
            for field in (*_NAME_FIELDS, *_PATTERN_FIELDS)
            if getattr(spec, field)
        }
        collecting = [template for several in lists.values() for template in several]
        self._warn_unused_own(spec, parameters, [*texts.values(), *collecting])
        found = []
        for filled, several in self._filled(spec, parameters, texts, collecting):
            try:
                names = {
                    field: tuple(
                        composed(name) for t in templates for name in fill_each(t, several)
                    )
                    for field, templates in lists.items()
                }
            except ValueError as error:
                self._problems.add(spec.place, shown(str(error)))
                break
            variables = {field.removeprefix(_ENV): filled.pop(field) for field in env}
            found.append(JobInstance(spec, names, **filled, env=variables))
        return found


def _plain_job(spec: JobSpec) -> JobInstance:
    """Return the one job of an entry without parameters."""
    lists = {
        field: getattr(spec, field)
        for field in (*_NAME_FIELDS, *_PATTERN_FIELDS)
        if getattr(spec, field)
    }
    return JobInstance(
        spec,
        lists,
        spec.name,
        spec.command,
        spec.invocation_script,
        spec.resource_requirements,
        spec.failure_handler,
        spec.scheduler,
        spec.env,
    )


def _place(item: Parameterized, field: str) -> Path:
    """Return the place of a field, or of a variable in the field `env`."""
    return (*item.place, *field.split("."))


def _templates(
    spec: Parameterized, names: Sequence[str], parameters: Collection[str]
) -> dict[str, Template]:
    return {name: Template(getattr(spec, name), parameters) for name in names}
