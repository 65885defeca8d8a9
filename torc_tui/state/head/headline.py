"""The first line of the screen: where the user is, and the state of the server."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rich.cells import cell_len

from torc_core.model.workflow import Workflow, WorkflowStatus
from torc_core.operations.facts import percent_completed
from torc_core.units import counted
from torc_tui.keys.in_words import key_of, keyed
from torc_tui.lists.job_counts import state_of
from torc_tui.lists.listing import Listing, Query
from torc_tui.state.column_widths import fill
from torc_tui.state.head.progress import bar, tally
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, WORKFLOW_LOOK, Cell

_LIST = "Workflows"
_WIDE = 100
"""From so many cells on there is room for everything in the first line."""
_LEAST_BAR, _BAR = 10, 40
"""The fewest and the most cells of a progress bar."""
_RUN = {"workflow.run": "run"}
_NEXT = {
    "new": _RUN,
    "reset": _RUN,
    "ready": _RUN,
    "failed": {
        "workflow.failures": "failures",
        "workflow.plan_recovery": "plan",
        "workflow.recover": "recover",
    },
}
"""What comes next for a workflow in a state: what keys do, by id of the action."""


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
    watch: Cell | None = None
    """What the watches of this interface do."""
    zone: str = ""
    """The zone of all times that are shown."""
    name: str = ""
    """What it is called, if that is not its host and port."""
    is_late: bool = False
    """An answer takes long, and there is no other meanwhile."""
    is_stopped: bool = False
    """The user has stopped it."""
    line: str = ""
    """That the line to the terminal is spared, if it is."""
    health: Cell | None = None
    """What is wrong with it, if anything is."""
    is_read_only: bool = False
    """Keys that change something are refused, or ask before."""


def breadcrumb(
    workflow: Workflow | None, status: WorkflowStatus | None, tab: str | None, limits: str = ""
) -> list[str]:
    """Return where the user is, part by part; `limits` are those of the list of workflows."""
    if workflow is None or tab is None:
        return ["torc", _LIST, *([limits] if limits else [])]
    run = [f"run {status.run_id}"] if status and status.run_id else []
    return ["torc", f"{clean(workflow.name)} #{workflow.id}", *run, tab]


def headline(parts: list[str], server: ServerState, width: int) -> list[Cell]:
    """Return the first line: the location at the left, the server at the right."""
    host = clean(server.name or urlsplit(server.url or "").netloc.rpartition("@")[2]) or "server"
    late = Cell(f"○ waiting for {host}", "yellow")
    state = {
        None: late if server.is_late else Cell(f"○ {host}", QUIET),
        True: late if server.is_late else Cell(f"● {host}", "green"),
        False: Cell(f"✗ no answer from {host}, retrying", "bold red"),
    }[server.is_up]
    if server.is_stopped:
        state = Cell(keyed("○ server stopped, {server.start} starts it"), "yellow")
    auto = f"auto {server.auto_s}s" if server.auto_s else "auto off"
    user = clean(server.user) if server.user else "all users"
    line = Cell(server.line, "yellow") if server.line else None
    news = (server.health, line, server.watch, server.queue)
    rest = [part for cell in news if cell for part in (Cell("  "), cell)]
    if not rest or width >= _WIDE:
        zone = f"  {server.zone}" if server.zone else ""
        rest.append(Cell(f"  {user}  {auto}{zone} ", QUIET))
    elif server.watch is None:
        rest = [Cell(f"  {user}", QUIET), *rest, Cell(" ")]
    else:
        rest.append(Cell(" "))
    if server.is_read_only:
        rest.insert(0, Cell("  read-only", "yellow"))
    room = width - _length(state, *rest)
    place = _place(parts, room - 1)
    return [Cell(fill(place, max(10, room - 1)) + " ", "bold"), state, *rest]


def _place(parts: Sequence[str], room: int) -> str:
    """Return the parts of a place for which there is room; what the tabs say goes first."""
    several = [parts, parts[1:]]
    if parts[1:2] != [_LIST]:
        several += [parts[1:3], parts[1:2]]
    places = [" " + " ▸ ".join(each) for each in several if each]
    return next((each for each in places if cell_len(each) <= room), places[-1])


def progress_line(
    workflow: Workflow, status: WorkflowStatus | None, width: int, left: str = ""
) -> tuple[list[Cell], list[Cell]]:
    """Return two lines: state, bar, percent and time left; and the counts of each status.

    Where there is little room, the number of jobs is only in the counts. Not all servers count the
    jobs of the workflows that they list: of those nothing is said before there is a status.
    """
    known = workflow.job_counts
    if status is not None and status.jobs_by_status:
        known = status.jobs_by_status
    if known is None and status is None:
        return [Cell(" …", QUIET)], []
    counts = {name: number for name, number in (known or {}).items() if number}
    is_canceled = bool(status and status.is_canceled)
    state = state_of(counts, is_canceled=is_canceled)
    look = WORKFLOW_LOOK[state]
    total = sum(counts.values())
    is_archived = status.is_archived if status else workflow.is_archived
    note = ", archived" if is_archived else ""
    head = Cell(f" {look.glyph} {state}{note} ", f"bold {look.tone}")
    tail = Cell(f"] {percent_completed(counts):>3}%")
    jobs = [Cell(f" of {counted(total, 'job')}")]
    time_left = [Cell(f"  {left}", "bold")] if left and state == "running" else []
    keys = [] if is_archived else _keys(_NEXT.get(state, {}))
    said = _length(head, tail, *time_left, *keys) + 2
    if said + _length(*jobs) + _LEAST_BAR > width:
        jobs = []
    room = max(_LEAST_BAR, min(_BAR, width - said - _length(*jobs)))
    return [head, Cell("["), *bar(counts, room), tail, *jobs, *time_left, *keys], [
        Cell(" "),
        *tally(counts, width - 1),
    ]


def _keys(actions: Mapping[str, str]) -> list[Cell]:
    cells = [Cell(" ")] if actions else []
    for action_id, text in actions.items():
        cells += [Cell(f"  {key_of(action_id)}", "bold"), Cell(f" {text}", QUIET)]
    return cells


def _length(*cells: Cell) -> int:
    return sum(cell_len(cell.text) for cell in cells)


def tabs_line(names: Sequence[str], chosen: int, width: int) -> list[Cell]:
    """Return names, the chosen one in brackets; closer if they do not fit.

    If that is not enough, those are left out that are farthest from the chosen one: their cells
    are empty, but for a sign beside the last that is shown.
    """
    gap = " " if sum(len(name) + 3 for name in names) <= width else ""
    shown = _names_shown(names, chosen, width)
    cells = []
    for at, name in enumerate(names):
        if at == chosen:
            cells.append(Cell(f"{gap}[{name}]", "bold"))
        elif at in shown:
            cells.append(Cell(f"{gap} {name}{gap}", QUIET))
        else:
            cells.append(Cell(_LEFT_OUT if at + 1 in shown or at - 1 in shown else "", QUIET))
    return cells


_LEFT_OUT = " …"


def _names_shown(names: Sequence[str], chosen: int, width: int) -> range:
    """Return the indexes of the names that fit, close to each other."""
    first, last = 0, len(names) - 1

    def needed() -> int:
        left_out = (first > 0) + (last < len(names) - 1)
        shown = sum(len(name) + 1 for name in names[first : last + 1])
        return shown + 1 + left_out * len(_LEFT_OUT)

    while first < last and needed() > width:
        if last - chosen >= chosen - first:
            last -= 1
        else:
            first += 1
    return range(first, last + 1)


def limits_of(listing: Listing, query: Query) -> str:
    """Return the filters of a list, except its default ones."""
    present, usual = query.filters, listing.order.filters
    return "  ".join(
        f"{each.title.partition(' (')[0].lower()}"
        f"{' =' if each.name in query.whole else ':'} {clean(present.get(each.name, 'all'))}"
        for each in listing.filters
        if present.get(each.name) != usual.get(each.name)
    )


def unseen_order(listing: Listing, query: Query, titles: Collection[str]) -> list[Cell]:
    """Return by what rows are sorted, where no title of a column says it, and it is not usual."""
    if (query.sort_by, query.reverse) == (listing.order.sort_by, listing.order.reverse):
        return []
    sorted_by = [each.title for each in listing.choosable if each.sort_by == query.sort_by]
    if not query.sort_by or not sorted_by or sorted_by[0] in titles:
        return []
    return [Cell(f"  by {sorted_by[0]}{'▼' if query.reverse else '▲'} ", QUIET)]


def list_line(listing: Listing, query: Query, total: int | None, marks: int) -> list[Cell]:
    """Return the marks of a list, which must be seen, its filters and its number of rows."""
    filters = limits_of(listing, query)
    cells = [Cell(f"  {marks:,} marked ", "bold")] if marks else []
    if filters:
        cells.append(Cell(f"  {filters} ", "yellow"))
    if total is not None:
        rows = listing.name.lower() if total != 1 else listing.name.lower().removesuffix("s")
        cells.append(Cell(f"  {total:,} {rows}", QUIET))
    return cells
