"""Which allocations of a request are still to be submitted, whatever its submitters left behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from torc_core.hpc.slurm.programs.parse import QueuedAllocation
from torc_core.hpc.slurm.programs.states import read_state
from torc_core.hpc.slurm.requests import (
    decide_steps,
    keys_of_action,
    keys_of_call,
    status_of,
)
from torc_core.model.compute import ScheduledComputeNode
from torc_core.model.workflow import Workflow

KEYS = ("k:1", "k:2", "k:3")


def queued(number, key, state="PENDING"):
    return QueuedAllocation(id=number, state=read_state(state), comment=key)


def record(number, key=None):
    return ScheduledComputeNode(
        workflow_id=1,
        scheduler_id=number,
        scheduler_config_id=1,
        scheduler_type="slurm",
        status="pending",
        request_key=key,
    )


def test_at_first_everything_is_missing():
    steps = decide_steps(KEYS, [], [])
    assert (steps.missing, steps.unrecorded, steps.surplus) == (KEYS, {}, ())


def test_what_is_recorded_or_in_the_queue_is_not_missing():
    steps = decide_steps(KEYS, [record(7, "k:1")], [queued(7, "k:1"), queued(9, "k:3")])
    assert steps.known == {"k:1": 7}
    assert {key: each.id for key, each in steps.unrecorded.items()} == {"k:3": 9}
    assert steps.missing == ("k:2",)


def test_what_was_recorded_exists_although_slurm_has_forgotten_it():
    assert decide_steps(KEYS, [record(7, "k:1")], []).missing == ("k:2", "k:3")


def test_an_allocation_of_a_key_that_has_another_one_is_surplus_unless_it_has_ended():
    queue = [queued(7, "k:1"), queued(8, "k:1", "RUNNING"), queued(9, "k:1", "CANCELLED")]
    assert decide_steps(KEYS, [record(7, "k:1")], queue).surplus == (8,)


def test_of_two_that_nobody_recorded_the_first_that_has_not_ended_counts():
    queue = [queued(9, "k:1"), queued(8, "k:1"), queued(7, "k:1", "FAILED")]
    steps = decide_steps(KEYS, [], queue)
    assert steps.unrecorded["k:1"].id == 8
    assert steps.surplus == (9,)


def test_one_that_ended_before_it_was_recorded_is_not_submitted_again():
    steps = decide_steps(("k:1",), [], [queued(7, "k:1", "CANCELLED by 1000")])
    assert steps.missing == ()
    assert status_of(steps.unrecorded["k:1"]) == "complete"
    assert status_of(queued(7, "k:1", "RUNNING")) == "pending"


def test_one_that_slurm_lists_although_it_refused_it_is_missing():
    refused = msgspec.structs.replace(queued(7, "k:1", "FAILED"), reason="BadConstraints")
    assert decide_steps(("k:1",), [], [refused]).missing == ("k:1",)
    failed = msgspec.structs.replace(refused, reason="NonZeroExitCode")
    assert decide_steps(("k:1",), [], [failed]).missing == ()


def test_a_state_that_is_not_known_may_go_on():
    assert decide_steps(KEYS, [record(1, "k:1")], [queued(2, "k:1", "NEW_WORD")]).surplus == (2,)


def test_allocations_of_other_requests_and_jobs_are_left_alone():
    queue = [queued(1, "k:10"), queued(2, None), queued(3, "")]
    steps = decide_steps(KEYS, [record(1, "k:10")], queue)
    assert (steps.missing, steps.known, steps.surplus) == (KEYS, {}, ())


def test_a_server_without_keys_knows_the_slurm_jobs():
    steps = decide_steps(KEYS, [record(7)], [queued(7, "k:1"), queued(8, "k:2")])
    assert (steps.known, set(steps.unrecorded), steps.missing) == ({"k:1": 7}, {"k:2"}, ("k:3",))


def test_keys_differ_by_server_workflow_run_action_and_call():
    first = Workflow(id=1, name="w", user="u", timestamp="2026-01-01T00:00:00.000Z")
    elsewhere = Workflow(id=1, name="w", user="u", timestamp="2026-01-01T00:00:00.001Z")
    keys = [
        *keys_of_action(first, 1, 2, 2),
        *keys_of_action(elsewhere, 1, 2, 2),
        *keys_of_action(first, 2, 2, 2),
        *keys_of_action(first, 1, 3, 2),
        *keys_of_call(first, 1, "2", 2),
    ]
    assert len(set(keys)) == 10
    assert keys[:2] == list(keys_of_action(first, 1, 2, 2))
    assert keys[0].startswith("torc:wf1-")
    assert keys[0].endswith(":r1:a2:1")


@dataclass
class World:
    """Slurm's queue, the server's records, and submitters that work on them step by step."""

    queue: list = field(default_factory=list)
    records: dict = field(default_factory=dict)
    next_id: int = 1

    def submitter(self, keys):
        """Carry a request out; each `yield` is a moment at which it may be killed."""
        steps = decide_steps(keys, self.records.values(), self.queue)
        yield
        for key, allocation in steps.unrecorded.items():
            self.record(key, allocation.id)
            yield
        for number in steps.surplus:
            self.cancel(number)
            yield
        for key in steps.missing:
            number = self.next_id
            self.next_id += 1
            self.queue.append(queued(number, key))
            yield
            if self.record(key, number) != number:
                yield
                self.cancel(number)
            yield

    def record(self, key, number):
        return self.records.setdefault(key, record(number, key)).scheduler_id

    def cancel(self, number):
        self.queue = [
            queued(each.id, each.comment, "CANCELLED") if each.id == number else each
            for each in self.queue
        ]


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(1, 4))
def test_each_allocation_is_there_once_after_any_deaths_and_any_number_of_submitters(turns, number):
    """Three submitters take turns, and all die in the middle; then one goes on alone."""
    keys = tuple(f"k:{each}" for each in range(number))
    world = World()
    submitters = [world.submitter(keys) for _ in range(3)]
    for turn in turns:
        next(submitters[turn], None)
    for _ in world.submitter(keys):
        pass
    going_on = [each for each in world.queue if each.state.name == "PENDING"]
    assert sorted(str(each.comment) for each in going_on) == sorted(keys)
    assert {key: each.scheduler_id for key, each in world.records.items()} == {
        each.comment: each.id for each in going_on
    }
