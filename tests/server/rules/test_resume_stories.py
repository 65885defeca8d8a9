"""Runners, clients that resume, and silence, in two hundred random orders.

Whatever happens in between: a hot resume interrupts nothing, a cold one begins when nothing runs
any more, what was given up by force is fenced, of resumes at once exactly one wins, no attempt is
given out twice, and in the end every job has completed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from server.rules.bench import PLENTY, TIME, Bench
from server.rules.databases import new_engine
from sqlalchemy import select

from torc_core.errors import ConflictError
from torc_core.model.exchange import Exchange, JobEnd, JobStart, WorkRequest
from torc_core.model.records.workflow_run import (
    ResumeRequest,
    RunKind,
    RunStatus,
    StartRequest,
    WorkflowRunPatch,
)
from torc_core.model.status import JobStatus
from torc_server.rules.attempts.exchange import answer_exchange
from torc_server.rules.runs.records import get_run, update_run
from torc_server.rules.runs.resume import resume_workflow
from torc_server.rules.runs.start import start_workflow
from torc_server.storage import tables

SEEDS, STEPS = 200, 40
HOT, COLD = RunKind.HOT_RESUME, RunKind.COLD_RESUME


@dataclass
class Runner:
    node: int
    seq: int = 0
    running: dict = field(default_factory=dict)
    """Tokens of jobs with a process."""
    is_silent: bool = False
    is_over: bool = False


@dataclass
class Client:
    """One who resumes: a request that waits, or none."""

    request: ResumeRequest | None = None
    run_id: int = 0


class Story:
    def __init__(self, connection, seed):
        self.random = random.Random(seed)
        self.bench = Bench(connection)
        self.conn = connection
        self.now = 1_700_000_000_000
        self.keys = iter(range(10**6))
        first, second = self.bench.add("first"), self.bench.add("second")
        last = self.bench.add("last", [first, second])
        self.bench.add("after", [last], cancel_on_blocking_job_failure=False)
        self.bench.add("alone")
        start_workflow(connection, self.workflow, StartRequest(user="u"), now_ms=self.now)
        self.runners = [Runner(self.bench.node_id), self.new_runner()]
        self.clients = [Client(), Client()]
        self.given, self.forced = set(), set()
        self.wins = 0

    @property
    def workflow(self):
        return self.bench.workflow_id

    def new_runner(self):
        return Runner(self.bench.add_node(last_seen_at=self.now))

    # What there is.

    def open_attempts(self):
        attempt = tables.attempt.c
        query = select(attempt.job_id, attempt.token).where(attempt.ended_at.is_(None))
        return {tuple(row) for row in self.conn.execute(query)}

    def running_jobs(self):
        job = tables.job.c
        query = select(job.id, job.token, job.compute_node_id, job.attempt_id).where(
            job.status == JobStatus.RUNNING.number
        )
        return {tuple(row) for row in self.conn.execute(query)}

    # Runners.

    def exchange(self, runner, **fields):
        runner.seq += 1
        request = Exchange(seq=runner.seq, **fields)
        reply = answer_exchange(self.conn, runner.node, request, now_ms=self.now).reply
        for claimed in reply.jobs:
            key = (claimed.job.id, claimed.token)
            assert key not in self.given
            self.given.add(key)
            assert claimed.job.id not in runner.running
            runner.running[claimed.job.id] = claimed.token
        killed = [job for job in reply.kill if job in runner.running]
        if killed:
            self.end(runner, killed, JobStatus.CANCELED)
        if reply.shutdown is not None and not runner.is_over:
            runner.is_over = True
            self.end(runner, list(runner.running), JobStatus.TERMINATED, interrupted=True)
        return reply

    def end(self, runner, jobs, status, **fields):
        reports = [
            JobEnd(
                job_id=job,
                token=runner.running.pop(job),
                status=status,
                return_code=int(status is not JobStatus.COMPLETED),
                exec_time_minutes=0.1,
                completion_time=TIME,
                **fields,
            )
            for job in jobs
        ]
        outcomes = self.exchange(runner, ends=reports).outcomes if reports else []
        for report, outcome in zip(reports, outcomes, strict=True):
            is_forced = (report.job_id, report.token) in self.forced
            assert not (is_forced and outcome.result == "ok"), "a late result counted"
            assert is_forced or outcome.result == "ok"

    def claim(self, runner):
        work = WorkRequest(resources=PLENTY, max_jobs=self.random.randint(1, 3))
        self.exchange(runner, work=work)

    def report_starts(self, runner):
        starts = [
            JobStart(job_id=job, token=token, start_time=TIME)
            for job, token in runner.running.items()
        ]
        self.exchange(runner, starts=starts)

    def finish(self, runner, failing=0.3):
        if runner.running:
            job = self.random.choice(list(runner.running))
            is_failing = self.random.random() < failing
            self.end(runner, [job], JobStatus.FAILED if is_failing else JobStatus.COMPLETED)

    # Those who resume.

    def ask(self, client, *, kind=None, age_s=None):
        kind = kind or self.random.choice([HOT, COLD])
        client.request = ResumeRequest(
            user="u",
            kind=kind,
            key=str(next(self.keys)),
            age_seconds=self.random.uniform(0, 0.5) if age_s is None else age_s,
            force_cleanup=self.random.random() < 0.3,
        )

    def send(self, client):
        """Send the request of a client, and return whether it won; it may have to be repeated."""
        request = client.request
        running, before = self.running_jobs(), self.open_attempts()
        number = self.bench.workflow().run_id
        try:
            reply = resume_workflow(self.conn, self.workflow, request, now_ms=self.now)
        except ConflictError:
            client.request = None
            return False
        left = self.open_attempts()
        client.run_id = reply.run.id
        self.forced |= before - left
        assert reply.settled_jobs == len({job for job, _ in before - left})
        assert request.force_cleanup or not before - left
        if reply.waiting_jobs:
            assert (request.kind, reply.run.status) == (COLD, "resuming")
            assert reply.waiting_jobs == len({job for job, _ in left})
            return True
        client.request = None
        self.wins += 1
        if request.kind is COLD:
            assert not left
            assert self.bench.workflow().run_id == number + 1
        else:
            given_up = {job for job, _ in before - left}
            assert self.running_jobs() == {row for row in running if row[0] not in given_up}
            assert self.bench.workflow().run_id == number
        assert not set(self.bench.statuses().values()) & {"failed", "canceled", "terminated"}
        self.runners.append(self.new_runner())
        patch = WorkflowRunPatch(status=RunStatus.RUNNING, compute_node_id=self.runners[-1].node)
        update_run(self.conn, reply.run.id, patch, now_ms=self.now)
        return True

    def race(self):
        """Let both be asked before either asks the server, and see that at most one wins."""
        if any(client.request for client in self.clients):
            return
        self.now += 2_000  # after all that was before
        for client in self.clients:
            self.ask(client, age_s=1.0)
        self.random.shuffle(self.clients)
        won = []
        for client in self.clients:
            won.append(self.send(client))
            self.now += self.random.randint(0, 900)
        assert won == [True, False]

    def resume(self):
        client = self.random.choice(self.clients)
        if client.request is None:
            self.ask(client)
        self.send(client)

    def withdraw(self):
        for client in self.clients:
            if client.request is not None and client.run_id:
                patch = WorkflowRunPatch(status=RunStatus.FAILED, reason="given up")
                run = get_run(self.conn, client.run_id, now_ms=self.now)
                if run.status == "resuming":
                    update_run(self.conn, client.run_id, patch, now_ms=self.now)
            client.request = None

    # The story.

    def step(self):
        self.now += self.random.choice([10, 500, 3_000, 40_000])
        kind = self.random.random()
        runner = self.random.choice(self.runners)
        if kind < 0.15:
            self.resume()
        elif kind < 0.22:
            self.race()
        elif kind < 0.27:
            runner.is_silent = not runner.is_silent
        elif not (runner.is_silent or (runner.is_over and not runner.running)):
            self.random.choice([self.claim, self.report_starts, self.finish])(runner)

    def finish_all(self):
        self.withdraw()
        self.now += 1_000_000
        request = ResumeRequest(
            user="u", kind=COLD, key="last", force_cleanup=True, age_seconds=0.0
        )
        self.forced |= self.open_attempts()
        resume_workflow(self.conn, self.workflow, request, now_ms=self.now)
        for runner in self.runners:  # those that were silent speak again, too late
            self.end(runner, list(runner.running), JobStatus.COMPLETED)
        last = self.new_runner()
        for _ in range(10):
            self.claim(last)
            while last.running:
                self.finish(last, failing=0.0)
        assert set(self.bench.statuses().values()) == {"completed"}
        assert not self.open_attempts()
        row = self.bench.conn.execute(tables.workflow.select()).one()
        assert row.completion_recorded


@pytest.mark.parametrize("first", range(0, SEEDS, 20))
def test_resumes_in_random_orders(first):
    wins, engine = 0, new_engine()
    with engine.connect() as connection:
        for seed in range(first, first + 20):
            with connection.begin() as transaction:
                story = Story(connection, seed)
                for _ in range(STEPS):
                    story.step()
                story.finish_all()
                wins += story.wins
                transaction.rollback()
    engine.dispose()
    assert wins > 10, "resumes happen"
