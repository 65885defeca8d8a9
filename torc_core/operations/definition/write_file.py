"""Write a workflow file; one that is there already is replaced only if the user agrees."""

from __future__ import annotations

from pathlib import Path

import msgspec

from torc_core.errors import UsageError
from torc_core.operations.definition.transfer.files import document_to_write
from torc_core.operations.reporter import Proposal, Question, Reporter
from torc_core.units import format_bytes


class FileWritten(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow file was written."""

    path: str

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Wrote {self.path}."


def propose_write(path: Path, text: str) -> Proposal[FileWritten]:
    """Propose to write a workflow file; there is a question only if another one is there.

    Raises:
        UsageError: It is not a file, or its directory does not exist.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file.", hint="Choose another name.")
    if not path.parent.is_dir():
        raise UsageError(
            f"The directory {path.parent} does not exist.", hint="Make it, or choose another one."
        )

    def perform(_reporter: Reporter, **_force: bool) -> FileWritten:
        with document_to_write(str(path)) as file:
            file.write(text.encode())
        return FileWritten(path=str(path))

    return Proposal(question=_question(path, text.encode()), perform=perform)


def _question(path: Path, content: bytes) -> Question | None:
    """Return what to ask where something else would be lost."""
    try:
        number = path.stat().st_size
        if number == len(content) and path.read_bytes() == content:
            return None
    except FileNotFoundError:
        return None
    size = format_bytes(number)
    return Question(
        sentence=f"Replace {path}?",
        lines=(f"The file is there already, with {size}; its content will be lost.",),
        is_danger=True,
    )
