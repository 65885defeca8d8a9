"""What the interface says of Slurm's queue."""

from __future__ import annotations

import msgspec
import pytest

from torc_core.errors import MachineError, UnreachableError
from torc_core.hpc.slurm.programs.poller import AllocationView, PollStatus
from torc_core.hpc.slurm.programs.states import Phase
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.operations.slurm.queue_watch import QueueLook
from torc_tui.lists.resources.watched_allocations import (
    WATCHED_ALLOCATIONS,
    WatchedAllocation,
    current_view,
)
from torc_tui.state.head.headline import ServerState, headline
from torc_tui.state.head.queue import queue_cell, queue_facts
from torc_tui.state.texts.layout import facts_text
from torc_tui.theme import QUIET, Cell

NOW = 1_772_362_800.0
PENDING = AllocationView(id=8812, state="PENDING", phase=Phase.PENDING, reason="Priority")


def look(*views, **fields):
    stated = {
        "age_s": 22.4,
        "next_look_s": 0.0,
        "used": 3,
        "calls_per_minute": 12,
        "error": None,
    }
    return QueueLook(
        views={view.id: view for view in views}, status=PollStatus(**(stated | fields))
    )


@pytest.mark.parametrize(
    ("fields", "text", "tone"),
    [
        ({}, "slurm 22s · 3/12", QUIET),
        ({"age_s": 0.4}, "slurm 0s · 3/12", QUIET),
        ({"age_s": 125}, "slurm 2m 05s · 3/12", QUIET),
        ({"age_s": None}, "slurm … · 3/12", QUIET),
        (
            {"error": UnreachableError("down"), "next_look_s": 35.2},
            "✗ slurm: no answer, again in 35s",
            "bold red",
        ),
        ({"error": UnreachableError("down")}, "✗ slurm: no answer, asking again", "bold red"),
        ({"error": MachineError("no munge")}, "slurm: not usable here", QUIET),
    ],
)
def test_age_and_budget_are_said_while_allocations_are_watched(fields, text, tone):
    assert queue_cell(look(PENDING, **fields)) == Cell(text, tone)


def test_nothing_is_said_where_there_is_nothing_to_ask():
    over = AllocationView(id=1, state="COMPLETED", phase=Phase.ENDED)
    assert queue_cell(None) is None
    assert queue_cell(look(over)) is None


@pytest.mark.parametrize(
    ("width", "end"),
    [
        (80, "● n1:80  ann  slurm 22s · 3/12 "),
        (120, "● n1:80  slurm 22s · 3/12  ann  auto 5s "),
    ],
)
def test_the_first_line_has_room_for_it(width, end):
    server = ServerState("http://n1:80", True, "ann", 5, queue_cell(look(PENDING)))
    line = "".join(cell.text for cell in headline(["torc", "Workflows"], server, width))
    assert line == " torc ▸ Workflows".ljust(width - len(end)) + end


@pytest.mark.parametrize("status", [JobStatus.READY, JobStatus.BLOCKED])
def test_a_job_that_waits_says_for_which_allocations(status):
    job = Job(workflow_id=1, name="fit", command="true", status=status)
    assert queue_facts(job, look(PENDING), NOW) == [
        ("Slurm", "allocation 8812 pending: Priority", "cyan")
    ]


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        (JobStatus.RUNNING, look(PENDING)),
        (JobStatus.COMPLETED, look(PENDING)),
        (JobStatus.READY, None),
        (JobStatus.READY, look(AllocationView(id=1, state="RUNNING", phase=Phase.RUNNING))),
    ],
)
def test_other_jobs_say_nothing_of_it(status, seen):
    job = Job(workflow_id=1, name="fit", command="true", status=status)
    assert queue_facts(job, seen, NOW) == []


def test_what_slurm_says_commands_nothing():
    hostile = AllocationView(
        id=1,
        state="NEW\x1b[2J",
        reason="\x1b]0;x\x07why",
        nodes="n\x9b1",
        expected_start=1e18,
    )
    row = WATCHED_ALLOCATIONS.row(
        WatchedAllocation(record=_record(), scheduler="\x1b[31m", view=hostile, now=NOW)
    )
    job = Job(workflow_id=1, name="fit", command="true", status=JobStatus.READY)
    pending = AllocationView(id=2, state="PENDING", phase=Phase.PENDING, reason="a\x1b[2J\x9bb")
    facts = facts_text(queue_facts(job, look(pending), NOW), 60)
    shown = [cell.text for cell in (*row.cells, *(cell for line in facts for cell in line))]
    assert not any(character in text for text in shown for character in "\x1b\x07\x9b")
    assert any("why" in text for text in shown)


@pytest.mark.parametrize(
    ("view", "text", "tone"),
    [
        (None, "", QUIET),
        (AllocationView(id=1), "", QUIET),
        (AllocationView(id=1, phase=Phase.GONE), "gone", QUIET),
        (PENDING, "PENDING", "blue"),
        (AllocationView(id=1, state="RUNNING", phase=Phase.RUNNING), "RUNNING", "yellow"),
        (AllocationView(id=1, state="COMPLETED", phase=Phase.ENDED, exit_code=0), "COMPLETED", ""),
        (AllocationView(id=1, state="TIMEOUT", phase=Phase.ENDED), "TIMEOUT", "red"),
        (AllocationView(id=1, state="FAILED", phase=Phase.ENDED, exit_code=3), "FAILED", "red"),
        (AllocationView(id=1, state="BRAND_NEW", phase=None), "BRAND_NEW", ""),
    ],
)
def test_an_end_that_is_none_of_the_script_stands_out(view, text, tone):
    item = WatchedAllocation(record=_record(), scheduler="small", view=view, now=NOW)
    assert WATCHED_ALLOCATIONS.row(item).cells[3] == Cell(text, tone)


def test_what_slurm_said_before_an_allocation_was_complete_is_not_shown():
    over = AllocationView(id=1, state="CANCELLED", phase=Phase.ENDED)
    complete = msgspec.structs.replace(_record(), status="complete")
    assert current_view(_record(), PENDING) is PENDING
    assert current_view(complete, PENDING) is None
    assert current_view(complete, over) is over


def test_an_allocation_of_another_cluster_does_not_show_a_job_with_its_number():
    there = msgspec.structs.replace(_record(), slurm_cluster="there")

    assert current_view(there, PENDING, "here") is None
    assert current_view(there, PENDING, "there") is PENDING


def _record():
    return ScheduledComputeNode(
        id=3,
        workflow_id=1,
        scheduler_id=9001,
        scheduler_config_id=1,
        scheduler_type="slurm",
        status="active",
    )
