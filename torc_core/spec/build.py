"""From the content of a file to the expanded workflow, with all checks that need the whole."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence

import msgspec

from torc_core import graph
from torc_core.model.execution import expiration_buffer_s
from torc_core.model.resources import DEFAULT_REQUIREMENTS
from torc_core.spec.actions import build_action
from torc_core.spec.execution import warn_of_overrides
from torc_core.spec.expanded import (
    ExpandedFailureHandler,
    ExpandedFile,
    ExpandedJob,
    ExpandedResourceRequirements,
    ExpandedSlurmScheduler,
    ExpandedUserData,
    ExpandedWorkflow,
    JobEntry,
    WorkflowSettings,
)
from torc_core.spec.expansion.expand import Expander, JobInstance, NamedInstance
from torc_core.spec.files.checks import expand_paths, link_files
from torc_core.spec.files.paths import Surroundings
from torc_core.spec.problems import Path, Problems, shown
from torc_core.spec.requirements import all_requirements
from torc_core.spec.resolve import Names, Resolver
from torc_core.spec.schedulers import check_fit, named_schedulers, warn_of_differences
from torc_core.spec.schema import NamedSpec, WorkflowSpec

_MAX_CYCLE_NAMES = 20
_MAX_CYCLES = 20


def build_workflow(
    spec: WorkflowSpec,
    problems: Problems,
    max_jobs: int,
    surroundings: Surroundings,
    *,
    skip_checks: bool = False,
) -> ExpandedWorkflow | None:
    """Return the expanded workflow; None when anything is wrong with it.

    Args:
        spec: The content of the file.
        problems: What is wrong so far; gets everything else.
        max_jobs: Refuse more jobs, or files or records of user data, than this.
        surroundings: What paths of files may refer to.
        skip_checks: Only warn of jobs that need more nodes or time than their scheduler has.
    """
    spec = msgspec.structs.replace(spec, resource_requirements=all_requirements(spec))
    expander = Expander(spec, problems, max_jobs)
    jobs = expander.jobs(spec.jobs)
    environment = ChainMap(spec.settings.get("env") or {}, dict(surroundings.environment))
    surroundings = surroundings._replace(environment=environment)
    files = expand_paths(expander.files(spec.files), surroundings, problems)
    user_data = expander.user_data(spec.user_data)
    expander.warn_unused()
    schedulers = named_schedulers(spec, problems)

    sections = _names(spec, jobs, files, user_data, schedulers, problems)
    resolver = Resolver(sections, files, problems)
    expanded = [resolver.job(number, job) for number, job in enumerate(jobs)]
    actions = [build_action(action, resolver, problems) for action in spec.actions]
    _warn_unfilled(spec, resolver)
    warn_of_overrides(spec.settings.get("execution_config"), {job.name for job in jobs}, problems)
    _check_whole(spec, problems)
    _warn_unused(spec, expanded, problems)
    _check_writers(jobs, expanded, files, surroundings, problems)
    places = [job.spec.place for job in jobs]
    check_fit(
        zip(places, expanded, strict=True),
        spec,
        schedulers,
        problems,
        buffer_s=expiration_buffer_s(
            spec.settings.get("compute_node_expiration_buffer_seconds"),
            spec.settings.get("execution_config"),
        ),
        accepts_misfits=skip_checks,
    )
    warn_of_differences(spec, expanded, schedulers, problems)
    if not problems.errors:
        expanded = link_files(expanded, files, places, surroundings, problems)
    _check_cycles(jobs, expanded, problems)
    if problems.errors:
        return None
    return ExpandedWorkflow(
        settings=WorkflowSettings(**spec.settings),
        jobs=tuple(expanded),
        job_entries=_job_entries(spec, jobs),
        files=tuple(ExpandedFile(item.name, item.value) for item in files),
        user_data=tuple(ExpandedUserData(item.name, *item.value) for item in user_data),
        resource_requirements=tuple(
            ExpandedResourceRequirements(name=item.name, **item.values)
            for item in spec.resource_requirements
        ),
        failure_handlers=tuple(
            ExpandedFailureHandler(item.name, item.values["rules"])
            for item in spec.failure_handlers
        ),
        slurm_schedulers=tuple(
            ExpandedSlurmScheduler(name=item.name, **item.values) for item in schedulers
        ),
        actions=tuple(actions),
    )


def _job_entries(spec: WorkflowSpec, jobs: Sequence[JobInstance]) -> tuple[JobEntry, ...]:
    numbers = Counter(id(job.spec) for job in jobs)
    return tuple(
        JobEntry(
            name=entry.name,
            num_jobs=numbers[id(entry)],
            resource_requirements=entry.resource_requirements
            if entry.own_requirements is None
            else entry.own_requirements.name,
        )
        for entry in spec.jobs
    )


def _names(
    spec: WorkflowSpec,
    jobs: Sequence[JobInstance],
    files: Sequence[NamedInstance],
    user_data: Sequence[NamedInstance],
    schedulers: Sequence[NamedSpec],
    problems: Problems,
) -> dict[str, Names]:
    # A section with a faulty parameter or of a wrong type has names that are not known.
    unsure = {
        path[0] for path, _ in problems.errors if len(path) == 1 or path[2:3] == ("parameters",)
    }
    if "parameters" in unsure or any(path[:1] == ("parameters",) for path, _ in problems.errors):
        unsure |= {"jobs", "files", "user_data"}
    entries: Mapping[str, list[tuple[str, Path]]] = {
        "jobs": [(job.name, job.spec.place) for job in jobs],
        "files": [(item.name, item.place) for item in files],
        "user_data": [(item.name, item.place) for item in user_data],
        "resource_requirements": [(i.name, i.place) for i in spec.resource_requirements],
        "failure_handlers": [(i.name, i.place) for i in spec.failure_handlers],
        "slurm_schedulers": [(i.name, i.place) for i in schedulers],
    }
    sections = {section: Names(section, found, problems) for section, found in entries.items()}
    for section in unsure & sections.keys():
        sections[str(section)].is_complete = False
    return sections


def _warn_unfilled(spec: WorkflowSpec, resolver: Resolver) -> None:
    """Note references in texts that belong to no single job."""
    for name, value in (spec.settings.get("env") or {}).items():
        resolver.warn_unfilled(("env", name), value)
    for handler in spec.failure_handlers:
        for i, rule in enumerate(handler.values.get("rules", ())):
            if rule.recovery_script:
                place = (*handler.place, "rules", i, "recovery_script")
                resolver.warn_unfilled(place, rule.recovery_script)


def _warn_unused(spec: WorkflowSpec, jobs: Sequence[ExpandedJob], problems: Problems) -> None:
    """Note failure handlers that no job names."""
    used = {job.failure_handler for job in jobs}
    for number, handler in enumerate(spec.failure_handlers):
        if handler.name and number not in used:
            problems.warn(handler.place, f'no job has the failure handler "{shown(handler.name)}"')


def _check_whole(spec: WorkflowSpec, problems: Problems) -> None:
    """Refuse a workflow without jobs, and the name of the requirements that each has anyway."""
    if not spec.jobs and not problems.errors:
        problems.add(("jobs",), "a workflow needs at least one job")
    for item in spec.resource_requirements:
        if item.name == DEFAULT_REQUIREMENTS:
            problems.add(
                (*item.place, "name"), f'"{item.name}" is the name of those that torc adds'
            )


def _check_writers(
    jobs: Sequence[JobInstance],
    expanded: Sequence[ExpandedJob],
    files: Sequence[NamedInstance],
    surroundings: Surroundings,
    problems: Problems,
) -> None:
    """Refuse two jobs that write one file, and a job that waits for its own output."""
    writers: dict[str, tuple[int, str]] = {}
    for number, job in enumerate(expanded):
        place = jobs[number].spec.place
        for index in job.output_files:
            path = files[index].value
            first, other = writers.setdefault(surroundings.identity(path), (number, path))
            if first != number:
                also = "" if other == path else f', which is "{shown(other)}" in another spelling'
                problems.add(
                    place,
                    f'both "{shown(expanded[first].name)}" and "{shown(job.name)}" '
                    f'write "{shown(path)}"{also}',
                )
        for kind, read, written in (
            ("file", job.input_files, job.output_files),
            ("user data", job.input_user_data, job.output_user_data),
        ):
            if read and written and not set(read).isdisjoint(written):
                problems.add(
                    place,
                    f'the job "{shown(job.name)}" reads and writes the same {kind}: '
                    "it would wait for itself",
                )


def _check_cycles(
    jobs: Sequence[JobInstance], expanded: Sequence[ExpandedJob], problems: Problems
) -> None:
    dependencies = ExpandedWorkflow(
        settings=WorkflowSettings(name=""), jobs=tuple(expanded)
    ).dependencies()
    for cycle in graph.find_cycles(dependencies)[:_MAX_CYCLES]:
        names = [shown(expanded[number].name) for number in cycle]
        if len(names) > _MAX_CYCLE_NAMES:
            names[_MAX_CYCLE_NAMES // 2 : -_MAX_CYCLE_NAMES // 2] = ["..."]
        chain = " -> ".join([*names, names[0]])
        problems.add(
            jobs[min(cycle)].spec.place, f"jobs that wait for each other in a circle: {chain}"
        )
