"""Searching logs for errors: which files are logs, how they are read, how far the search is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from torc_core.diagnosis.log_scan import LogScan
from torc_core.operations.logs.output_directory import OutputFile, left_out_notice, open_plain
from torc_core.operations.reporter import PlainNotice, Reporter, warn_of_all
from torc_core.runner.policy.output_paths import OutputKind, OutputName
from torc_core.units import counted

SEARCHED = frozenset(
    {
        OutputKind.JOB_STDIO,
        OutputKind.ACTION_STDIO,
        OutputKind.RUNNER_LOG,
        OutputKind.SLURM_OUTPUT,
        OutputKind.KERNEL_MESSAGES,
    }
)
"""All that is log: the variables of Slurm's environment hold words that look like errors."""
_OF_SLURM = frozenset({OutputKind.SLURM_OUTPUT, OutputKind.KERNEL_MESSAGES})
_BLOCK = 256 * 1024
_FILES_BETWEEN_NOTICES = 100


class LogSearch:
    """A search of several logs.

    Args:
        reporter: Where progress and warnings go.
        errors_only: Warnings in logs are not looked at.
    """

    def __init__(self, reporter: Reporter, *, errors_only: bool = False) -> None:
        self.scan = LogScan(errors_only=errors_only)
        self._reporter = reporter

    def add(self, file: str, name: OutputName, blocks: Iterable[bytes]) -> None:
        """Search a log, given as its contents."""
        if self.scan.files % _FILES_BETWEEN_NOTICES == 0:
            searched = counted(self.scan.files, "file")
            self._reporter.progress(PlainNotice(f"searching logs: {searched}"))
        self.scan.add(file, blocks, is_slurm=name.kind in _OF_SLURM)

    def add_files(self, files: Iterable[OutputFile]) -> None:
        """Search logs of output directories, and warn of those that cannot be read."""
        left_out = []
        for file in files:
            if (data := open_plain(file.path)) is None:
                left_out.append(left_out_notice(file.path))
                continue
            with data:
                self.add(str(file.path), file.name, iter(partial(data.read, _BLOCK), b""))
        warn_of_all(self._reporter, left_out)
