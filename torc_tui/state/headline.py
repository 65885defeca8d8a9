"""The first line of the screen: where the user is, and the state of the server."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from rich.cells import cell_len

from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_tui.lists.job_counts import percent, state_of
from torc_tui.lists.listing import Listing, Query
from torc_tui.state.column_widths import fill
from torc_tui.state.progress import bar, tally
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, WORKFLOW_LOOK, Cell

_WIDE = 100
"""From so many cells on there is room for everything in the first line."""
_BAR = 40
"""The most cells of a progress bar."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """The connection to the server."""

    url: str | None = None
    is_up: bool | None = None
    """None before the first answer."""
    user: str | None = None
    """Whose workflows are listed; None for all users."""
    auto_s: int = 0
    """Seconds between refreshes without news; 0 for none."""
    queue: Cell | None = None
    """How current is what Slurm has said; None where it is not asked."""


def breadcrumb(
    workflow: Workflow | None, status: WorkflowStatus | None, tab: str | None, limits: str = ""
) -> list[str]:
    """Return where the user is, part by part; `limits` are those of the list of workflows."""
    if workflow is None or tab is None:
        return ["torc", "Workflows", *([limits] if limits else [])]
    run = [f"run {status.run_id}"] if status and status.run_id else []
    return ["torc", f"{clean(workflow.name)} #{workflow.id}", *run, tab]


def headline(parts: list[str], server: ServerState, width: int) -> list[Cell]:
    """Return the first line: the location at the left, the server at the right."""
    host = clean(urlsplit(server.url or "").netloc.rpartition("@")[2]) or "server"
    state = {
        None: Cell(f"○ {host}", QUIET),
        True: Cell(f"● {host}", "green"),
        False: Cell(f"✗ no answer from {host}, retrying", "bold red"),
    }[server.is_up]
    auto = f"auto {server.auto_s} s" if server.auto_s else "auto off"
    user = clean(server.user) if server.user else "all users"
    if server.queue is None:
        rest = [Cell(f"  {user}  {auto} ", QUIET)]
    elif width < _WIDE:
        rest = [Cell(f"  {user}  ", QUIET), server.queue, Cell(" ")]
    else:
        rest = [Cell("  "), server.queue, Cell(f"  {user}  {auto} ", QUIET)]
    place = " " + " ▸ ".join(parts)
    room = width - sum(cell_len(cell.text) for cell in (state, *rest))
    return [Cell(fill(place, max(10, room - 1)) + " ", "bold"), state, *rest]


def progress_line(
    workflow: Workflow, status: WorkflowStatus | None, width: int
) -> tuple[list[Cell], list[Cell]]:
    """Return two lines: state, bar and percent; and the counts of each status."""
    counts = _counts(workflow, status)
    is_canceled = bool(status and status.is_canceled)
    state = state_of(counts, is_canceled=is_canceled)
    look = WORKFLOW_LOOK[state]
    total = sum(counts.values())
    is_archived = status.is_archived if status else workflow.is_archived
    note = ", archived" if is_archived else ""
    head = Cell(f" {look.glyph} {state}{note} ", f"bold {look.tone}")
    tail = Cell(f"] {percent(counts):>3}% of {total:,} jobs")
    room = max(10, min(_BAR, width - cell_len(head.text) - cell_len(tail.text) - 2))
    return [head, Cell("["), *bar(counts, room), tail], [Cell(" "), *tally(counts)]


def tabs_line(names: list[str], chosen: int) -> list[Cell]:
    """Return the names of the tabs, the chosen one in brackets."""
    return [
        Cell(f" [{name}]" if at == chosen else f"  {name} ", "bold" if at == chosen else QUIET)
        for at, name in enumerate(names)
    ]


def limits_of(listing: Listing, query: Query) -> str:
    """Return the filters of a list, except its default ones."""
    present, usual = query.filters, listing.order.filters
    return "  ".join(
        f"{each.title.partition(' (')[0].lower()}: {clean(present.get(each.name, 'all'))}"
        for each in listing.filters
        if present.get(each.name) != usual.get(each.name)
    )


def list_line(listing: Listing, query: Query, total: int | None, marks: int) -> list[Cell]:
    """Return the filters of a list, its number of rows and of marks."""
    filters = limits_of(listing, query)
    cells = [Cell(f"  {filters} ", "yellow")] if filters else []
    if total is not None:
        rows = listing.name.lower() if total != 1 else listing.name.lower().removesuffix("s")
        cells.append(Cell(f"  {total:,} {rows}", QUIET))
    if marks:
        cells.append(Cell(f"  {marks:,} marked", "bold"))
    return cells


def _counts(workflow: Workflow, status: WorkflowStatus | None) -> dict[str, int]:
    counts = status and status.jobs_by_status
    return {
        name: number for name, number in (counts or workflow.job_counts or {}).items() if number
    }
