"""The nodes of a workflow: what its runners offer, and the allocations that bring them."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from torc_core.model.compute import ComputeNode
from torc_core.model.ids import id_of
from torc_core.model.workflow import Workflow
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_core.units import counted
from torc_tui.lists.listing import Listing
from torc_tui.lists.resources.node_usage import RecentUsage
from torc_tui.lists.resources.nodes import NODES, nodes_listing
from torc_tui.lists.resources.watched_allocations import WATCHED_ALLOCATIONS, watched_allocations
from torc_tui.panes.base import Tab
from torc_tui.panes.list_pane import ListPane
from torc_tui.panes.messages import LimitsChanged
from torc_tui.requests import Requests
from torc_tui.screens.logs.screen import LogScreen
from torc_tui.state.logs.files.logpaths import find_logs_of_node, find_slurm_logs
from torc_tui.theme import QUIET, Cell
from torc_tui.widgets.row_table import RowTable

LOGS = "job.logs"


class _Section(ListPane):
    """A list whose rows may lie in an allocation: `l` shows what Slurm has written of that."""

    title = "Section"
    allocation_of: ClassVar[attrgetter[int | None]]
    """From the item of a row to the Slurm job that it lies in."""

    def action_request(self, action_id: str) -> None:
        """Show the logs of an allocation, or else of a runner; ask for all other actions."""
        row = self.table.cursor_row
        if action_id != LOGS or row is None or self.workflow is None:
            super().action_request(action_id)
            return
        workflow_id, requests, item = id_of(self.workflow), self.requests, row.item
        slurm_job_id = self.allocation_of(item)
        if slurm_job_id is not None:
            screen = LogScreen(
                requests,
                f"log ▸ Slurm job {slurm_job_id}",
                lambda: find_slurm_logs(requests.client(), workflow_id, slurm_job_id),
            )
        elif isinstance(item, ComputeNode):
            screen = LogScreen(requests, "run", lambda: find_logs_of_node(requests.client(), item))
        else:
            super().action_request(action_id)
            return
        self.app.push_screen(screen)


class AllocationsList(_Section):
    """Allocations, with what Slurm says of them; Enter shows every column of one."""

    listing = WATCHED_ALLOCATIONS
    allocation_of = attrgetter("record.scheduler_id")

    def present_listing(self) -> Listing:
        """Return the list with the latest that Slurm has said."""
        return watched_allocations(self.queue)

    def show_queue(self, look: QueueLook | None) -> None:
        """Show what Slurm says now, if that is something else than before."""
        before, now = (each and each.views for each in (self.queue, look))
        super().show_queue(look)
        if before != now and self.is_on_screen:
            self.refresh_content()


class NodesList(_Section):
    """Nodes; Enter shows every column of one."""

    listing = NODES
    allocation_of = attrgetter("slurm_job_id")

    def __init__(self, requests: Requests, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(requests, id=id)
        self._usage = RecentUsage()
        self._has_usage = False

    def open(self, workflow: Workflow | None) -> None:
        """Forget what the nodes of the last workflow used."""
        self._usage = RecentUsage()
        super().open(workflow)

    def present_listing(self) -> Listing:
        """Return the list with what is known of their use."""
        return nodes_listing(self._usage, has_usage=self._has_usage)

    def rows_shown(self) -> None:
        """Show the columns of their use as long as there is anything in them."""
        if self._usage.is_known != self._has_usage:
            self._has_usage = self._usage.is_known
            self.table.show_columns(self.arranged_listing())


class NodesTab(Tab):
    """Allocations, if there are any, above nodes; the cursor goes from one list to the other.

    Where there is little room, only the list with the cursor is in sight.
    """

    DEFAULT_CSS = """
    NodesTab AllocationsList { height: 2fr; display: none; }
    NodesTab NodesList { height: 3fr; }
    """
    title = NODES.name
    scopes = ListPane.scopes
    hint_groups = ("Job", "Lists", "View")
    hints_left_out = frozenset({"job.why", "job.cancel", "job.terminate", "job.retry"})

    def __init__(self, requests: Requests) -> None:
        super().__init__(requests)
        self.allocations = AllocationsList(requests, id="allocation-list")
        self.nodes = NodesList(requests, id="node-list")
        self._present: ListPane = self.nodes
        self._is_allocated = False

    def compose(self) -> ComposeResult:
        """Lay out: allocations, nodes."""
        yield from self._sections

    @property
    def _sections(self) -> Iterable[ListPane]:
        return self.allocations, self.nodes

    def open(self, workflow: Workflow | None) -> None:
        """Forget the rows of the last workflow."""
        super().open(workflow)
        for section in self._sections:
            section.open(workflow)
        self._present = self.nodes

    def refresh_content(self) -> None:
        """Ask again for the rows in sight."""
        for section in self._sections:
            section.refresh_content()

    def show_queue(self, look: QueueLook | None) -> None:
        """Hand on what Slurm says of the allocations."""
        super().show_queue(look)
        for section in self._sections:
            section.show_queue(look)

    def limits(self) -> list[Cell]:
        """Return those of the list that has the cursor, and what is out of sight beside it."""
        return [*self._present.limits(), *self._out_of_sight()]

    def _out_of_sight(self) -> list[Cell]:
        if not self._shows_one_list:
            return []
        is_above = self._present is self.nodes
        other = self.allocations if is_above else self.nodes
        text = counted(other.table.total, "allocation" if is_above else "node")
        return [Cell(f"  {'↑' if is_above else '↓'} {text}", QUIET)]

    def clear_limits(self) -> bool:
        """Remove filters of the list that has the cursor."""
        return self._present.clear_limits()

    def focus_content(self) -> None:
        """Give the focus to the list that had it."""
        self._present.focus_content()

    def on_descendant_focus(self) -> None:
        """Remember which list has the focus."""
        self._present = self.allocations if self.allocations.has_focus_within else self.nodes
        self.post_message(LimitsChanged())

    @on(LimitsChanged)
    def _fit(self) -> None:
        """Show allocations if there are any, and let the cursor be where there are rows."""
        table = self.allocations.table
        is_filtered = table.query_state.filters != self.allocations.listing.order.filters
        self._is_allocated = bool(table.total) or is_filtered
        self._show_sections()
        if self.nodes.table.window.total == 0 and table.total and self._present is self.nodes:
            self._go_to(self.allocations)

    @on(RowTable.EdgeReached)
    def _cross(self, reached: RowTable.EdgeReached) -> None:
        """Go on in the other list."""
        down = reached.table is self.allocations.table
        target = self.nodes if down else self.allocations
        if (reached.step > 0) is down and target.table.total:
            target.table.move_to(0 if down else target.table.total - 1)
            self._go_to(target)

    def _go_to(self, section: ListPane) -> None:
        had_focus = self.has_focus_within
        self._present = section
        section.display = True  # what is out of sight gets no focus
        if had_focus:
            section.focus_content()
        self._show_sections()

    @property
    def _shows_one_list(self) -> bool:
        return self._is_allocated and self.screen.has_class("-low")

    def _show_sections(self) -> None:
        is_alone = self._shows_one_list
        self.allocations.display = self._is_allocated and not (
            is_alone and self._present is self.nodes
        )
        self.nodes.display = not (is_alone and self._present is self.allocations)

    def on_resize(self) -> None:
        """Show one list, or both."""
        self._show_sections()
