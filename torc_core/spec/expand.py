"""Parameters to concrete jobs, files and user data.

A parameter in a job's name makes jobs: one per value. A parameter that is not in the name, but in
the names of its dependencies or files, collects: the one job waits for all of them. So a job
`report_{dataset}` with the parameters dataset and kind is one job per dataset that can depend on
`analyze_{dataset}_{kind}` of every kind.

With several parameters the first one declared varies slowest; those named in `use_parameters`
come before the job's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from torc_core.spec.parameters import Value, Values, count_rows, rows
from torc_core.spec.problems import Path, Problems, shown, suggestion
from torc_core.spec.schema import FileSpec, JobSpec, Parameterized, UserDataSpec, WorkflowSpec
from torc_core.spec.templates import SLOT, Template, fill_each, slot_names

Row = Mapping[str, Value]

LIST_FIELDS = (
    "depends_on",
    "depends_on_regexes",
    "input_files",
    "input_file_regexes",
    "output_files",
    "output_file_regexes",
    "input_user_data",
    "input_user_data_regexes",
    "output_user_data",
    "output_user_data_regexes",
)
_TEXT_FIELDS = (
    "name",
    "command",
    "invocation_script",
    "resource_requirements",
    "failure_handler",
    "scheduler",
)


class JobInstance(msgspec.Struct, gc=False):
    """One concrete job whose references are still names."""

    spec: JobSpec
    lists: dict[str, tuple[str, ...]]
    """The names and patterns of each of `LIST_FIELDS` that the job has."""
    name: str
    command: str
    invocation_script: str | None = None
    resource_requirements: str | None = None
    failure_handler: str | None = None
    scheduler: str | None = None


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
            self._check_slots(spec, ("name",), parameters)
            if not parameters:
                found.append(self._plain_job(spec))
            elif self._has_room(spec, parameters, len(found)):
                found += self._parameterized_jobs(spec, parameters)
        return found

    def files(self, specs: Sequence[FileSpec]) -> list[NamedInstance]:
        """Return the concrete files in the order of the file."""
        found: list[NamedInstance] = []
        for spec in specs:
            parameters = self._parameters(spec)
            self._check_slots(spec, ("name", "path"), parameters)
            if not parameters:
                found.append(NamedInstance(spec.place, spec.name, spec.path))
            elif self._has_room(spec, parameters, len(found)):
                texts = _templates(spec, ("name", "path"), parameters)
                if self._check_own(spec, texts, parameters, collects=set()):
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
            self._check_slots(spec, ("name",), parameters)
            if not spec.name:
                self._problems.warn(spec.place, "has no name and is left out")
            elif self._has_room(spec, parameters, len(found)):
                texts = _templates(spec, ("name",), parameters)
                for filled, several in self._filled(spec, parameters, texts):
                    data = _fill_data(spec.data, several[0])
                    found.append(
                        NamedInstance(spec.place, filled["name"], (data, spec.is_ephemeral))
                    )
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
        """Tell whether all combinations may be made; note why not."""
        try:
            count = count_rows(parameters, zipped=spec.parameter_mode == "zip")
        except ValueError as error:
            self._problems.add((*spec.place, "parameters"), str(error))
            return False
        if so_far + count > self._max_jobs:
            self._problems.add(
                (*spec.place, "parameters"),
                f"{count:,} combinations of parameters; at most {self._max_jobs:,} jobs, files or "
                "records of user data are allowed",
            )
            return False
        return True

    def _check_slots(
        self, spec: Parameterized, fields: Sequence[str], parameters: Collection[str]
    ) -> None:
        """Note braces in names and paths that no parameter fills."""
        for field in fields:
            for name in slot_names(getattr(spec, field)):
                if name not in parameters:
                    hint = (
                        "; add it to use_parameters"
                        if name in self._shared
                        else suggestion(name, parameters)
                    )
                    self._problems.add(
                        (*spec.place, field), f"{{{name}}} is not a parameter here{hint}"
                    )

    def _check_own(
        self,
        spec: Parameterized,
        texts: Mapping[str, Template],
        parameters: Mapping[str, Values],
        *,
        collects: Collection[str],
    ) -> bool:
        """Check that each text uses only parameters that are in the name, and each is used."""
        own = texts["name"].parameters
        known = len(self._problems.errors)
        for field, template in texts.items():
            for name in sorted(template.parameters - own):
                self._problems.add(
                    (*spec.place, field),
                    f"uses {{{name}}}, but the name does not: all its values would make items "
                    f'with one name; put {{{name}}} into "{shown(spec.name)}"',
                )
        for name in parameters:
            if name not in own and name not in collects:
                place = (*spec.place, "parameters", name)
                self._problems.warn(place, f"nothing here uses {{{name}}}")
        return len(self._problems.errors) == known

    def _filled(
        self,
        spec: Parameterized,
        parameters: Mapping[str, Values],
        texts: Mapping[str, Template],
    ) -> Iterator[tuple[dict[str, str], Sequence[Row]]]:
        """Yield the texts of each concrete item and the combinations that belong to it."""
        field = ""
        try:
            for several in _groups(spec, parameters):
                filled = {}
                for field, template in texts.items():
                    filled[field] = template.fill(several[0])
                yield filled, several
        except ValueError as error:
            self._problems.add((*spec.place, field), shown(str(error)))

    def _plain_job(self, spec: JobSpec) -> JobInstance:
        lists = {}
        for field in LIST_FIELDS:
            names = getattr(spec, field)
            if names:
                lists[field] = names
                if not field.endswith("regexes"):
                    self._check_list_slots(spec, field, names, ())
        return JobInstance(
            spec,
            lists,
            spec.name,
            spec.command,
            spec.invocation_script,
            spec.resource_requirements,
            spec.failure_handler,
            spec.scheduler,
        )

    def _check_list_slots(
        self, spec: JobSpec, field: str, names: Sequence[str], parameters: Collection[str]
    ) -> None:
        for i, text in enumerate(names):
            for name in slot_names(text):
                if name not in parameters:
                    self._problems.add(
                        (*spec.place, field, i), f"{{{name}}} is not a parameter here"
                    )

    def _parameterized_jobs(
        self, spec: JobSpec, parameters: Mapping[str, Values]
    ) -> list[JobInstance]:
        stated = [field for field in _TEXT_FIELDS if getattr(spec, field) is not None]
        texts = _templates(spec, stated, parameters)
        lists = {
            field: [Template(text, parameters) for text in getattr(spec, field)]
            for field in LIST_FIELDS
            if getattr(spec, field)
        }
        for field in lists:
            if not field.endswith("regexes"):
                self._check_list_slots(spec, field, getattr(spec, field), parameters)
        collects = {name for several in lists.values() for t in several for name in t.parameters}
        if not self._check_own(spec, texts, parameters, collects=collects):
            return []
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
            found.append(JobInstance(spec, names, **filled))
        return found


def place_of_name(job: JobInstance, field: str, text: str) -> Path:
    """Return the place in the file that an expanded name or pattern of a job comes from.

    Args:
        job: The job.
        field: One of `LIST_FIELDS`.
        text: The name or pattern as expanded.
    """
    written: Sequence[str] = getattr(job.spec, field)
    if text in written:
        return (*job.spec.place, field, written.index(text))
    for i, template in enumerate(written):
        literal = re.escape(SLOT.sub("\0", template)).replace("\0", ".*")
        if re.fullmatch(literal, text, re.DOTALL):
            return (*job.spec.place, field, i)
    return (*job.spec.place, field)


def _templates(
    spec: Parameterized, fields: Sequence[str], parameters: Collection[str]
) -> dict[str, Template]:
    return {field: Template(getattr(spec, field), parameters) for field in fields}


def _groups(spec: Parameterized, parameters: Mapping[str, Values]) -> Iterator[Sequence[Row]]:
    """Yield the combinations of values, together where the values in the name are the same."""
    names = list(parameters)
    in_name = set(slot_names(spec.name))
    own = [name for name in names if name in in_name]
    combinations = (
        dict(zip(names, row, strict=True))
        for row in rows(parameters, zipped=spec.parameter_mode == "zip")
    )
    if len(own) == len(names):
        yield from ((row,) for row in combinations)
        return
    groups: dict[tuple[Value, ...], list[Row]] = {}
    for row in combinations:
        groups.setdefault(tuple(row[name] for name in own), []).append(row)
    yield from groups.values()


def _fill_data(data: Any, values: Row) -> Any:
    """Return JSON data with the parameters in its texts filled in."""
    if not values:
        return data
    if isinstance(data, str):
        return Template(data, values).fill(values)
    if isinstance(data, list):
        return [_fill_data(item, values) for item in data]
    if isinstance(data, dict):
        return {key: _fill_data(item, values) for key, item in data.items()}
    return data
