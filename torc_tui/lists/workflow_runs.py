"""The list of the runs of a workflow: each start and resume, and how it ended."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from torc_core.model.records.workflow_run import RunStatus, WorkflowRun
from torc_tui.lists.cells import ID, item_id, moment_cell
from torc_tui.lists.listing import Column, Listing, Query
from torc_tui.terminal import clean
from torc_tui.theme import QUIET, Cell

_LOOKS = {
    RunStatus.RESUMING: ("◌", "blue"),
    RunStatus.PENDING: ("◌", "blue"),
    RunStatus.RUNNING: ("▶", "yellow"),
    RunStatus.STALLED: ("?", "magenta"),
    RunStatus.COMPLETED: ("✓", "green"),
    RunStatus.FAILED: ("✗", "red"),
    RunStatus.LOST: ("✗", "red"),
}


def _status_cell(run: WorkflowRun) -> Cell:
    glyph, tone = next((look for name, look in _LOOKS.items() if name == run.status), ("-", QUIET))
    return Cell(f"{glyph} {clean(run.status)}", tone)


def _of_process(name: str) -> Any:
    return lambda run: None if run.process is None else getattr(run.process, name)


_RUN = Column("Run", attrgetter("run_id"), sort_by="run_id", is_number=True)
_KIND = Column("Kind", lambda run: run.kind.replace("_", " "), sort_by="kind", min_width=11)
_STATUS = Column("Status", attrgetter("status"), _status_cell, sort_by="status", min_width=13)
_USER = Column("User", attrgetter("user"), sort_by="user", rank=2)
_HOST = Column("Host", _of_process("host"), sort_by="host", shrink_to=10, max_width=30, rank=1)
_PID = Column("PID", _of_process("pid"), sort_by="pid", is_number=True, rank=3)
_NODE = Column("Node", attrgetter("compute_node_id"), sort_by="compute_node_id", is_number=True)
_CREATED = Column(
    "Started",
    attrgetter("created_at"),
    moment_cell("created_at"),
    sort_by="created_at",
    min_width=14,
)
_HEARTBEAT = Column("Heartbeat", attrgetter("heartbeat_at"), moment_cell("heartbeat_at"), rank=4)
_ENDED = Column(
    "Ended", attrgetter("ended_at"), moment_cell("ended_at"), sort_by="ended_at", rank=1
)
_CODE = Column("Code", attrgetter("exit_code"), sort_by="exit_code", is_number=True)
_REASON = Column("Reason", attrgetter("reason"), max_width=60, rank=5)

WORKFLOW_RUNS = Listing(
    name="Runs",
    columns=(ID, _RUN, _KIND, _STATUS, _USER, _HOST, _PID, _CREATED, _ENDED, _CODE, _REASON),
    printed=(
        *(ID, _RUN, _KIND, _STATUS, _USER, _HOST, _PID, _NODE, _CREATED, _HEARTBEAT),
        *(_ENDED, _CODE, _REASON),
    ),
    page=lambda client, workflow_id, **query: client.list_workflow_runs(workflow_id, **query),
    key=item_id,
    order=Query(sort_by="created_at", reverse=True),
)
