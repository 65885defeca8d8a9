"""The last page of the wizard: what would be created, in which file, and what happens then."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from torc_core.operations.lifecycle.execution_plan import plan_of_spec
from torc_core.spec.convert import Format
from torc_core.spec.draft.check import Checked, draft_text
from torc_core.spec.draft.draft import Draft
from torc_core.spec.draft.tree import Spot
from torc_tui.state.creating.forms import STEPS, Choice, item_label, place_of
from torc_tui.state.creating.preview import summary_lines
from torc_tui.state.graph.drawn import Drawing
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

MOST_LINES = 5_000
_NOT_IN_FILES = re.compile(r"[^\w.-]+")


class Goal(StrEnum):
    """What happens when the user is content."""

    CREATE = "create"
    INITIALIZE = "initialize"
    RUN = "run"
    WRITE = "write"


GOALS = (
    Choice(Goal.RUN, "create, initialize and run here"),
    Choice(Goal.INITIALIZE, "create and initialize"),
    Choice(Goal.CREATE, "create"),
    Choice(Goal.WRITE, "only write the file"),
)
FORMS = (
    Choice(Format.YAML, "YAML"),
    Choice(Format.JSON5, "JSON5"),
    Choice(Format.KDL, "KDL"),
)


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for on the last page."""

    goal: Goal = Goal.RUN
    form: Format = Format.YAML
    path: str | None = None
    """Where the file is written; empty for no file, None for the name of the workflow."""

    def path_for(self, name: str) -> str:
        """Return the path of the file, for a workflow of that name."""
        if self.path is not None:
            return self.path.strip()
        stem = _NOT_IN_FILES.sub("_", name.strip()).strip("._")
        return f"{stem}.{self.form}" if stem else ""

    def with_value(self, field: str, value: str, name: str) -> Ending:
        """Return it with another value; a file that was named keeps its name in another format."""
        if field == "goal":
            return msgspec.structs.replace(self, goal=Goal(value))
        if field == "path":
            is_usual = value == self.path_for(name)
            return self if is_usual else msgspec.structs.replace(self, path=value)
        stem, dot, suffix = (self.path or "").rpartition(".")
        is_known = bool(dot) and suffix.lower() in {*Format, "yml"}
        path = f"{stem}.{value}" if is_known else self.path
        return msgspec.structs.replace(self, form=Format(value), path=path)


def review(checked: Checked, form: Format) -> Drawing:
    """Return problems, or a summary with the execution plan, and the file."""
    draft, lines = checked.draft, list[list[Cell]]()
    for problem in checked.problems:
        lines.append([Cell("✗ ", "red"), Cell(f"{place_text(draft, problem.spot)}: ", "bold"),
                      Cell(clean(problem.message))])  # fmt: skip
    if checked.workflow is not None:
        head, *rest = summary_lines(checked.workflow)
        lines += [[Cell("✓ ", "green"), Cell(clean(head), "bold")]]
        lines += [[Cell(clean(line))] for line in rest]
        lines += [
            [Cell("! ", "yellow"), Cell(f"{place_text(draft, each.spot)}: "),
             Cell(clean(each.message))] for each in checked.warnings
        ]  # fmt: skip
        plan = plan_of_spec(checked.workflow).text().partition("\n\n")[2]
        lines += [[], [Cell("Execution plan", "bold")], *_cells(plan)]
    lines += [[], [Cell(f"File, {form.upper()}", "bold")], *_cells(draft_text(draft, form))]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], [Cell("… more is not shown", QUIET)]]
    width = max(sum(len(cell.text) for cell in line) for line in lines)
    return Drawing(lines, width)


def _cells(text: str) -> list[list[Cell]]:
    return [[Cell(clean(line))] for line in text.splitlines()]


def place_text(draft: Draft, spot: Spot) -> str:
    """Return a field of the draft in words, such as "Jobs, train, Command"."""
    step, index, field = place_of(spot)
    chosen = STEPS[step]
    parts = [chosen.title]
    if chosen.has_items and index < len(draft.items(chosen.section)):
        parts.append(clean(item_label(draft, chosen.section, index)))
    parts += [each.title for each in chosen.fields if each.name == field]
    return ", ".join(parts)
