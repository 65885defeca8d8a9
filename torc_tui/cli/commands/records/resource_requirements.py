"""`torc resource-requirements`."""

from __future__ import annotations

from torc_core.config.bounds import POSITIVE, WHOLE
from torc_core.model.resources import ResourceRequirements, ResourceRequirementsPatch
from torc_tui.cli.options.field_values import read_duration
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.texts import NAME
from torc_tui.cli.resource import Field, Resource, resource_group
from torc_tui.lists.resources.requirements import REQUIREMENTS

RESOURCE = Resource(
    name="resource-requirements",
    one="resource requirements",
    many="resource requirements",
    article="",
    key="resource_requirements",
    summary="Resource requirements: what jobs need to run.",
    listing=REQUIREMENTS,
    get=lambda client, requirements_id: client.get_resource_requirements(requirements_id),
    create=lambda client, **fields: client.create_resource_requirements(
        ResourceRequirements(**fields)
    ),
    update=lambda client, requirements_id, **changes: client.update_resource_requirements(
        requirements_id, ResourceRequirementsPatch(**changes)
    ),
    delete=lambda client, requirements_id: client.delete_resource_requirements(requirements_id),
    fields=(
        Field(
            name="name", spellings=("-n", "--name"), type=NAME, help="Their name.", is_required=True
        ),
        Field(
            name="num_cpus",
            spellings=("--num-cpus",),
            type=number(POSITIVE),
            default=1,
            help="CPUs.",
        ),
        Field(
            name="num_gpus", spellings=("--num-gpus",), type=number(WHOLE), default=0, help="GPUs."
        ),
        Field(
            name="num_nodes",
            spellings=("--num-nodes",),
            type=number(POSITIVE),
            default=1,
            help="Nodes.",
        ),
        Field(
            name="memory",
            spellings=("-m", "--memory"),
            default="1m",
            help='Memory, such as "512m" or "20g".',
        ),
        Field(
            name="runtime",
            spellings=("-r", "--runtime"),
            default="P0DT1M",
            help='The longest runtime, as ISO 8601 such as "PT30M", or short such as "30m".',
            read=read_duration,
        ),
    ),
    example="-n small --num-cpus 1 --memory 1g --runtime PT10M",
    change="--memory 2g",
)

resource_requirements = resource_group(RESOURCE)
