"""What the lists show of an item, and what one may type to find it."""

from __future__ import annotations

import time

import pytest

from torc_core.model.events.event import Event
from torc_core.model.events.text import describe
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_tui.lists.data.dependencies import JOB_DEPENDENCIES, JOB_FILES, JOB_USER_DATA
from torc_tui.lists.data.files import FILES
from torc_tui.lists.data.user_data import USER_DATA
from torc_tui.lists.events import EVENTS
from torc_tui.lists.jobs import JOBS
from torc_tui.lists.listing import Query
from torc_tui.lists.resources.allocations import ALLOCATIONS
from torc_tui.lists.resources.failure_handlers import FAILURE_HANDLERS
from torc_tui.lists.resources.nodes import NODES
from torc_tui.lists.resources.requirements import REQUIREMENTS
from torc_tui.lists.resources.schedulers import LOCAL_SCHEDULERS, SLURM_SCHEDULERS
from torc_tui.lists.results import RESULTS
from torc_tui.lists.runs import RUNS
from torc_tui.lists.workflows import WORKFLOWS
from torc_tui.state.head.headline import list_line

YEAR = time.strftime("%Y")
"""Moments of another year are shown with it."""


def make_result(ended):
    return Result(
        job_id=1, workflow_id=1, run_id=1, attempt_id=1, compute_node_id=1, return_code=0,
        exec_time_minutes=1.0, completion_time=ended, status="completed",
    )  # fmt: skip


@pytest.mark.usefixtures("in_paris")
@pytest.mark.parametrize(
    ("ended", "shown"),
    [(f"{YEAR}-01-31T11:00:00.000Z", "01-31 12:00:00"), ("some\x1bday", "some␛day")],
)
def test_moments_are_shown_in_local_time(ended, shown):
    at = [column.title for column in RESULTS.columns].index("Ended")
    assert RESULTS.row(make_result(ended)).cells[at].text == shown


@pytest.mark.parametrize("status", JobStatus)
def test_a_status_is_found_by_its_name(status):
    parse = next(each.parse for each in JOBS.filters if each.name == "status")

    assert parse(str(status)) == status
    assert parse(str(status).upper()) == status


def test_one_row_is_not_several():
    assert [list_line(JOBS, Query(), total, 0)[0].text.strip() for total in (0, 1, 2000)] == [
        "0 jobs",
        "1 job",
        "2,000 jobs",
    ]


def test_an_event_is_told_in_a_sentence_and_one_of_a_client_by_its_data():
    ours = {"event_type": "job_failed", "job_id": 3, "job_name": "fit\x1b", "status": "failed"}
    ours |= {"return_code": 2, "run_id": 1}
    theirs = {"type": "checkpoint", "step": 4, "is_last": True, "is_dry": False, "x": None}
    texts = [
        [cell.text for cell in EVENTS.row(Event(workflow_id=1, timestamp=0, data=data)).cells[1:]]
        for data in (ours, theirs)
    ]

    assert texts == [
        ["job_failed", "Job fit␛ (3) failed with exit code 2."],
        ["checkpoint", "step=4  is_last"],
    ]


NODE = {"event_type": "job_started", "job_id": 3, "job_name": "fit", "run_id": 1}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (NODE | {"compute_node_id": 5}, "Job fit (3) started on node r12n03 (5)."),
        (NODE | {"compute_node_id": 6}, "Job fit (3) started on node 6."),
        (
            NODE | {"event_type": "job_adopted", "compute_node_id": 5, "previous_node_id": 7},
            "Job fit (3) continues on node r12n03 (5), which adopted it from node r12n04 (7).",
        ),
        (
            NODE | {"event_type": "job_adopted", "compute_node_id": 5, "previous_node_id": None},
            "Job fit (3) continues on node r12n03 (5), which adopted it.",
        ),
        (
            NODE | {"event_type": "job_adopted", "compute_node_id": 7, "previous_node_id": 7},
            "Job fit (3) continues on node r12n04 (7), whose runner is back.",
        ),
        ({"type": "mine", "compute_node_id": 5}, "compute_node_id=5"),
        (
            {"event_type": "compute_node_started", "compute_node_id": 5, "hostname": "r12n03"}
            | {"compute_node_type": "local", "run_id": 1},
            "Node 5 started on r12n03.",
        ),
    ],
)
def test_events_name_nodes_that_are_known(data, said):
    nodes = {5: "r12n03", 7: "r12n04"}

    assert describe(Event(workflow_id=1, timestamp=0, data=data), nodes) == said


LISTINGS = [
    *(WORKFLOWS, JOBS, FILES, EVENTS, RESULTS, NODES, USER_DATA, RUNS, REQUIREMENTS),
    *(FAILURE_HANDLERS, SLURM_SCHEDULERS, LOCAL_SCHEDULERS, ALLOCATIONS),
    *(JOB_DEPENDENCIES, JOB_FILES, JOB_USER_DATA),
]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda each: each.name)
def test_the_columns_of_commands_and_interface_are_the_same_declarations(listing):
    by_title = {column.title: column for column in listing.columns}

    for column in listing.printed_columns:
        assert by_title.get(column.title, column) is column
    headings = [column.printed_heading for column in listing.printed_columns]
    assert len(set(headings)) == len(headings)
    assert all(heading == heading.upper() for heading in headings)


def test_headings_of_the_commands_tables_stay():
    headings = {
        listing.name: " ".join(column.printed_heading for column in listing.printed_columns)
        for listing in LISTINGS
    }

    assert headings == {
        "Workflows": "ID NAME USER JOBS DONE FAILED CREATED DESCRIPTION",
        "Jobs": "ID NAME STATUS ATTEMPT COMMAND",
        "Files": "ID NAME MODIFIED PATH",
        "Events": "ID TIME TYPE DATA",
        "Results": "ID JOB RUN ATTEMPT STATUS CODE TIME PEAK MEM PEAK CPU ENDED",
        "Nodes": "ID HOST ACTIVE PID CPUS MEMORY GPUS TYPE STARTED",
        "User data": "ID NAME EPHEMERAL DATA",
        "Runs": "RUN WORKFLOW NAME STATE STARTED HOST PID SERVER DIRECTORY",
        "Resource requirements": "ID NAME CPUS GPUS NODES MEMORY RUNTIME",
        "Failure handlers": "ID NAME RULES",
        "Slurm schedulers": (
            "ID NAME ACCOUNT PARTITION NODES WALLTIME QOS MEMORY GRES TMP TASKS EXTRA"
        ),
        "Local schedulers": "ID NAME CPUS MEMORY",
        "Allocations": "ID TYPE JOB ID SCHEDULER STATUS",
        "Job dependencies": "JOB ID JOB DEPENDS ON ID DEPENDS ON",
        "Job files": "FILE ID FILE PRODUCER ID PRODUCER CONSUMER ID CONSUMER PATH",
        "Job user data": "USER DATA ID USER DATA PRODUCER ID PRODUCER CONSUMER ID CONSUMER",
    }
