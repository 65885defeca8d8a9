"""`torc slurm create`, `update`, `list`, `get` and `delete`: settings of Slurm allocations."""

from __future__ import annotations

from torc_core.config.bounds import POSITIVE
from torc_core.model.resources import SlurmScheduler, SlurmSchedulerPatch
from torc_tui.cli.options.numbers import number
from torc_tui.cli.options.texts import NAME, scheduler_value
from torc_tui.cli.resource import Field, Resource, resource_group
from torc_tui.lists.resources.schedulers import SLURM_SCHEDULERS


def _optional(name: str, *spellings: str, help: str, default: str | None = None) -> Field:  # noqa: A002 - click's
    """Return a field that is cleared by an empty value."""
    return Field(
        name=name,
        spellings=spellings,
        type=scheduler_value(name, may_be_empty=True),
        read=lambda text: text or None,
        default=default,
        help=help,
    )


RESOURCE = Resource(
    name="slurm",
    one="Slurm scheduler",
    many="Slurm schedulers",
    key="slurm_schedulers",
    listing=SLURM_SCHEDULERS,
    get=lambda client, scheduler_id: client.get_slurm_scheduler(scheduler_id),
    create=lambda client, **fields: client.create_slurm_scheduler(SlurmScheduler(**fields)),
    update=lambda client, scheduler_id, **changes: client.update_slurm_scheduler(
        scheduler_id, SlurmSchedulerPatch(**changes)
    ),
    delete=lambda client, scheduler_id: client.delete_slurm_scheduler(scheduler_id),
    fields=(
        # The short options of the name and of the nodes are the reference's: each command has
        # those of the other.
        Field(
            name="name",
            spellings=("-n", "--name"),
            update_spellings=("-N", "--name"),
            type=NAME,
            help="Its name.",
            is_required=True,
        ),
        Field(
            name="account",
            spellings=("-a", "--account"),
            type=scheduler_value("account"),
            help="The account that is charged.",
            is_required=True,
        ),
        _optional("gres", "-g", "--gres", help='Generic resources of each node, such as "gpu:2".'),
        _optional("mem", "-m", "--mem", help='The least memory of each node, such as "180G".'),
        Field(
            name="nodes",
            spellings=("-N", "--nodes"),
            update_spellings=("-n", "--nodes"),
            type=number(POSITIVE),
            default=1,
            help="Nodes of each allocation.",
        ),
        Field(
            name="ntasks_per_node",
            spellings=("--ntasks-per-node",),
            type=number(POSITIVE),
            help="Tasks of each node.",
        ),
        _optional("partition", "-p", "--partition", help='The partition; "" for Slurm\'s default.'),
        _optional(
            "qos", "-q", "--qos", default="normal", help='The quality of service; "" for none.'
        ),
        _optional("tmp", "-t", "--tmp", help='The least scratch space of each node, like "1T".'),
        Field(
            name="walltime",
            spellings=("-W", "--walltime"),
            type=scheduler_value("walltime"),
            default="04:00:00",
            help='How long an allocation lasts, as "HH:MM:SS" or "D-HH:MM:SS".',
        ),
        _optional(
            "extra",
            "-e",
            "--extra",
            help='Further options of sbatch, such as "--reservation=mine".',
        ),
    ),
    example="-n big -a myaccount -N 2 -W 08:00:00",
    change="--partition debug --walltime 00:30:00",
)

_COMMANDS = resource_group(RESOURCE).commands
create, update, list_, get, delete = (
    _COMMANDS[name] for name in ("create", "update", "list", "get", "delete")
)
