"""What events are called, and what is said of them."""

from __future__ import annotations

import msgspec
import pytest

from torc_core.model.events.event import Event, EventType, Severity, StreamedEvent
from torc_core.model.events.jobs import (
    JOB_OUTCOMES,
    JobCanceled,
    JobFailed,
)
from torc_core.model.events.text import describe, event_type_of
from torc_core.model.events.types import (
    EVENT_RECORDS,
    EVENT_SEVERITY,
    WorkflowArchived,
)
from torc_core.model.status import REPORTABLE, JobStatus

FAILED = JobFailed(
    job_id=3, job_name="fit", status=JobStatus.FAILED, return_code=2, compute_node_id=1, run_id=1
)


def stored(data):
    return Event(id=1, workflow_id=1, timestamp=0, data=data)


def listed(record):
    """Return an event as lists have it: with the type and the severity in its data."""
    extra = {"event_type": record.event_type, "severity": record.severity}
    return stored(extra | msgspec.to_builtins(record))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"type": "mine", "event_type": "e", "category": "c"}, "mine"),
        ({"event_type": "job_failed", "category": "user_action"}, "job_failed"),
        ({"category": "workflow_canceled"}, "workflow_canceled"),
        ({"type": "", "category": "c"}, "c"),
        ({}, "user_event"),
        (["no", "object"], "user_event"),
        (None, "user_event"),
    ],
)
def test_the_type_of_a_stored_event_stands_in_its_data(data, expected):
    assert event_type_of(stored(data)) == expected


def test_a_streamed_event_has_its_type_in_a_field_of_its_own():
    streamed = StreamedEvent(
        workflow_id=1,
        timestamp=0,
        event_type="job_failed",
        severity=Severity.ERROR,
        data=msgspec.to_builtins(FAILED),
    )
    assert event_type_of(streamed) == "job_failed"
    assert describe(streamed) == "Job fit (3) failed with exit code 2."


def test_every_type_has_a_record_a_severity_and_a_sentence():
    assert {record.event_type for record in EVENT_RECORDS} == set(EventType)
    assert set(EVENT_SEVERITY) == set(EventType)
    for record in EVENT_RECORDS:
        severities = {r.severity for r in EVENT_RECORDS if r.event_type == record.event_type}
        assert severities == {EVENT_SEVERITY[record.event_type]}
        assert record.__doc__
        values = {field: f"<{field}>" for field in record.__struct_fields__}
        assert "{" not in str(record(**values))


def test_every_status_that_may_be_reported_has_its_event():
    assert JOB_OUTCOMES.keys() == REPORTABLE
    for status, record in JOB_OUTCOMES.items():
        assert record.event_type == f"job_{status.value}"


def test_records_of_one_type_are_known_by_their_action():
    assert describe(listed(WorkflowArchived(is_archived=True))) == "The workflow was archived."
    assert describe(listed(WorkflowArchived(is_archived=False))) == "The workflow was unarchived."


def test_what_is_not_known_is_left_out():
    canceled = JobCanceled(job_id=3, job_name="fit", status=JobStatus.CANCELED, run_id=0)
    assert msgspec.to_builtins(canceled) == {
        "job_id": 3,
        "job_name": "fit",
        "status": "canceled",
        "run_id": 0,
    }


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"type": "note", "text": "a", "done": True, "late": False, "by": None}, "text=a  done"),
        ({"type": "job_failed", "job_id": "not a number"}, "job_id=not a number"),
        ({"type": "note", "action": ["unhashable"]}, "action=['unhashable']"),
        ([1, "ä"], '[1, "ä"]'),
    ],
)
def test_events_of_clients_are_shown_as_their_data(data, expected):
    assert describe(stored(data)) == expected
