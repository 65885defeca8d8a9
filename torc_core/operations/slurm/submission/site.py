"""Where the workers of a submission work, and how they reach the server."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.client import Address
from torc_core.errors import MachineError
from torc_core.host.connect import Connection
from torc_core.host.files.file_system import local_file_system
from torc_core.host.files.output_files import log_mode, make_directory, reason_at
from torc_core.hpc.slurm.batch.access_file import write_access
from torc_core.hpc.slurm.nodes import DEFAULT_PREFIX, WorkerSite
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.lifecycle.run import check_output_directory
from torc_core.operations.reporter import Notice, PlainNotice
from torc_core.operations.slurm.address import address_for_nodes, find_node_address

POLL_INTERVAL_S = 60.0
"""Between two looks of a worker at a server that cannot call it, as in the reference."""


class SiteOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a user chooses for the workers of a submission."""

    output_dir: str = "output"
    """A relative one is below the current directory."""
    server_host: str | None = None
    """The name or address of this machine that compute nodes reach."""
    poll_interval_s: float = POLL_INTERVAL_S
    job_prefix: str = DEFAULT_PREFIX
    keep_scripts: bool = False

    @property
    def directory(self) -> Path:
        """The output directory, as an absolute path."""
        return Path(self.output_dir).absolute()


class Prospect(msgspec.Struct, frozen=True, kw_only=True):
    """What workers will find, before anything is changed."""

    server: str
    """How they reach the server, a sentence."""
    warnings: tuple[Notice, ...]


def look_at_site(connection: Connection, slurm: Slurm, options: SiteOptions) -> Prospect:
    """Look whether workers could work; nothing is changed.

    Raises:
        MachineError: There is no Slurm here, the output directory cannot be used, or no address is
            known at which nodes reach the server.
        UnreachableError: Slurm's controller does not answer.
        UsageError: Nodes do not reach the server that was named.
    """
    slurm.queue()
    check_output_directory(options.output_dir)
    address = find_node_address(connection, slurm.node_addresses, options.server_host)
    is_elsewhere = not Address(address.url).is_loopback
    file_system = local_file_system(options.directory) if is_elsewhere else None
    warnings = () if file_system is None else (_not_shared(options.directory, file_system),)
    return Prospect(server=address.sentence, warnings=warnings)


def _not_shared(directory: Path, file_system: str) -> PlainNotice:
    return PlainNotice(
        f"The output directory {directory} is on a file system of this machine ({file_system}). "
        "Workers on other nodes can only use it if these share it."
    )


def open_site(
    connection: Connection, slurm: Slurm, workflow: Workflow, options: SiteOptions
) -> WorkerSite:
    """Make what workers need: the output directory, and a server that they reach.

    Raises:
        MachineError: The directory cannot be used, or the server cannot be opened for nodes.
        UsageError: Nodes do not reach the server that was named.
        TimedOutError: The embedded server does not start again in time.
    """
    directory = options.directory
    address = address_for_nodes(connection, slurm.node_addresses, options.server_host)
    try:
        make_directory(directory, log_mode(is_shared=bool(workflow.access_groups)))
    except OSError as error:
        raise MachineError(
            f"The output directory {directory} cannot be used: {reason_at(error, directory)}.",
            hint="Choose another one with --output-dir.",
        ) from error
    return WorkerSite(
        output_dir=directory,
        url=address.url,
        access_file=write_access(directory, id_of(workflow), address.access),
        poll_interval_s=options.poll_interval_s,
        job_prefix=options.job_prefix,
        keep_scripts=options.keep_scripts,
    )
