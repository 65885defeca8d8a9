"""The wizard without its widgets: the draft, where the user is in it, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from torc_core.spec.draft.check import Checked
from torc_core.spec.draft.draft import Draft
from torc_core.units import counted
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.state.creating.forms import STEPS, Step, place_of, put, steps_with
from torc_tui.state.creating.review import Ending, place_text
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

Place = tuple[int, int, str | None]
"""Of a field: its step, the index of the entry, and its name; None for the whole entry."""

REVIEW = len(STEPS) - 1
_WIDE = 76
"""From so many cells on there is room for whole titles of the steps."""


def nearest_step(step: int) -> int:
    """Return the number of the step that is nearest to a number."""
    return max(0, min(step, REVIEW))


class WizardState:
    """A draft and a place in it; whatever is done to one keeps the other sensible."""

    def __init__(self) -> None:
        self.draft = Draft()
        self.ending = Ending()
        self.checked: Checked | None = None
        """What was found out last, perhaps of an earlier draft; None before the first time."""
        self.at = 0
        self._entry = {"jobs": 0, "schedulers": 0, "actions": 0}

    @property
    def step(self) -> Step:
        """The step in sight."""
        return STEPS[self.at]

    @property
    def index(self) -> int:
        """Which entry the form in sight is for."""
        return self._entry.get(self.step.section, 0)

    @property
    def total(self) -> int:
        """How many entries the step has."""
        return len(self.draft.items(self.step.section)) if self.step.has_items else 0

    @property
    def is_untouched(self) -> bool:
        """Whether nothing would be lost by leaving."""
        empty = Draft()
        left = self._without_untouched
        return msgspec.structs.replace(left, next_key=empty.next_key) == empty

    @property
    def _without_untouched(self) -> Draft:
        """The draft without the job with which its step began, if nothing was typed for it."""
        jobs = self.draft.items("jobs")
        is_untouched = len(jobs) == 1 and jobs[0] == type(jobs[0])(key=jobs[0].key)
        return self.draft.removed("jobs", 0) if is_untouched else self.draft

    @property
    def is_entry_untouched(self) -> bool:
        """Whether nothing would be lost by removing the entry."""
        item = self.draft.items(self.step.section)[self.index]
        return bool(item == type(item)(key=item.key))

    def take(self, field: str, value: object) -> bool:
        """Put a value into a field of the form in sight; return whether that changed anything."""
        before = self.draft, self.ending
        if self.at == REVIEW:
            self.ending = self.ending.with_value(field, str(value), self.draft.name)
        elif not self.step.has_items or self.index < self.total:
            self.draft = put(self.draft, self.step.section, self.index, field, value)
        return before != (self.draft, self.ending)

    def take_all(self, values: Mapping[str, str]) -> bool:
        """Put values into several fields; return whether that changed anything."""
        changes = [self.take(field, value) for field, value in values.items()]
        return any(changes)

    def go(self, step: int) -> bool:
        """Go to a step, or to the nearest one; return whether it begins with a first entry.

        That of the jobs does, as there has to be one: what is typed is its name.
        """
        self.at = nearest_step(step)
        is_of_jobs = self.step.section == "jobs"
        if not (self.step.adds and is_of_jobs):
            self.draft = self._without_untouched
        elif not self.total:
            self.add()
            return True
        return False

    def point_at(self, index: int) -> None:
        """Go to an entry, or to the nearest one."""
        if self.step.has_items:
            self._entry[self.step.section] = max(0, min(index, self.total - 1))

    def add(self) -> None:
        """Add an entry, and go to it."""
        self.draft = self.draft.added(self.step.section)
        self.point_at(self.total - 1)

    def remove(self) -> None:
        """Remove the entry, and go to the one that is then in its place."""
        self.draft = self.draft.removed(self.step.section, self.index)
        self.point_at(self.index)

    # Problems

    @property
    def _places(self) -> list[Place]:
        return [place_of(each.spot) for each in self.checked.problems] if self.checked else []

    def faults(self) -> set[tuple[int, str | None]]:
        """Return the entries and fields of this step that have problems."""
        return {(index, field) for at, index, field in self._places if at == self.at}

    def problem_of(self, field: str | None) -> str | None:
        """Return what is wrong with a field of the form in sight."""
        here = self.at, self.index, field
        if here not in self._places or self.checked is None:
            return None
        return self.checked.problems[self._places.index(here)].message

    def problem_after(self, field: str | None) -> Place | None:
        """Return the place of the problem behind that of a field; behind the last the first."""
        places = self._places
        here = self.at, self.index, field
        at = places.index(here) + 1 if here in places else 0
        return places[at % len(places)] if places else None

    # What is shown

    def titles(self, width: int) -> list[Cell]:
        """Return the names of the steps, with a mark where something is wrong."""
        wrong = steps_with(self.checked.problems if self.checked else ())
        cells = []
        for at, step in enumerate(STEPS):
            name = step.title if width >= _WIDE else step.short
            mark = "✗" if at in wrong else " "
            text = f"{mark}[{name}]" if at == self.at else f"{mark} {name} "
            cells.append(Cell(text, "bold" if at == self.at else "red" if at in wrong else QUIET))
        return cells

    def place_cells(self) -> list[Cell]:
        """Return where the user is."""
        name = clean(self.draft.name.strip()) or "new workflow"
        where = f" torc ▸ {name} ▸ {self.step.title}"
        return [Cell(where, "bold"), Cell(f"  step {self.at + 1} of {len(STEPS)}", QUIET)]

    @property
    def list_hint(self) -> str:
        """What to do while the keys go to the entries of the step."""
        if not self.total:
            return ""
        return keyed(
            "{choices.choose} goes to the fields at the right; "
            "{move.up} {move.down} choose whose they are"
        )

    def summary(self) -> Cell:
        """Return what is still to do, or what the workflow is by now."""
        checked = self.checked
        if checked is None:
            return Cell(" …", QUIET)
        if checked.workflow is None:
            first = checked.problems[0]
            text = f"{place_text(checked.draft, first.spot)}: {clean(first.message)}"
            to_do = f"{counted(len(checked.problems), 'thing')} to do"
            return Cell(f" {to_do} ({key_of('wizard.problem')}): {text}", "yellow")
        parts = [counted(len(checked.workflow.jobs), "job")]
        if checked.warnings:
            parts.append(f"{counted(len(checked.warnings), 'warning')} in the review")
        return Cell(f" ✓ complete: {', '.join(parts)}", "green")
