"""Logs on stdout: every byte, or in a terminal text and colors only."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import click

from torc_core.operations.jobs.logs import LogStream
from torc_tui.cli.output.diagnostics import say_whole


class LogOutput:
    """Prints pieces of several files.

    Args:
        has_heads: Print the path of each file to stderr before its pieces.
    """

    def __init__(self, *, has_heads: bool) -> None:
        self.has_written = False
        self._has_heads = has_heads
        self._path: Path | None = None
        self._is_within_line = False
        self._is_terminal = sys.stdout.isatty()
        if self._is_terminal:  # a pipe needs nothing that draws
            from torc_tui.state.logs.harmless import HarmlessText  # noqa: PLC0415

            self._texts = defaultdict[Path, HarmlessText](HarmlessText)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def write_all(self, pieces: Iterable[tuple[LogStream, bytes]]) -> None:
        """Print pieces of files."""
        for stream, data in pieces:
            self._write(stream.path, data)

    def _write(self, path: Path, data: bytes) -> None:
        self.has_written = True
        if path != self._path:
            self._end()
            if self._has_heads:
                say_whole(f"==> {path} <==")
            self._path = path
        if self._is_terminal:
            self._show(self._texts[path].feed(data))
        else:
            click.echo(data, nl=False)

    def _end(self) -> None:
        """Leave the terminal as it was: with its colors, at the beginning of a line."""
        if self._is_terminal and self._path is not None:
            self._show(self._texts[self._path].end())
            if self._is_within_line:
                self._show("\n")

    def _show(self, text: str) -> None:
        if text:
            self._is_within_line = not text.endswith("\n")
            click.echo(text.encode(sys.stdout.encoding, "replace"), nl=False)
