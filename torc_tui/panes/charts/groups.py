"""The jobs of a workflow by group, with a cursor; groups unfold to their jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message

from torc_core.model.ids import JobGroupId, JobId, WorkflowId
from torc_core.model.job import Job
from torc_core.operations.progress.groups import Overview
from torc_tui.keys.action import Scope
from torc_tui.keys.bindings import bindings_for
from torc_tui.panes.messages import LimitsChanged, Notice
from torc_tui.screens.dialogs.ask import Ask
from torc_tui.state.graph.finding import find, name_at, step_from
from torc_tui.state.graph.outline import Outline, Spot, about, jobs_at, path_line
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.line import Line
from torc_tui.widgets.line_list import LineList

_MOST_CHOSEN = 1_000
"""Actions are for a group of at most so many jobs."""


class GroupsView(Vertical):
    """Groups and jobs, and two lines: about what the cursor is on, and the critical path."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.GROUPS)
    DEFAULT_CSS = """
    GroupsView LineList { height: 1fr; }
    GroupsView Line { height: 1; }
    """

    lines = getters.query_one(LineList)
    about = getters.query_one("#about", Line)
    path = getters.query_one("#path", Line)

    class GroupChosen(Message):
        """The jobs of a group are to be listed, as they are too many to unfold."""

        def __init__(self, group_id: JobGroupId, name: str) -> None:
            super().__init__()
            self.group_id = group_id
            self.name = name

    class JobChosen(Message):
        """All about a job is to be shown."""

        def __init__(self, job_id: JobId) -> None:
            super().__init__()
            self.job_id = job_id

    def __init__(self) -> None:
        super().__init__()
        self._outline: Outline | None = None
        self._unfolded: set[str] = set()
        self.looked_for = ""
        """What the keys for the next and the previous match go to; empty for nothing."""

    def compose(self) -> ComposeResult:
        """Lay out: the lines, and what is said about them."""
        yield LineList()
        yield Line(id="about")
        yield Line(id="path")

    @property
    def overview(self) -> Overview | None:
        """What is shown."""
        return None if self._outline is None else self._outline.overview

    def forget(self) -> None:
        """Show nothing, with all groups folded."""
        self._outline = None
        self._unfolded = set()
        self.looked_for = ""
        self.lines.show_lines(0, lambda _line, _width: [])
        self.about.show(Cell(" Reading the jobs …", QUIET))
        self.path.show()

    def show_overview(self, overview: Overview) -> None:
        """Show how far groups and jobs are now; the cursor stays on what it is on."""
        before, spot = self.overview, self._spot
        is_same = before is not None and before.graph is overview.graph
        self._outline = Outline(overview, self._unfolded)
        self._show_lines(spot if is_same else None)

    def _show_lines(self, spot: Spot | None) -> None:
        outline = self._outline
        if outline is not None:
            self.lines.show_lines(len(outline), outline.cells)
            self.lines.move_to(0 if spot is None else outline.line_of(spot))
            self._show_notes()

    @property
    def _spot(self) -> Spot | None:
        outline = self._outline
        return None if outline is None or not len(outline) else outline.spot(self.lines.cursor or 0)

    @on(LineList.Moved)
    def _show_notes(self) -> None:
        outline, spot = self._outline, self._spot
        if outline is not None and spot is not None:
            self.about.show(*about(outline.overview, spot))
            self.path.show(*path_line(outline.overview, self.size.width))
        elif outline is not None:
            self.about.show(Cell(" There are no jobs.", QUIET))

    def on_resize(self) -> None:
        """Fit the critical path into the new width."""
        self._show_notes()

    def jobs(self, workflow_id: WorkflowId) -> Sequence[Job]:
        """Return the job under the cursor, or those of the group, if they are not too many."""
        outline, spot = self._outline, self._spot
        if outline is None or spot is None:
            return ()
        return jobs_at(outline.overview, spot, workflow_id, _MOST_CHOSEN)

    @property
    def is_on_job(self) -> bool:
        """Whether the cursor is on a job, and not on a group."""
        spot = self._spot
        return spot is not None and spot.place is not None

    @on(LineList.Chosen)
    def action_groups_open(self) -> None:
        """Unfold or fold a group, list its jobs if they are too many, or show all about a job."""
        outline, spot = self._outline, self._spot
        if outline is None or spot is None:
            return
        if spot.place is not None:
            job_id = JobId(outline.overview.graph.ids[spot.place])
            self.post_message(self.JobChosen(job_id))
            return
        group = outline.overview.graph.groups[spot.group]
        if group.group_id is not None and group.first_job_id is not None:
            chosen = (
                self.JobChosen(group.first_job_id)
                if group.size == 1
                else self.GroupChosen(group.group_id, group.name)
            )
            self.post_message(chosen)
            return
        self._unfolded ^= {group.name}
        self._outline = Outline(outline.overview, self._unfolded)
        self._show_lines(spot)

    def action_groups_find(self) -> None:
        """Ask for a part of a name, and go to the first job or group that has it."""

        def answered(text: str | None) -> None:
            if text is not None:
                self.look_for(text)

        self.app.push_screen(Ask("Find a job or group", self.looked_for), answered)

    def look_for(self, text: str) -> None:
        """Go to the first job or group from the cursor on that has a text in its name."""
        self.looked_for = text
        self._go_to_match(0)
        self.post_message(LimitsChanged())

    def action_groups_next(self) -> None:
        """Go to the next match."""
        self._go_to_match(1)

    def action_groups_previous(self) -> None:
        """Go to the previous match."""
        self._go_to_match(-1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys of matches to others while nothing is looked for."""
        if action in {"groups_next", "groups_previous"} and not self.looked_for:
            return False
        return super().check_action(action, parameters)

    def _go_to_match(self, step: int) -> None:
        outline, spot = self._outline, self._spot
        if outline is None or spot is None or not self.looked_for:
            return
        found = find(outline, self.looked_for)
        if not found:
            self.post_message(Notice(f"No job or group has {clean(self.looked_for)} in its name."))
            return
        at = step_from(found, spot, step)
        self._go_to([found[at]])
        name = clean(name_at(outline.overview, found[at]))
        self.post_message(Notice(f"{at + 1:,} of {len(found):,}: {name}"))

    def action_groups_upstream(self) -> None:
        """Go to what this job or group needs."""
        outline, spot = self._outline, self._spot
        if outline is None or spot is None:
            return
        graph = outline.overview.graph
        if spot.place is None:
            self._go_to([Spot(each) for each in graph.groups[spot.group].after])
        else:
            self._go_to([Spot(graph.group_of[each], each) for each in graph.needs[spot.place]])

    def action_groups_downstream(self) -> None:
        """Go to what needs this job or group."""
        outline, spot = self._outline, self._spot
        if outline is None or spot is None:
            return
        graph = outline.overview.graph
        if spot.place is None:
            feeds = (at for at, each in enumerate(graph.groups) if spot.group in each.after)
            self._go_to([Spot(each) for each in feeds])
        else:
            first = next(graph.dependents.of(spot.place), None)
            self._go_to([] if first is None else [Spot(graph.group_of[first], first)])

    def _go_to(self, spots: Sequence[Spot]) -> None:
        """Go to the first of these, whose group unfolds if it is a job."""
        outline = self._outline
        if outline is None:
            return
        if not spots:
            self.post_message(Notice("There is nothing in that direction."))
            return
        spot = spots[0]
        group = outline.overview.graph.groups[spot.group]
        if spot.place is not None and group.size > 1 and group.name not in self._unfolded:
            self._unfolded.add(group.name)
            self._outline = Outline(outline.overview, self._unfolded)
        self._show_lines(spot)
