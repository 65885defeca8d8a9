"""Holding a recovery: one process at a time, from its begin to its end, or to its death."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from operations.older_server import OlderServer
from waiting import wait_for

from torc_core.errors import ConflictError, UnreachableError, UsageError
from torc_core.model.records.recovery import HOLD_S, Recovery, RecoveryKind, RecoveryOutcome
from torc_core.model.workflow import Workflow
from torc_core.operations.recovery.record import (
    SETTLE_S,
    Held,
    begin_recovery,
    find_unfinished,
    next_number,
    read_recoveries,
    take_over,
)

RECOVER = RecoveryKind.RECOVER
PRINT_NAME = "from torc_core.host.process_name import *; print(new_process_name())"


@pytest.fixture
def workflow_id(client):
    return client.create_workflow(Workflow(name="w", user="u")).id


def begin(client, workflow_id, number=1, plan=None):
    return begin_recovery(client, workflow_id, RECOVER, 0, number, plan)


def fall_silent(server, held):
    """Let the time of a recovery's holder pass."""
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute(
            "UPDATE recovery SET held_until = held_until - ? WHERE id = ?",
            (HOLD_S * 1000 + 1, held.recovery.id),
        )


def test_steps_and_the_end_are_recorded(client, workflow_id):
    with begin(client, workflow_id, plan={"jobs": (1, 2)}) as held:
        assert held.plan == {"jobs": [1, 2]}
        held.step("adjust")
        [found] = read_recoveries(client, workflow_id)
        assert (found.step, found.plan, found.is_held) == ("adjust", {"jobs": [1, 2]}, True)
        assert find_unfinished([found]) == found
        held.end(RecoveryOutcome.DONE, "2 jobs run again")

    [found] = found_last = read_recoveries(client, workflow_id)
    assert (found.outcome, found.message) == ("done", "2 jobs run again")
    assert find_unfinished(found_last) is None
    assert next_number(found_last, RECOVER, 0) == 2
    assert next_number(found_last, RECOVER, 1) == 1
    assert next_number(found_last, RecoveryKind.SCHEDULE, 0) == 1


def test_a_refusal_ends_the_recovery(client, workflow_id):
    with pytest.raises(UsageError), begin(client, workflow_id):
        raise UsageError("No partition is large enough.")
    [found] = read_recoveries(client, workflow_id)
    assert (found.outcome, found.message) == ("failed", "No partition is large enough.")


@pytest.mark.parametrize("error", [UnreachableError("Slurm is away."), KeyboardInterrupt()])
def test_after_an_interruption_it_waits_for_another(client, workflow_id, error):
    with pytest.raises(type(error)), begin(client, workflow_id):
        raise error
    [found] = read_recoveries(client, workflow_id)
    assert (found.outcome, found.is_held) == (None, False)
    assert take_over(client, found).recovery.is_held


def test_of_two_the_second_is_refused_until_the_first_is_silent(server, client, workflow_id):
    first = begin(client, workflow_id)
    first.step("reset")
    with pytest.raises(ConflictError, match="being recovered already"):
        begin(client, workflow_id)
    with pytest.raises(ConflictError, match="held by"):
        take_over(client, first.recovery)

    fall_silent(server, first)
    with take_over(client, first.recovery) as second:
        assert second.recovery.step == "reset"
        for refused in (first.check, lambda: first.step("submit")):
            with pytest.raises(ConflictError, match="held by"):
                refused()
        second.end(RecoveryOutcome.DONE)


def test_on_its_machine_a_holder_that_was_killed_is_not_waited_for(client, workflow_id):
    dead = subprocess.run(
        [sys.executable, "-c", PRINT_NAME], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    made = client.create_recovery(
        Recovery(workflow_id=workflow_id, kind=RECOVER, run_id=0, number=1, plan=None, holder=dead)
    )
    assert made.is_held
    [found] = read_recoveries(client, workflow_id)
    assert not found.is_held
    pauses = []
    second = take_over(client, found, pause=pauses.append)
    assert (second.recovery.is_held, pauses) == (True, [SETTLE_S])
    with pytest.raises(ConflictError, match="does not hold"):
        take_over(client, found, pause=pauses.append)  # a third one comes too late


def test_a_holder_that_is_busy_stays_the_holder(server, client, workflow_id):
    with Held(client, begin(client, workflow_id).recovery, renew_s=0.01) as held:
        fall_silent(server, held)

        def is_held():
            return read_recoveries(client, workflow_id)[0].is_held

        wait_for(is_held, "the record to be renewed")
        held.end(RecoveryOutcome.DONE)


def test_a_server_of_the_reference_keeps_nothing(server, client, workflow_id):
    with begin(OlderServer(server.url), workflow_id) as held:
        assert not held.is_kept
        held.check()
        held.step("adjust")
        held.end(RecoveryOutcome.DONE)
    assert read_recoveries(client, workflow_id) == []
