"""Parameters to concrete jobs, files and user data.

A parameter in a job's name makes jobs: one per value. A parameter that is not in the name, but in
the names of its dependencies or files, collects: the one job waits for all of them. So a job
`report_{dataset}` with the parameters dataset and kind is one job per dataset that can depend on
`analyze_{dataset}_{kind}` of every kind.

With several parameters the first one declared varies slowest; those named in `use_parameters`
come before the job's own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from torc_core.spec import fields
from torc_core.spec.parameters import Row, Values, count_rows, groups
from torc_core.spec.patterns import quote
from torc_core.spec.problems import Path, Problems, shown, suggestion
from torc_core.spec.schema import FileSpec, JobSpec, Parameterized, UserDataSpec, WorkflowSpec
from torc_core.spec.templates import Template, fill_data, fill_each, slot_names

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
_ENV = "env."
"""What stands before the name of a variable where fields are distinguished by name."""


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

    def jobs(self, specs: Sequence[JobSpec]) -> list[JobInstance]:
        """Return the concrete jobs in the order of the file."""
        found: list[JobInstance] = []
        for spec in specs:
            parameters = self._parameters(spec)
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
        """Return the concrete files in the order of the file."""
        found: list[NamedInstance] = []
        for spec in specs:
            parameters = self._parameters(spec)
            self._check_slots(spec, "name", spec.name, parameters)
            self._check_slots(spec, "path", spec.path, parameters)
            if not self._has_room(spec, parameters, len(found)):
                break
            if not parameters:
                found.append(NamedInstance(spec.place, spec.name, spec.path))
                continue
            texts = _templates(spec, ("name", "path"), parameters)
            self._check_own(spec, texts, parameters)
            found += [
                NamedInstance(spec.place, filled["name"], filled["path"])
                for filled, _ in self._filled(spec, parameters, texts)
            ]
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
                data = Template(json.dumps(spec.data), parameters)
                self._check_own(spec, {**texts, "data": data}, parameters)
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

    def _check_own(
        self,
        spec: Parameterized,
        texts: Mapping[str, Template],
        parameters: Mapping[str, Values],
        collected: Collection[str] = (),
    ) -> None:
        """Check that all texts use only parameters that are in the name, and each is used."""
        own = texts["name"].parameters
        for field, template in texts.items():
            for name in sorted(template.parameters - own):
                self._problems.add(
                    _place(spec, field),
                    f"uses {{{name}}}, but the name does not: all its values would make items "
                    f'with one name; put {{{name}}} into "{shown(spec.name)}"',
                )
        for name in parameters:
            if not any(name in template.parameters for template in texts.values()) and (
                name not in collected
            ):
                self._problems.warn(
                    (*spec.place, "parameters", name), f"nothing here uses {{{name}}}"
                )

    def _filled(
        self,
        spec: Parameterized,
        parameters: Mapping[str, Values],
        texts: Mapping[str, Template],
    ) -> Iterator[tuple[dict[str, str], Sequence[Row]]]:
        """Yield the texts of each concrete item and the combinations that belong to it."""
        own = texts["name"].parameters
        field = ""
        try:
            for several in groups(parameters, own, zipped=spec.parameter_mode == "zip"):
                filled = {}
                for field, template in texts.items():
                    filled[field] = template.fill(several[0])
                name = filled["name"]
                if not name.strip() or not name.isprintable() or len(name) > fields.MAX_NAME_LENGTH:
                    fields.name(name, (*spec.place, "name"), self._problems)
                    return
                yield filled, several
        except ValueError as error:
            self._problems.add(_place(spec, field), shown(str(error)))

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
        collected = {name for several in lists.values() for t in several for name in t.parameters}
        self._check_own(spec, texts, parameters, collected)
        found = []
        for filled, several in self._filled(spec, parameters, texts):
            try:
                names = {
                    field: tuple(name for t in templates for name in fill_each(t, several))
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
