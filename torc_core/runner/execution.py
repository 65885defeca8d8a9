"""Executes the run of a run directory, and records there how it goes and ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.decoders import convert
from torc_core.errors import MachineError, TorcError, UsageError
from torc_core.host.access_file import client_of, read_access_file
from torc_core.host.embedded_server import locate_server
from torc_core.host.runs import RunDirectory, RunMeta
from torc_core.host.runs.status_file import StatusFile
from torc_core.host.user import user_name
from torc_core.runner.logs import log, set_log_level
from torc_core.runner.policy.options import RunnerOptions
from torc_core.runner.policy.steps import StepTrail
from torc_core.runner.policy.summary import Progress, RunSummary, final_status
from torc_core.runner.runner import Runner
from torc_core.runner.signals import stopping_on_signals


def execute_run(
    directory: RunDirectory,
    client: TorcClient | None = None,
    *,
    explain: Callable[[TorcError], None] = lambda _: None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> RunSummary:
    """Execute a run and return how it went. For the main thread only.

    Args:
        directory: The run.
        client: Its server, if there is a connection already.
        explain: Called with the reason of a failure before the end of the run is recorded, since
            the reason is looked up as soon as the end is seen.
        on_progress: Called with the runner's progress, a few times per second at most.

    Raises:
        TorcError: The run could not begin, or it failed.
    """
    is_ours = False
    try:
        meta = directory.begin()
        is_ours = True
        summary = _run(
            directory,
            meta,
            client or server_client(meta.url, meta.token, is_embedded=meta.is_embedded),
            on_progress,
        )
    except TorcError as error:
        explain(error)
        if is_ours:
            directory.end("failed", error.exit_code)
        raise
    directory.end(final_status(summary), summary.exit_code)
    return summary


def _run(
    directory: RunDirectory,
    meta: RunMeta,
    client: TorcClient,
    on_progress: Callable[[Progress], None],
) -> RunSummary:
    options = _options(meta)
    set_log_level(options.log_level)
    status = StatusFile(directory, meta, client)
    trail = StepTrail()

    def note(progress: Progress) -> None:
        nonlocal trail
        trail = progress.trail
        on_progress(progress)
        with _status_may_fail():  # the run matters more than its display
            status.write(progress.outcomes, progress.running, trail.steps())

    runner = Runner(client, options, on_progress=note)
    try:
        os.chdir(meta.cwd)
    except OSError as error:
        raise MachineError(
            f"The working directory {meta.cwd} cannot be used: {error.strerror}.",
            hint="Start the run again from a directory that exists.",
        ) from error
    status.begin()
    with stopping_on_signals(runner.stop):
        summary = runner.run()
    if summary.jobs_by_status:
        with _status_may_fail():
            status.end(summary.jobs_by_status, trail.steps())
    return summary


@contextmanager
def _status_may_fail() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.warning("status.json cannot be written", error=error.strerror)


def server_client(
    url: str, token: str | None, *, is_embedded: bool, access_file: str | None = None
) -> TorcClient:
    """Return a client of a runner's server; an embedded one is started if it does not run.

    Raises:
        MachineError: The file that says where it is cannot be read.
        UsageError: That file is not to be trusted.
    """
    if access_file is not None:
        path = Path(access_file)
        return client_of(path, read_access_file(path))
    return TorcClient(
        url,
        user=user_name(),
        password=os.environ.get("TORC_PASSWORD"),
        token=token,
        locate=locate_server if is_embedded else None,
    )


def _options(meta: RunMeta) -> RunnerOptions:
    given = {**meta.options, "workflow_id": meta.workflow_id, "output_dir": meta.output_dir}
    try:
        return convert(given, RunnerOptions)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"The options in meta.json of run {meta.run_id} are not valid: {error}."
        ) from error
