"""The files that the output of an attempt goes to. Pure."""

from __future__ import annotations

from typing import NamedTuple

from torc_core.model.execution import StdioMode

_ENDINGS: dict[StdioMode, tuple[str | None, str | None]] = {
    StdioMode.SEPARATE: (".o", ".e"),
    StdioMode.COMBINED: (".log", ".log"),
    StdioMode.NO_STDOUT: (None, ".e"),
    StdioMode.NO_STDERR: (".o", None),
    StdioMode.NONE: (None, None),
}
"""Those of the reference, for stdout and stderr."""


class StdioFiles(NamedTuple):
    """Where the output of an attempt goes; None: it is discarded."""

    stdout: str | None
    stderr: str | None

    @property
    def streams(self) -> tuple[tuple[str, str], ...]:
        """Name and path of each file."""
        if self.stdout == self.stderr:
            return () if self.stdout is None else (("output", self.stdout),)
        return tuple(
            (name, path)
            for name, path in (("stdout", self.stdout), ("stderr", self.stderr))
            if path is not None
        )


def stdio_files(stem: str, mode: StdioMode) -> StdioFiles:
    """Return the files of an attempt, given their path without the ending."""
    stdout, stderr = _ENDINGS[mode]
    return StdioFiles(
        None if stdout is None else stem + stdout, None if stderr is None else stem + stderr
    )


def possible_modes(mode: StdioMode) -> list[StdioMode]:
    """Return the modes that files may be of, the present one first.

    The workflow may have been changed after the attempt.
    """
    return list(dict.fromkeys((mode, StdioMode.SEPARATE, StdioMode.COMBINED)))
