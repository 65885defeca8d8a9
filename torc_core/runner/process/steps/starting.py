"""What starts a job as a step of a Slurm allocation, and what asks it to end."""

from __future__ import annotations

import os

import msgspec

from torc_core.model.exchange import ClaimedJob
from torc_core.runner.guard.messages import Start, pack
from torc_core.runner.policy.commands.step import ask_arguments, start_arguments, step_arguments
from torc_core.runner.policy.commands.step_site import StepSite
from torc_core.runner.policy.context import RunnerContext
from torc_core.runner.policy.outputs.stdio import StdioFiles
from torc_core.runner.process.steps.files import make_step_files


class Steps:
    """Makes steps of jobs.

    Args:
        context: The runner's.
        site: Where.
    """

    def __init__(self, context: RunnerContext, site: StepSite) -> None:
        self._context = context
        self._site = site

    def wrap(
        self, start: Start, claimed: ClaimedJob, command: str, output: StdioFiles, stem: str
    ) -> Start:
        """Return what starts a job as a step.

        Args:
            start: What starts it without.
            claimed: The job, of one node.
            command: What bash is given to run for it.
            output: The files of its output.
            stem: The path of the attempt's files without the ending.

        Raises:
            SpawnError: Its files cannot be created.
        """
        files = make_step_files(stem, output, self._context.log_mode)
        context, site = self._context, self._site
        options = step_arguments(claimed, site, context.execution, context.total)
        started = start_arguments(context.bash, site, options, files, command)
        return msgspec.structs.replace(
            start,
            arguments=list(map(pack, started)),
            asked_by=list(map(pack, ask_arguments(context.bash, site, files))),
            stdout=pack(os.devnull),
            stderr=pack(files.words),
            cpus=[],
        )
