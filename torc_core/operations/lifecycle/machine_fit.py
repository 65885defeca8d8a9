"""Which jobs of a workflow can never run on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.host.machine import Machine, inspect_machine, require_linux
from torc_core.model.ids import RequirementsId
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.resources import Resources
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.resources.affinity import cpus_for_jobs
from torc_core.runner.server.node import offered_resources
from torc_core.units import parse_memory

_JOBS_LOOKED_AT = 10_000
"""How many jobs are searched for one that cannot run: the question waits for it."""


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of resource that jobs need more of than there is."""

    kind: str
    """In words, such as "CPUs"."""
    needed: float
    available: float

    @property
    def sentence(self) -> str:
        """Both numbers, as in "1 GPU (0 available)"."""
        kind = self.kind.removesuffix("s") if self.needed == 1 else self.kind
        return f"{self.needed:.10g} {kind} ({self.available:.4g} available)"


class NeverFits(msgspec.Struct, frozen=True, kw_only=True):
    """Requirements that this machine cannot meet."""

    requirements: str
    """Their name."""
    id: RequirementsId | None = None
    example: str | None = None
    """The name of a job that has them."""
    shortfalls: tuple[Shortfall, ...]

    @property
    def sentence(self) -> str:
        """What it says."""
        short = ", ".join(each.sentence for each in self.shortfalls)
        example = "" if self.example is None else f", such as {self.example!r},"
        return (
            f"Jobs with the requirements {self.requirements!r}{example} can never run on this "
            f"machine: they need {short}."
        )


def refuse_impossible(options: RunnerOptions) -> None:
    """Check that this machine can run jobs, and do what a run is to do with its CPUs.

    Raises:
        MachineError: It cannot run jobs.
        UsageError: Not with its CPUs.
    """
    require_linux()
    machine = inspect_machine()
    cpus_for_jobs(options, machine.cpus, offered_resources(options, machine).num_cpus)


def find_misfits(client: TorcClient, options: RunnerOptions) -> tuple[NeverFits, ...]:
    """Return a warning for each requirement of the workflow that this machine can never meet."""
    if options.max_parallel_jobs is not None:  # then requirements do not count
        return ()
    requirements = every_item(client.list_resource_requirements, options.workflow_id)
    misfits = {each.id: each for each in compare(requirements, inspect_machine(), options)}
    if not misfits:
        return ()
    return name_examples(misfits, every_item(client.list_jobs, options.workflow_id))


def name_examples(
    misfits: Mapping[RequirementsId | None, NeverFits],
    jobs: Iterable[Job],
    *,
    most: int = _JOBS_LOOKED_AT,
) -> tuple[NeverFits, ...]:
    """Return the misfits that jobs have, each with the first such job.

    Args:
        misfits: By the id of the requirements.
        jobs: The workflow's.
        most: How many of them are looked at; those beyond may have any.
    """
    examples: dict[RequirementsId | None, str] = {}
    looked_at = 0
    for looked_at, job in enumerate(islice(jobs, most), start=1):  # noqa: B007 - used below
        if job.resource_requirements_id in misfits:
            examples.setdefault(job.resource_requirements_id, job.name)
            if len(examples) == len(misfits):
                break
    is_all = looked_at < most
    return tuple(
        msgspec.structs.replace(misfit, example=examples.get(each))
        for each, misfit in misfits.items()
        if each in examples or not is_all
    )


def compare(
    requirements: Iterable[ResourceRequirements], machine: Machine, options: RunnerOptions
) -> Iterator[NeverFits]:
    """Yield the requirements that exceed what the machine offers under these options."""
    node = offered_resources(options, machine)
    for needs in requirements:
        if (misfit := find_misfit(needs, node)) is not None:
            yield misfit


def find_misfit(needs: ResourceRequirements, node: Resources) -> NeverFits | None:
    """Return what of requirements exceeds all that a node has; None if they are within that."""
    short = tuple(
        Shortfall(kind=kind, needed=needed, available=available)
        for kind, needed, available in (
            ("CPUs", needs.num_cpus, node.num_cpus),
            ("GPUs", needs.num_gpus, node.num_gpus),
            ("nodes", needs.num_nodes, node.num_nodes),
            ("GiB of memory", parse_memory(needs.memory) / 2**30, node.memory_bytes / 2**30),
        )
        if needed > available
    )
    return NeverFits(requirements=needs.name, id=needs.id, shortfalls=short) if short else None
