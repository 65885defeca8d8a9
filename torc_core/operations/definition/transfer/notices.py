"""What exporting and importing report."""

from __future__ import annotations

import msgspec

from torc_core.model.ids import WorkflowId
from torc_core.units import counted


class RecordsRead(msgspec.Struct, frozen=True, kw_only=True):
    """So much of a document has been read."""

    number: int

    @property
    def sentence(self) -> str:
        """What it says."""
        return f"Read {counted(self.number, 'record')} …"


class RecordsWritten(msgspec.Struct, frozen=True, kw_only=True):
    """So much of a section has been exported."""

    number: int
    section: str

    @property
    def sentence(self) -> str:
        """What it says."""
        return f"Exported {self.number:,} {self.section.replace('_', ' ')} …"


class ResultsCreated(msgspec.Struct, frozen=True, kw_only=True):
    """So many results have been created."""

    number: int
    total: int

    @property
    def sentence(self) -> str:
        """What it says."""
        return f"Created {self.number:,} of {counted(self.total, 'result')} …"


class TransferWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Something of a document is left out, or has to be looked at."""

    sentence: str


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was exported."""

    workflow_id: WorkflowId
    name: str
    counts: dict[str, int]
    """Records by section."""

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Exported #{self.workflow_id} {self.name} with {summary(self.counts)}."


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow was imported."""

    workflow_id: WorkflowId
    name: str
    counts: dict[str, int]
    """Records by section."""

    @property
    def sentence(self) -> str:
        """What was done."""
        return f"Imported #{self.workflow_id} {self.name} with {summary(self.counts)}."


def summary(counts: dict[str, int]) -> str:
    """Return the counts of a document in words, without what there is none of."""
    parts = [counted(counts["jobs"], "job")]
    for section in ("files", "user_data", "results", "events"):
        if number := counts.get(section):
            data = section == "user_data"
            parts.append(
                f"{number:,} user data" if data else counted(number, section.removesuffix("s"))
            )
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
