"""Whatever owners, clients and runners do in whatever order, the rules and a plain model agree.

A small budget runs with the suite; `tests/campaigns/machine.py` runs a large one.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from server.rules import plain_model
from server.rules.bench import NOW, PLENTY, TIME, Bench
from server.rules.databases import new_engine
from server.rules.plain_model import ACTIVE, BAD, SETTLED, WAYS, Model, Refused
from sqlalchemy import insert, update

from torc_core.errors import TorcError
from torc_core.model.action import ActionClaim
from torc_core.model.events.types import ComputeNodeStopped
from torc_core.model.exchange import JobRelease, JobStart
from torc_core.model.job import JobPatch
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_server.edge.problems import status_of
from torc_server.records.actions import claim_action
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.attempts.claims import claim_jobs_based_on_resources, claim_next_jobs
from torc_server.rules.attempts.client_reports import complete_job, start_job
from torc_server.rules.attempts.lost.leases import stop_node
from torc_server.rules.completion_status import is_complete
from torc_server.rules.editing import delete_job, update_job
from torc_server.rules.manual_transitions import manage_status_change, retry_job
from torc_server.rules.resets import reset_job_status, reset_workflow_status
from torc_server.rules.workflows import find_workflow
from torc_server.storage import tables
from torc_server.storage.sizes import Sizes

EACH_STATUS = [status.value for status in JobStatus]
LISTED = (tables.job, tables.result, tables.event, tables.compute_node)
FEW_JOBS, MOST_JOBS = 4, 12
picks = st.integers(0, 719)
"""Which of some things: taken modulo their number, so that it may be drawn before."""
ends = st.sampled_from(["completed", "completed", "failed", "terminated", "canceled"])
any_ends = ends | st.just("pending_failed")
rarely = st.sampled_from([False, False, False, True])
"""What undoes much is done less often, so that stories grow."""

_steps = {}
_weighed = []


def step(times=1, **arguments):
    """Let the machine take a method as a step, `times` as often as others.

    They are one rule for hypothesis, which would leave out some of many rules for a whole story.
    """

    def note(method):
        name = method.__name__
        _steps[name] = st.tuples(st.just(name), st.fixed_dictionaries(arguments))
        _weighed.extend([name] * times)
        return method

    return note


class Machine(RuleBasedStateMachine):
    """Jobs and nodes go by small numbers; the rules get their ids."""

    engine = None
    """Of the database for all stories; each is rolled back."""

    # Setting the scene.

    @initialize(
        edges=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=9),
        minds=st.lists(st.booleans(), min_size=6, max_size=6),
        members=st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=2, max_size=2),
    )
    def begin(self, edges, minds, members):
        self.connection = self.engine.connect()
        self.transaction = self.connection.begin()
        self.bench = Bench(self.connection)
        self.sizes = Sizes(worth_knowing=0)
        self.nodes = [self.bench.node_id, self.bench.add_node()]
        self.seqs = [0, 0]
        self.needs = [self.bench.need(f"{cpus} CPUs", num_cpus=cpus) for cpus in (1, 2, 4)]
        self.model = Model(live_nodes={0, 1})
        self.ids, self.names = {}, {}
        for job in range(6):
            after = {a for a, b in edges if b == job and a < job}
            self.create(after, minds=minds[job], priority=job % 3, size=0)
        triggers = (
            "on_jobs_ready",
            "on_jobs_complete",
            "on_workflow_start",
            "on_workflow_complete",
        )
        self.actions = [
            self.add_action(trigger, jobs)
            for trigger, jobs in zip(triggers, [*members, set(), set()], strict=True)
        ]
        self.initialize_jobs(only_uninitialized=False)

    def create(self, after, *, minds, priority, size):
        name = len(self.names)
        self.ids[name] = self.bench.add(
            str(name),
            [self.ids[other] for other in after],
            cancel_on_blocking_job_failure=minds,
            priority=priority,
            resource_requirements_id=self.needs[size],
        )
        self.names[self.ids[name]] = name
        self.model.jobs[name] = plain_model.Job(set(after), minds, priority, (1, 2, 4)[size])

    def add_action(self, trigger, jobs):
        self.model.actions.append(plain_model.Action(trigger, set(jobs)))
        values = {
            "workflow_id": self.bench.workflow_id,
            "trigger_type": trigger,
            "action_type": "run_commands",
            "action_config": {"commands": ["true"]},
            "required_triggers": max(1, len(jobs)),
        }
        action = tables.workflow_action
        action_id = self.connection.execute(insert(action).values(values)).inserted_primary_key[0]
        for job in jobs:
            member = {"action_id": action_id, "job_id": self.ids[job]}
            self.connection.execute(insert(tables.workflow_action_job).values(member))
        return action_id

    def teardown(self):
        if hasattr(self, "transaction"):
            self.transaction.rollback()
            self.connection.close()

    @rule(step=st.deferred(lambda: st.sampled_from(_weighed).flatmap(_steps.__getitem__)))
    def do(self, step):
        name, arguments = step
        getattr(self, name)(**arguments)

    # Words.

    def pick(self, number, *statuses):
        """Return one of the jobs that have one of the statuses, if there are any; else of all."""
        jobs = self.model.jobs
        wanted = [name for name, job in jobs.items() if job.status in statuses] or list(jobs)
        return wanted[number % len(wanted)]

    def agree(self, expected, done):
        """Do it in the model and by the rules: both must do it, or refuse it alike."""
        assert _status_of(expected) == _status_of(done)

    def turn(self, node, **fields):
        """Take a node's next turn; it tells which jobs to stop."""
        self.come_back(node)
        self.seqs[node] += 1
        return self.bench.turn(node_id=self.nodes[node], seq=self.seqs[node], **fields)

    def come_back(self, node):
        """Let a node that signed off learn that it counts as lost, and return with nothing."""
        is_lost = node not in self.model.live_nodes
        for returns in [False, True] if is_lost else []:
            self.seqs[node] += 1
            reply = self.bench.turn(node_id=self.nodes[node], seq=self.seqs[node], returns=returns)
            assert reply.is_lost is not returns
        self.model.live_nodes.add(node)

    def token_of(self, name, age):
        return self.model.jobs[name].token - age

    @property
    def workflow_id(self):
        return self.bench.workflow_id

    def waiting(self):
        return [name for name, job in self.model.jobs.items() if job.status == "ready"]

    def fitting(self, limit, cpus):
        """Return what a claim must give: in order, each that fits into what is left."""
        jobs = self.model.jobs
        given = []
        for name in sorted(self.waiting(), key=lambda name: (-jobs[name].priority, name)):
            if len(given) < limit and jobs[name].size <= cpus and not self.model.is_canceled:
                cpus -= jobs[name].size
                given.append(name)
        return given

    # Owners.

    @step(after=st.sets(picks, max_size=3), minds=st.booleans(), size=st.integers(0, 2))
    def create_job(self, after, minds, size):
        if len(self.names) == MOST_JOBS:
            return
        names = list(self.model.jobs)
        chosen = {names[number % len(names)] for number in after}
        self.create(chosen, minds=minds, priority=size, size=size)

    @step(2, only_uninitialized=st.booleans())
    def initialize_jobs(self, only_uninitialized):
        self.model.initialize(only_uninitialized=only_uninitialized)
        self.bench.initialize(only_uninitialized=only_uninitialized)

    @step(6, number=picks, way=picks, is_late=st.integers(0, 7))
    def manage(self, number, way, is_late):
        job = self.pick(number, *(ACTIVE if number % 2 else ()))
        ways = sorted(WAYS[self.model.jobs[job].status]) if way % 3 else EACH_STATUS
        wanted = ways[way % len(ways)]
        run = self.model.run + (is_late == 7)
        self.agree(
            lambda: self.model.manage(job, wanted, run),
            lambda: manage_status_change(
                self.connection, self.ids[job], JobStatus(wanted), run, now_ms=NOW
            ),
        )

    @step(number=picks, is_bounded=st.booleans())
    def retry(self, number, is_bounded):
        job = self.pick(number, "running", "pending_failed", *(BAD if number % 2 else ()))
        most = 3 if is_bounded else 10**6
        self.agree(
            lambda: self.model.retry(job, self.model.run, most),
            lambda: retry_job(self.connection, self.ids[job], self.model.run, most, now_ms=NOW),
        )

    @step(number=picks)
    def disable(self, number):
        job = self.pick(number, "uninitialized")
        patch = JobPatch(status=JobStatus.DISABLED)
        self.agree(
            lambda: self.model.disable(job),
            lambda: update_job(self.connection, self.ids[job], patch, now_ms=NOW),
        )

    @step(number=picks)
    def delete(self, number):
        if len(self.model.jobs) <= FEW_JOBS:
            return
        job = self.pick(number)
        self.agree(
            lambda: self.model.delete(job),
            lambda: delete_job(self.connection, self.ids[job], now_ms=NOW),
        )

    @step(whole=rarely)
    def reset_jobs(self, whole):
        failed_only = not whole
        self.model.reset_jobs(failed_only=failed_only)
        reset_job_status(self.connection, self.workflow_id, failed_only=failed_only, now_ms=NOW)

    @step(really=rarely)
    def cancel(self, really):
        if really:
            self.model.cancel()
            cancel_workflow(self.connection, self.workflow_id, now_ms=NOW)

    @step(force=st.booleans())
    def reset_workflow(self, force):
        self.agree(
            lambda: self.model.reset_workflow(force=force),
            lambda: reset_workflow_status(
                self.connection, self.workflow_id, force=force, now_ms=NOW
            ),
        )

    @step(really=rarely)
    def next_run(self, really):
        self.model.run += really
        self.connection.execute(update(tables.workflow).values(run_id=self.model.run))

    @step(number=picks)
    def execute(self, number):
        action = number % len(self.actions)
        if not self.model.actions[action].executed:
            claim_action(
                self.connection, self.workflow_id, self.actions[action], ActionClaim(), now_ms=NOW
            )
            self.model.actions[action].executed = True

    # Clients of the reference: one job at a time, no tokens.

    @step(limit=st.integers(1, 4))
    def claim_next(self, limit):
        expected = self.fitting(limit, 10**6)
        claimed = claim_next_jobs(self.connection, self.workflow_id, limit, now_ms=NOW)
        assert [int(job.name) for job in claimed.jobs] == expected
        self.model.claim(expected, None)

    @step(limit=st.integers(1, 5), cpus=st.integers(1, 8))
    def claim_by_resources(self, limit, cpus):
        expected = self.fitting(limit, cpus)
        free = replace(PLENTY, num_cpus=cpus)
        claimed = claim_jobs_based_on_resources(
            self.connection, self.workflow_id, free, limit, now_ms=NOW
        )
        assert [int(job.name) for job in claimed.jobs] == expected
        assert bool(claimed.reason) is not bool(expected)
        self.model.claim(expected, None)

    @step(3, number=picks, node=st.integers(0, 1))
    def start(self, number, node):
        job = self.pick(number, "pending", *(["running"] if number % 4 == 0 else []))
        self.agree(
            lambda: self.model.start(job, node),
            lambda: start_job(
                self.connection, self.ids[job], self.model.run, self.nodes[node], now_ms=NOW
            ),
        )

    @step(
        number=picks,
        status=any_ends | st.sampled_from(EACH_STATUS),
        ahead=st.sampled_from([0, 0, 0, 0, 1, -1]),
        is_late=st.integers(0, 7),
        code=st.sampled_from([None, None, None, 7]),
    )
    def complete(self, number, status, ahead, is_late, code):
        job = self.pick(number, *([] if number % 3 == 0 else ACTIVE))
        run = self.model.run + (is_late == 7)
        attempt = max(1, self.model.jobs[job].attempt + ahead)
        result = Result(
            job_id=self.ids[job],
            workflow_id=self.workflow_id,
            run_id=run,
            attempt_id=attempt,
            compute_node_id=self.nodes[0],
            return_code=int(status != "completed") if code is None else code,
            exec_time_minutes=0.1,
            completion_time=TIME,
            status=JobStatus(status),
        )
        for _ in range(2):  # the identical report again changes nothing
            self.agree(
                lambda: self.model.complete(job, status, run, attempt, result.return_code),
                lambda: complete_job(
                    self.connection, self.ids[job], JobStatus(status), run, result, now_ms=NOW
                ),
            )

    @step(2, node=st.integers(0, 1), limit=st.integers(1, 3))
    def run_away(self, node, limit):
        """Claim and start jobs, and leave them."""
        self.claim_next(limit)
        for number in range(limit):
            self.start(number, node)
        self.sign_off(node)

    # Runners of ours: turns, with tokens.

    @step(3, node=st.integers(0, 1), limit=st.integers(1, 4), cpus=st.integers(1, 8))
    def claim_in_turn(self, node, limit, cpus):
        expected = self.fitting(limit, cpus)
        self.come_back(node)
        self.seqs[node] += 1
        reply = self.bench.claim(
            limit,
            replace(PLENTY, num_cpus=cpus),
            node_id=self.nodes[node],
            seq=self.seqs[node],
        )
        self.model.claim(expected, node)
        assert [int(claimed.job.name) for claimed in reply.jobs] == expected
        assert [claimed.token for claimed in reply.jobs] == [
            self.model.jobs[name].token for name in expected
        ]
        assert sorted(self.names[job_id] for job_id in reply.kill) == self.model.to_kill(node)

    @step(8, node=st.integers(0, 1), limit=st.integers(1, 4), status=any_ends, retry=st.booleans())
    def run_some(self, node, limit, status, retry):
        """Claim and end: what mostly happens, so that a story gets somewhere."""
        self.claim_in_turn(node, limit, 8)
        self.end_in_turn(range(limit), status, 0, retry, node)

    @step(
        numbers=st.lists(picks, min_size=1, max_size=3),
        status=any_ends | st.just("running"),
        age=st.sampled_from([0, 0, 0, 1, 2, -1]),
        retry=st.booleans(),
        node=st.integers(0, 1),
        interrupted=st.booleans(),
    )
    def end_in_turn(self, numbers, status, age, retry, node, *, interrupted=False):
        jobs = list(dict.fromkeys(self.pick(number, *ACTIVE) for number in numbers))
        reports = [
            self.bench.ending(
                self.ids[job],
                JobStatus(status),
                token=self.token_of(job, age),
                retry=retry,
                interrupted=interrupted,
            )
            for job in jobs
        ]
        for _ in range(2):
            expected = [
                self.model.end(
                    job,
                    report.token,
                    status,
                    int(status != "completed"),
                    retry=retry,
                    interrupted=interrupted,
                )
                for job, report in zip(jobs, reports, strict=True)
            ]
            outcomes = self.turn(node, ends=reports).outcomes
            assert [outcome.result for outcome in outcomes] == expected

    @step(3, number=picks, age=st.sampled_from([0, 0, 0, 1]), node=st.integers(0, 1))
    def start_in_turn(self, number, age, node):
        """Start what was claimed; the second node is younger and may adopt from the first."""
        job = self.pick(number, *ACTIVE, *(["ready"] if number % 3 == 0 else []))
        token = self.token_of(job, age)
        start = JobStart(job_id=self.ids[job], token=token, start_time=TIME)
        for _ in range(2):
            killed = {job} if self.model.start_in_turn(job, token, node) else set()
            reply = self.turn(node, starts=[start])
            killed |= set(self.model.to_kill(node))
            assert {self.names[job_id] for job_id in reply.kill} == killed

    @step(number=picks, age=st.sampled_from([0, 0, 1]), node=st.integers(0, 1))
    def release_in_turn(self, number, age, node):
        job = self.pick(number, *ACTIVE)
        token = self.token_of(job, age)
        expected = self.model.release(job, token)
        reply = self.turn(node, releases=[JobRelease(job_id=self.ids[job], token=token)])
        assert [outcome.result for outcome in reply.outcomes] == [expected]

    @step(
        3,
        number=picks,
        age=st.sampled_from([0, 0, 0, 1]),
        node=st.integers(0, 1),
        says_start=st.booleans(),
        repeats=rarely,
    )
    def lose_guard_in_turn(self, number, age, node, *, says_start, repeats):
        """Find a guard gone: that of the node itself, or of the one before it."""
        job = self.pick(number, *ACTIVE, *(["ready"] if number % 3 == 0 else []))
        token = self.token_of(job, age)
        start = JobStart(job_id=self.ids[job], token=token, start_time=TIME)
        release = JobRelease(job_id=self.ids[job], token=token, is_lost=True)
        for _ in range(1 + repeats):
            expected = self.model.lose_with_guard(job, token)
            reply = self.turn(node, starts=[start] if says_start else [], releases=[release])
            assert [outcome.result for outcome in reply.outcomes] == [expected]

    @step(2, node=st.integers(0, 1))
    def sign_off(self, node):
        self.model.sign_off(node)
        stopped = ComputeNodeStopped(compute_node_id=self.nodes[node], hostname="h")
        stop_node(self.connection, self.workflow_id, stopped, now_ms=NOW)
        table = tables.compute_node
        off = update(table).where(table.c.id == self.nodes[node]).values(is_active=False)
        self.connection.execute(off)

    # What must be so after every step. Read past SQLAlchemy, which would take most of the time.

    def read(self, query):
        return self.connection.connection.cursor().execute(query).fetchall()

    @invariant()
    def jobs_stand_alike(self):
        expected = [
            (
                *(str(name), JobStatus(job.status).number, job.attempt, job.uncounted),
                *(job.token, job.node),
            )
            for name, job in self.model.jobs.items()
        ]
        node = {node_id: number for number, node_id in enumerate(self.nodes)} | {None: None}
        rows = self.read(
            "SELECT name, status, attempt_id, uncounted_attempts, token, compute_node_id"
            " FROM job ORDER BY id"
        )
        assert expected == [(*values, node[node_id]) for *values, node_id in rows]

    @invariant()
    def counters_count(self):
        members = {}
        for set_id, job_id in self.read("SELECT set_id, job_id FROM dependency_set_member"):
            members.setdefault(set_id, []).append(self.model.jobs[self.names[job_id]].standing)
        for set_id, *counted in self.read("SELECT id, remaining, unsuccessful FROM dependency_set"):
            states = members.get(set_id, [])
            open_ones = [status for status in states if status not in SETTLED]
            bad_ones = [status for status in states if status in BAD]
            assert counted == [len(open_ones), len(bad_ones)]

    @invariant()
    def attempts_and_results_are_kept(self):
        attempts = {
            (self.names[job_id], token): (bool(is_open), bool(has_outcome))
            for job_id, token, is_open, has_outcome in self.read(
                "SELECT job_id, token, ended_at IS NULL, outcome IS NOT NULL FROM attempt"
            )
        }
        assert attempts == {
            key: (each.is_open, each.outcome is not None)
            for key, each in self.model.attempts.items()
        }
        results = {
            (self.names[job_id], run_id, attempt_id): (JobStatus.from_number(number).value, code)
            for job_id, run_id, attempt_id, number, code in self.read(
                "SELECT job_id, run_id, attempt_id, status, return_code FROM result"
            )
        }
        assert results == self.model.results
        latest = {
            self.names[job_id]: (run_id, attempt_id)
            for job_id, run_id, attempt_id in self.read(
                "SELECT l.job_id, run_id, attempt_id FROM workflow_result l"
                " JOIN result r ON r.id = l.result_id"
            )
        }
        assert latest == self.model.latest
        refused = [
            json.loads(data)
            for (data,) in self.read(
                "SELECT CAST(data AS TEXT) FROM event WHERE event_type = 'late_result' ORDER BY id"
            )
        ]
        assert [
            (self.names[each["job_id"]], each["token"], each["status"], each["return_code"])
            for each in refused
        ] == self.model.late

    @invariant()
    def rows_are_counted_right_from_what_was_counted_before(self):
        workflow = find_workflow(self.connection, self.workflow_id)
        for table in LISTED:
            [[number]] = self.read(f"SELECT count(*) FROM {table.name}")
            assert self.sizes.of(self.connection, table, workflow) == number

    @invariant()
    def the_workflow_stands_alike(self):
        answer = is_complete(self.connection, self.workflow_id)
        assert (answer.is_canceled, answer.is_complete) == (
            self.model.is_canceled,
            self.model.is_complete(),
        )
        [[told]] = self.read("SELECT count(*) FROM event WHERE event_type = 'workflow_completed'")
        assert told == self.model.completions

    @invariant()
    def actions_are_due_alike(self):
        due = self.read(
            "SELECT id FROM workflow_action"
            " WHERE trigger_count >= required_triggers AND NOT executed ORDER BY id"
        )
        pending = self.model.pending_actions()
        assert [action_id for (action_id,) in due] == [self.actions[n] for n in pending]


def _status_of(attempt):
    try:
        attempt()
    except Refused as refused:
        return refused.status
    except TorcError as error:
        return status_of(error)
    return 200


def try_on(database, number, **budget):
    """Tell random stories on a database.

    Args:
        database: Its engine.
        number: The seed; the same one tells the same stories.
        **budget: Settings of hypothesis: how many stories, and of how many steps.
    """

    class OnDatabase(Machine):
        engine = database

    run_state_machine_as_test(
        seed(number)(OnDatabase),
        settings=settings(
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            **budget,
        ),
    )


@pytest.mark.parametrize("number", range(4))
def test_the_rules_and_a_plain_model_agree(number):
    try_on(new_engine(), number, max_examples=50, stateful_step_count=50)
