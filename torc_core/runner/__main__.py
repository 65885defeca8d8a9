"""`python -m torc_core.runner --run-dir DIR`: the runner of a run that outlives its terminal.

What to run stands in the directory's `meta.json`; how it goes, in `status.json` and in the log,
to which the starter has connected this process's output.
"""

from __future__ import annotations

import argparse
import getpass
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from torc_core.client import TorcClient
from torc_core.errors import ExitCode, MachineError, TorcError, UsageError
from torc_core.local.runs import RunDirectory, RunMeta
from torc_core.local.server import locate_server
from torc_core.runner.logs import log_to_stream
from torc_core.runner.loop import Runner
from torc_core.runner.options import RunnerOptions
from torc_core.runner.signals import stopping_on_signals
from torc_core.runner.summary import Progress, RunSummary, final_status

log = logging.getLogger("torc.runner")


def main(arguments: list[str] | None = None) -> int:
    """Run what a run directory says, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m torc_core.runner")
    parser.add_argument("--run-dir", type=Path, required=True, help="directory with meta.json")
    directory = RunDirectory(parser.parse_args(arguments).run_dir)
    log_to_stream(sys.stderr)
    try:
        meta = directory.begin()
    except TorcError as error:
        return _report(error)
    try:
        summary = _run(directory, meta)
    except TorcError as error:
        directory.end("failed", error.exit_code)
        return _report(error)
    directory.end(final_status(summary), summary.exit_code)
    return summary.exit_code


def _run(directory: RunDirectory, meta: RunMeta) -> RunSummary:
    runner = Runner(_client(meta), _options(meta), on_progress=_teller(directory))
    try:
        os.chdir(meta.cwd)
    except OSError as error:
        raise MachineError(
            f"The directory {meta.cwd} cannot be entered: {error.strerror}.",
            hint="Start the run again from a directory that exists.",
        ) from error
    with stopping_on_signals(runner):
        return runner.run()


def _teller(directory: RunDirectory) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        try:
            directory.write_status(progress.ended, progress.running)
        except OSError as error:
            # The run matters more than who watches it.
            log.warning("status.json cannot be written: %s", error.strerror)

    return tell


def _client(meta: RunMeta) -> TorcClient:
    return TorcClient(
        meta.url,
        user=getpass.getuser(),
        password=os.environ.get("TORC_PASSWORD"),
        token=meta.token,
        locate=locate_server if meta.is_embedded else None,
    )


def _options(meta: RunMeta) -> RunnerOptions:
    given = {**meta.options, "workflow_id": meta.workflow_id, "output_dir": meta.output_dir}
    try:
        return msgspec.convert(given, RunnerOptions)
    except msgspec.ValidationError as error:
        raise UsageError(f"The options in meta.json are not understood: {error}.") from error


def _report(error: TorcError) -> ExitCode:
    log.error("%s %s", error.message, error.hint)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
