"""The runner as others see it: made, run, asked to stop."""

from __future__ import annotations

import logging
from collections.abc import Callable

from torc_core.client import TorcClient
from torc_core.errors import ExitCode, TorcError
from torc_core.runner.actions import Actions
from torc_core.runner.logs import log_to_file
from torc_core.runner.loop import Loop
from torc_core.runner.policy import output_paths
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.summary import Progress, RunSummary
from torc_core.runner.server.node import deregister_node, register_node
from torc_core.runner.signals import Bell

log = logging.getLogger("torc.runner")


class Runner:
    """Runs jobs of one workflow until it is complete, cancelled, or nothing is left to do here.

    Args:
        client: The server; shared with threads of the runner.
        options: What to do.
        on_progress: Called in the runner's thread, a few times per second at most.
    """

    def __init__(
        self,
        client: TorcClient,
        options: RunnerOptions,
        *,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self._client = client
        self._options = options
        self._on_progress = on_progress
        self._bell = Bell()
        self._stops: list[ExitCode] = []
        self._actions: Actions | None = None
        self._hears_server = True

    def stop(self, code: ExitCode = ExitCode.INTERRUPTED) -> None:
        """Ask the runner to end its jobs, report and leave; asked again, to do it at once.

        Args:
            code: The exit code of the summary.
        """
        self._stops.append(code)
        if self._actions is not None:
            self._actions.stop()
        self._bell.ring()

    def run(self) -> RunSummary:
        """Run jobs, and return how it went.

        Raises:
            TorcError: The runner could not begin (see `register_node`), the workflow was deleted
                meanwhile, one of its settings makes no sense to the server, or this machine
                cannot start jobs any more.
        """
        station = register_node(self._client, self._options)
        try:
            with log_to_file(self._options.log_path or _log_path(station)):
                return self._work(station)
        finally:
            if self._hears_server:
                deregister_node(self._client, station)

    def _work(self, station: RunnerContext) -> RunSummary:
        self._actions = Actions(
            self._client,
            workflow_id=self._options.workflow_id,
            run_id=station.run_id,
            compute_node_id=station.node_id,
            bash=station.bash,
            output_dir=station.output_dir,
            environment=station.environment,
        )
        if self._stops:
            self._actions.stop()
        loop = Loop(
            self._client, self._options, station, self._actions, self._bell, self._on_progress
        )
        try:
            loop.work(self._stops)
        finally:
            loop.close()
            self._hears_server = loop.hears_server
        return loop.summary(self._jobs_by_status() if self._hears_server else {})

    def _jobs_by_status(self) -> dict[str, int]:
        """Ask the server, which knows about the jobs of other runners too."""
        try:
            status = self._client.get_workflow_status(self._options.workflow_id)
        except TorcError as error:
            log.warning("the workflow's status is not known: %s", error)
            return {}
        return status.jobs_by_status or {}


def _log_path(station: RunnerContext) -> str:
    hostname, workflow_id = station.machine.hostname, station.workflow.id or 0
    return output_paths.runner_log(station.output_dir, hostname, workflow_id, station.run_id)
