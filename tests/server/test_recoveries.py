"""Records of recoveries: of two at once one begins; a silent holder is followed."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from msgspec.structs import replace

from torc_core.errors import ConflictError, NotFoundError, UsageError
from torc_core.model.records.recovery import (
    HOLD_S,
    MAX_PLAN_BYTES,
    Recovery,
    RecoveryKind,
    RecoveryOutcome,
    RecoveryPatch,
)
from torc_core.model.workflow import RECOVERIES, Workflow

PLAN = {"groups": [{"cause": "memory", "jobs": [1, 2], "memory": ["1g", "2g"]}]}


@pytest.fixture
def workflow(client):
    return client.create_workflow(Workflow(name="w", user="u"))


@pytest.fixture
def asked(workflow):
    return Recovery(
        workflow_id=workflow.id,
        kind=RecoveryKind.RECOVER,
        run_id=0,
        number=1,
        plan=PLAN,
        holder="ann:1",
    )


def events(client, workflow_id):
    found = client.list_events(workflow_id).items
    return [(event.data["event_type"], event.data.get("step")) for event in found]


def step(holder, name):
    return RecoveryPatch(holder=holder, step=name)


def end(holder, outcome=RecoveryOutcome.DONE, message=None):
    return RecoveryPatch(holder=holder, outcome=outcome, message=message)


def fall_silent(server, recovery):
    """Let the time of a recovery's holder pass."""
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute(
            "UPDATE recovery SET held_until = held_until - ? WHERE id = ?",
            (HOLD_S * 1000 + 1, recovery.id),
        )


def test_a_recovery_is_told_from_its_beginning_to_its_end(client, asked):
    made = client.create_recovery(asked)
    assert RECOVERIES in client.get_version().capabilities
    assert (made.plan, made.holder, made.step, made.outcome) == (PLAN, "ann:1", None, None)
    assert made.is_held
    assert made.started_at < made.held_until

    adjusted = client.update_recovery(made.id, step("ann:1", "adjust"))
    assert client.update_recovery(made.id, step("ann:1", "adjust")).step == "adjust"
    ended = client.update_recovery(made.id, end("ann:1", message="2 jobs run again"))

    assert adjusted.held_until >= made.held_until
    assert (ended.step, ended.outcome, ended.message) == ("adjust", "done", "2 jobs run again")
    assert not ended.is_held
    assert client.update_recovery(made.id, end("ann:1")) == ended
    assert client.list_recoveries(asked.workflow_id).items == [ended]
    assert events(client, asked.workflow_id) == [
        ("recovery_started", None),
        ("recovery_step", "adjust"),
        ("recovery_ended", None),
    ]


def test_of_many_that_begin_at_once_one_does(server, asked):
    def begin(holder):
        with closing(server.client()) as own:
            try:
                return own.create_recovery(replace(asked, holder=holder))
            except ConflictError as error:
                return error

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(begin, [f"watcher {number}" for number in range(8)]))

    [begun] = [each for each in found if isinstance(each, Recovery)]
    assert all(error.details["recovery_id"] == begun.id for error in found if error is not begun)


def test_a_request_that_got_no_reply_can_be_repeated(client, asked):
    made = client.create_recovery(asked)
    assert client.create_recovery(asked) == made
    assert events(client, asked.workflow_id) == [("recovery_started", None)]
    client.update_recovery(made.id, end("ann:1"))
    with pytest.raises(ConflictError, match="has had a recovery 1 of the kind recover already"):
        client.create_recovery(asked)


def test_a_workflow_has_one_unfinished_recovery_whatever_its_kind(client, asked):
    made = client.create_recovery(asked)
    schedule = replace(asked, kind=RecoveryKind.SCHEDULE, holder="bob:2")
    with pytest.raises(ConflictError, match="being recovered already"):
        client.create_recovery(schedule)
    client.update_recovery(made.id, end("ann:1", RecoveryOutcome.FAILED, "no such partition"))
    client.create_recovery(schedule)
    kinds = [found.kind for found in client.list_recoveries(asked.workflow_id).items]
    assert kinds == ["schedule", "recover"]


def test_only_a_silent_holder_is_followed_by_another(server, client, asked):
    made = client.create_recovery(asked)
    client.update_recovery(made.id, step("ann:1", "reset"))
    with pytest.raises(ConflictError, match="held by 'ann:1' until"):
        client.hold_recovery(made.id, "bob:2")
    assert client.hold_recovery(made.id, "ann:1").step == "reset"

    fall_silent(server, made)
    assert not client.list_recoveries(asked.workflow_id).items[0].is_held
    taken = client.hold_recovery(made.id, "bob:2")

    assert (taken.holder, taken.step, taken.is_held) == ("bob:2", "reset", True)
    assert taken.plan == PLAN
    for refused in (step("ann:1", "submit"), end("ann:1")):
        with pytest.raises(ConflictError, match="'ann:1' does not hold"):
            client.update_recovery(made.id, refused)
    client.update_recovery(made.id, end("bob:2"))
    with pytest.raises(ConflictError, match="ended at"):
        client.hold_recovery(made.id, "bob:2")
    with pytest.raises(ConflictError, match="ended at"):
        client.update_recovery(made.id, step("bob:2", "submit"))
    told = client.list_events(asked.workflow_id, category="recovery_taken_over").items
    assert [(event.data["previous_holder"], event.data["holder"]) for event in told] == [
        ("ann:1", "bob:2")
    ]


def test_a_holder_without_a_follower_may_go_on_after_its_silence(server, client, asked):
    made = client.create_recovery(asked)
    fall_silent(server, made)
    assert client.update_recovery(made.id, step("ann:1", "reset")).is_held


def test_a_workflow_at_another_run_or_in_the_archive_is_refused(client, asked):
    with pytest.raises(ConflictError, match="is at run 0, not at run 3"):
        client.create_recovery(replace(asked, run_id=3))
    made = client.create_recovery(asked)
    client.archive_workflow(asked.workflow_id, is_archived=True)
    with pytest.raises(ConflictError, match="archived"):
        client.hold_recovery(made.id, "ann:1")
    assert client.update_recovery(made.id, end("ann:1", RecoveryOutcome.ABANDONED)).ended_at
    with pytest.raises(ConflictError, match="archived"):
        client.create_recovery(replace(asked, number=2))


def test_bad_input_is_named_and_changes_nothing(client, asked):
    for bad, word in (
        (replace(asked, number=0), "numbered from 1"),
        (replace(asked, holder=" "), "holder is empty"),
        (replace(asked, plan="x" * MAX_PLAN_BYTES), "at most"),
    ):
        with pytest.raises(UsageError, match=word):
            client.create_recovery(bad)
    with pytest.raises(NotFoundError):
        client.create_recovery(replace(asked, workflow_id=10**9))
    with pytest.raises(NotFoundError):
        client.update_recovery(10**9, end("ann:1"))
    with pytest.raises(NotFoundError):
        client.hold_recovery(10**9, "ann:1")
    with pytest.raises(NotFoundError):
        client.list_recoveries(10**9)
    assert client.list_recoveries(asked.workflow_id).items == []
    client.create_recovery(replace(asked, plan="x" * (MAX_PLAN_BYTES - 2)))


def test_a_recovery_outlives_the_server_and_goes_with_its_workflow(make_server, asked):
    server = make_server()
    with closing(server.client()) as client:
        number = client.create_workflow(Workflow(name="w", user="u")).id
        made = client.create_recovery(replace(asked, workflow_id=number))
    server.kill()
    server.start()
    with closing(server.client()) as client:
        assert client.list_recoveries(number).items == [made]
        client.delete_workflow(number)
    with closing(sqlite3.connect(server.database)) as database:
        assert database.execute("SELECT count(*) FROM recovery").fetchone() == (0,)
