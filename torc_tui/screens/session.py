"""Which server, as whom, and what the configuration says: what does not depend on what is open."""

from __future__ import annotations

from torc_core.clock import SystemClock
from torc_core.config.schema import ClientSettings
from torc_core.hpc.slurm.programs.budget import Budget
from torc_core.hpc.slurm.programs.calls import Slurm
from torc_core.operations.slurm.queue_watch import QueueWatch
from torc_core.runner.policy.options import RunnerOptions
from torc_tui.requests import Requests
from torc_tui.screens.actions.read_only import ReadOnly
from torc_tui.state.servers.destination import Destination


class Session:
    """What one interface works with, whatever it shows.

    Args:
        destination: The server, to which a connection is made in a thread.
        user: Whose workflows are shown at first, and who owns new ones.
        run_options: What the configuration says of runs; names no workflow.
        configured: What it says of all else.
    """

    def __init__(
        self,
        destination: Destination,
        user: str,
        run_options: RunnerOptions,
        configured: ClientSettings,
    ) -> None:
        clock, is_read_only = SystemClock(), configured.tui.readonly
        self.destination = destination
        self.user = self._own_user = user
        self.run_options = run_options
        self.configured = configured
        self.requests = Requests(destination.connect)
        self.requests.is_read_only = is_read_only
        self.read_only = ReadOnly(user, is_everything=is_read_only)
        self.slurm = Slurm(clock, Budget(configured.slurm.calls_per_minute))
        """The programs of this machine's cluster."""
        self.queue = QueueWatch(self.slurm, clock)
        """What Slurm says of the allocations of a workflow."""

    def use(self, destination: Destination) -> None:
        """Go to another server, as the user that is named there."""
        self.destination = destination
        self.user = self.read_only.user = destination.user or self._own_user
        self.requests.use(destination.connect)
