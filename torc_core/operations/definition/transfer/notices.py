"""What exporting and importing report."""

from __future__ import annotations

import msgspec

from torc_core.model.ids import WorkflowId
from torc_core.units import counted


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
