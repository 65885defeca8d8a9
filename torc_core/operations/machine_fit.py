"""Which jobs of a workflow can never run on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from torc_core.client import TorcClient, every_item
from torc_core.host.machine import Machine, inspect_machine
from torc_core.model.resources import ResourceRequirements
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.server.node import offered_resources
from torc_core.units import parse_memory


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of resource of which jobs need more than there is."""

    kind: str
    """In words, such as "CPUs"."""
    needed: float
    available: float


class NeverFits(msgspec.Struct, frozen=True, kw_only=True):
    """Requirements that this machine cannot meet."""

    requirements: str
    """Their name."""
    shortfalls: tuple[Shortfall, ...]

    @property
    def sentence(self) -> str:
        """What it says."""
        short = ", ".join(
            f"{each.needed:.10g} {each.kind} ({each.available:.4g} available)"
            for each in self.shortfalls
        )
        return (
            f"Jobs with the requirements {self.requirements!r} can never run on this machine: "
            f"they need {short}."
        )


def find_misfits(client: TorcClient, options: RunnerOptions) -> tuple[NeverFits, ...]:
    """Return a warning for each requirement of the workflow that this machine can never meet."""
    if options.max_parallel_jobs is not None:  # then requirements do not count
        return ()
    requirements = every_item(client.list_resource_requirements, options.workflow_id)
    return tuple(compare(requirements, inspect_machine(), options))


def compare(
    requirements: Iterable[ResourceRequirements], machine: Machine, options: RunnerOptions
) -> Iterator[NeverFits]:
    """Yield the requirements that exceed what the machine offers under these options."""
    node = offered_resources(options, machine)
    for needs in requirements:
        memory_bytes = parse_memory(needs.memory)
        short = tuple(
            Shortfall(kind=kind, needed=needed, available=available)
            for kind, needed, available in (
                ("CPUs", needs.num_cpus, node.num_cpus),
                ("GPUs", needs.num_gpus, node.num_gpus),
                ("nodes", needs.num_nodes, node.num_nodes),
                ("GiB of memory", memory_bytes / 2**30, node.memory_bytes / 2**30),
            )
            if needed > available
        )
        if short:
            yield NeverFits(requirements=needs.name, shortfalls=short)
