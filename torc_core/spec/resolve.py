"""Names to indices: references, patterns and `${...}` in commands.

References to files are filled in wherever a job has text: in its command, its invocation script
and the values of its variables.
A reference adds to the job's lists. The reference lets it replace them, which loses
what the file states; a superset never loses a dependency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torc_core.characters import composed
from torc_core.spec.commands.quoting import fault_at, may_be_special
from torc_core.spec.commands.references import LIKELY, REFERENCE, near_misses
from torc_core.spec.expanded import ExpandedJob, Indices
from torc_core.spec.expansion.expand import LISTS, JobInstance, NamedInstance
from torc_core.spec.expansion.templates import index_of
from torc_core.spec.patterns import Haystack, compile_pattern
from torc_core.spec.problems import Path, Problems, shown
from torc_core.spec.schema import ActionSpec, JobSpec

SINGULAR = {
    "jobs": "job",
    "files": "file",
    "user_data": "user data",
    "resource_requirements": "resource requirements",
    "failure_handlers": "failure handler",
    "slurm_schedulers": "scheduler",
}


class Origin(NamedTuple):
    """Where a list of names and patterns comes from: an entry of the file and its two fields."""

    item: JobSpec | ActionSpec
    names: str
    patterns: str

    def place(self, field: str, text: str) -> Path:
        """Return the place of a name or pattern, which may have been filled in since."""
        index = index_of(text, getattr(self.item, field))
        return (*self.item.place, field) if index is None else (*self.item.place, field, index)


class Names:
    """The names of one section and their positions."""

    def __init__(
        self, section: str, entries: Sequence[tuple[str, Path]], problems: Problems
    ) -> None:
        self.section = section
        self.names = [name for name, _ in entries]
        self.index: dict[str, int] = {}
        self._haystack = Haystack(self.names)
        self._matches: dict[str, Indices] = {}
        self.is_complete = True
        """Whether all names of the file are known; if not, nothing can be called unknown."""
        told: set[tuple[Path, Path]] = set()
        for position, (name, place) in enumerate(entries):
            if not name:
                self.is_complete = False
            elif self.index.setdefault(name, position) != position:
                first = entries[self.index[name]][1]
                if (first, place) not in told:
                    told.add((first, place))
                    self._refuse_twice(name, first, place, problems)

    def _refuse_twice(self, name: str, first: Path, place: Path, problems: Problems) -> None:
        """Note a name that two entries, or one entry twice, make."""
        is_same = first == place
        by = "this entry too" if is_same else f"{self.section}[{first[1]}] too"
        hint = "; its name needs what tells its values apart" if is_same else ""
        kind = SINGULAR[self.section]
        problems.add((*place, "name"), f'{by} makes a {kind} named "{shown(name)}"{hint}')

    def matches(self, pattern: str) -> Indices:
        """Return the positions of all names that a pattern is found in.

        Raises:
            ValueError: The pattern cannot be used.
        """
        if pattern not in self._matches:
            self._matches[pattern] = self._haystack.matching(compile_pattern(pattern))
        return self._matches[pattern]


class Resolver:
    """Resolves the names in jobs and actions to positions; equal lists become one tuple."""

    def __init__(
        self,
        sections: Mapping[str, Names],
        files: Sequence[NamedInstance],
        problems: Problems,
    ) -> None:
        self._sections = sections
        self._files = files
        self._problems = problems
        self._resolved: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Indices] = {}
        self._shared: dict[Indices, Indices] = {}

    def job(self, number: int, job: JobInstance) -> ExpandedJob:
        """Return the concrete job at position `number` with everything resolved."""
        referenced: dict[str, set[int]] = {}
        command = self._filled(job, "command", job.command, referenced)
        script = job.invocation_script
        if script is not None:
            script = self._text(job, "invocation_script", script, referenced)
        env = {k: self._text(job, f"env.{k}", v, referenced) for k, v in job.env.items()}
        lists = {}
        for target, (section, exact, regexes) in LISTS.items():
            names, patterns = job.lists.get(exact, ()), job.lists.get(regexes, ())
            indices: Indices = ()
            if names or patterns:
                indices = self.positions(section, names, patterns, Origin(job.spec, exact, regexes))
            if target in referenced:
                indices = self._share(tuple(sorted({*indices, *referenced[target]})))
            if indices:
                lists[target] = indices
        if number in lists.get("depends_on", ()):
            lists["depends_on"] = self._without_self(number, job, lists["depends_on"])
        if job.scheduler is not None:
            self._single(job, "slurm_schedulers", "scheduler", job.scheduler)
        own = job.spec.own_requirements
        needs = job.resource_requirements if own is None else own.name
        return ExpandedJob(
            name=job.name,
            command=command,
            invocation_script=script,
            cancel_on_blocking_job_failure=job.spec.cancel_on_blocking_job_failure,
            supports_termination=job.spec.supports_termination,
            on_lost=job.spec.on_lost,
            priority=job.spec.priority,
            env=env or None,
            stdio=job.spec.stdio,
            resource_requirements=self._single(
                job, "resource_requirements", "resource_requirements", needs
            ),
            failure_handler=self._single(
                job, "failure_handlers", "failure_handler", job.failure_handler
            ),
            scheduler=job.scheduler,
            **lists,
        )

    def positions(
        self,
        section: str,
        names: tuple[str, ...],
        patterns: tuple[str, ...],
        origin: Origin,
    ) -> Indices:
        """Return the positions of all that is named or matched, ascending."""
        key = (section, names, patterns)
        if key in self._resolved:
            return self._resolved[key]
        found: set[int] = set()
        known = len(self._problems.errors)
        for name in names:
            position = self._sections[section].index.get(name)
            if position is None:
                self.find(section, name, origin.place(origin.names, name))
            else:
                found.add(position)
        for pattern in patterns:
            found.update(self._matches(section, pattern, origin))
        indices = self._share(tuple(sorted(found)))
        if known == len(self._problems.errors):
            self._resolved[key] = indices
        return indices

    def knows_all(self, section: str) -> bool:
        """Return whether all names of a section are known, so that another one is none."""
        return self._sections[section].is_complete

    def find(self, section: str, name: str, place: Path, once: str = "") -> int | None:
        """Return the position of a name; note it when there is none.

        Args:
            section: Where the name should be.
            name: What to look for.
            place: Where it is used; expansions of one text are noted once.
            once: Distinguishes several names at one place.
        """
        known = self._sections[section]
        position = known.index.get(name)
        if position is None and name and known.is_complete and self._problems.is_new(place, once):
            self._problems.unknown(place, SINGULAR[section], name, known.index)
        return position

    def _single(self, job: JobInstance, section: str, field: str, name: str | None) -> int | None:
        return self.find(section, name, (*job.spec.place, field)) if name else None

    def _share(self, indices: Indices) -> Indices:
        return self._shared.setdefault(indices, indices)

    def _matches(self, section: str, pattern: str, origin: Origin) -> Indices:
        names = self._sections[section]
        try:
            found = names.matches(pattern)
        except ValueError as error:
            place = origin.place(origin.patterns, pattern)
            if self._problems.is_new(place):
                self._problems.add(place, f'"{shown(pattern)}" {error}')
            return ()
        if not found and pattern and names.is_complete:
            place = origin.place(origin.patterns, pattern)
            if self._problems.is_new(place):
                self._problems.warn(place, f'no {SINGULAR[section]} matches "{shown(pattern)}"')
        return found

    def _without_self(self, number: int, job: JobInstance, depends_on: Indices) -> Indices:
        """Leave the job itself out of what a pattern matched; by name it is an error."""
        if job.name in job.lists.get("depends_on", ()):
            place = Origin(job.spec, "depends_on", "").place("depends_on", job.name)
            self._problems.add(place, f'the job "{shown(job.name)}" waits for itself')
        return self._share(tuple(other for other in depends_on if other != number))

    def _filled(
        self, job: JobInstance, field: str, text: str, referenced: dict[str, set[int]]
    ) -> tuple[str | int, ...]:
        """Return the parts of a text; the positions that it refers to go into `referenced`."""
        if not LIKELY.search(text):
            return (text,)
        place = (*job.spec.place, *field.split("."))
        self._warn_near_misses(job.spec, place, text)
        parts: list[str | int] = [""]
        end = 0
        for match in REFERENCE.finditer(text):
            section, direction, name = match[1], match[2], composed(match[3])
            once = "" if job.spec.is_parameterized else name
            position = self.find(section, name, place, once)
            if position is None:
                continue
            if section != "files" and field != "command":
                if self._problems.is_new(place, f"id:{once}"):
                    self._problems.warn(
                        place, f"{shown(match[0])} is left as it is; only a command can have it"
                    )
                continue
            referenced.setdefault(f"{direction}_{section}", set()).add(position)
            before = text[end : match.start()]
            end = match.end()
            if section == "files":
                path = self._files[position].value
                if not field.startswith("env") and may_be_special(path):
                    self._check_quotes(place, match, path, once)
                parts[-1] = f"{parts[-1]}{before}{path}"
            else:
                parts[-1] = f"{parts[-1]}{before}"
                parts += [position, ""]
        parts[-1] = f"{parts[-1]}{text[end:]}"
        return tuple(part for part in parts if part != "")

    def _text(
        self, job: JobInstance, field: str, text: str, referenced: dict[str, set[int]]
    ) -> str:
        """Return a text other than the command with its references to files filled in."""
        return "".join(map(str, self._filled(job, field, text, referenced)))

    def _check_quotes(self, place: Path, match: re.Match[str], path: str, once: str) -> None:
        fault = fault_at(match.string, match, path)
        if fault is not None and self._problems.is_new(place, f"quotes:{once}"):
            self._problems.warn(place, f'{shown(match[0])} is "{shown(path)}", which {fault}')

    def _warn_near_misses(self, spec: JobSpec, place: Path, text: str) -> None:
        for found, right in near_misses(text):
            if self._problems.is_new(place, "near:" if spec.is_parameterized else f"near:{found}"):
                self._problems.warn(
                    place, f"{shown(found)} is left as it is; a reference is written {right}"
                )

    def warn_unfilled(self, place: Path, text: str) -> None:
        """Note references in a text that belongs to no job and is not filled in."""
        found = [match[0] for match in REFERENCE.finditer(text)]
        for reference in dict.fromkeys([*found, *(near for near, _ in near_misses(text))]):
            self._problems.warn(
                place,
                f"{shown(reference)} is left as it is: references are filled in for jobs only; "
                "write the path",
            )
