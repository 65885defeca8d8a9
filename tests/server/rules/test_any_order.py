"""Whatever clients and runners do in whatever order, the rules and a plain model agree."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from server.rules.bench import NOW, Bench
from server.rules.conftest import database
from sqlalchemy import func, select

from torc_core.model.exchange import JobRelease
from torc_core.model.status import ACTIVE, ENDED, SETTLED, UNSUCCESSFUL, JobStatus
from torc_server import tables
from torc_server.rules.lifecycle import manage_status_change, retry_job
from torc_server.rules.resets import reset_job_status

S = JobStatus
FAILED_ENDS = (S.FAILED, S.TERMINATED)
JOBS = 7


class Model:
    """What should be true, said as simply as it can be."""

    def __init__(self, needed, minds):
        self.needed = needed
        self.minds = minds
        self.status = dict.fromkeys(range(len(needed)), S.UNINITIALIZED)
        self.completions = 0
        self.is_noticed = False

    def initialize(self, *, only_uninitialized):
        chosen = {job for job, status in self.status.items() if status is S.UNINITIALIZED}
        if only_uninitialized:
            for job, needed in enumerate(self.needed):  # dependencies come first in number
                if chosen & set(needed) and self.status[job] not in ACTIVE:
                    chosen.add(job)
        else:
            again = {S.BLOCKED, S.READY, S.TERMINATED, S.PENDING_FAILED}
            chosen |= {job for job, status in self.status.items() if status in again}
        for job in chosen:
            self.status[job] = S.BLOCKED
        self.is_noticed = False
        self.follow()

    def follow(self):
        for job, needed in enumerate(self.needed):
            states = {self.status[other] for other in needed}
            if self.status[job] is S.BLOCKED and states <= SETTLED:
                is_doomed = self.minds[job] and states & UNSUCCESSFUL
                self.status[job] = S.CANCELED if is_doomed else S.READY
        if set(self.status.values()) <= SETTLED and not self.is_noticed:
            self.is_noticed = True
            self.completions += 1

    def end(self, job, status):
        self.status[job] = status
        self.follow()

    def reopen(self, job, status):
        was_ended = self.status[job] in ENDED
        self.status[job] = status
        if was_ended:
            self.is_noticed = False

    def reset_failed(self):
        chosen = {job for job, s in self.status.items() if s in UNSUCCESSFUL | {S.PENDING_FAILED}}
        for job, needed in enumerate(self.needed):
            if chosen & set(needed):
                chosen.add(job)
        for job in chosen:
            self.status[job] = S.UNINITIALIZED
        if chosen:
            self.is_noticed = False


class AnyOrder(RuleBasedStateMachine):
    """Jobs are numbers here; job 0 has the smallest id."""

    @initialize(
        edges=st.lists(st.tuples(st.integers(0, JOBS - 1), st.integers(0, JOBS - 1)), max_size=12),
        minds=st.lists(st.booleans(), min_size=JOBS, max_size=JOBS),
    )
    def create(self, edges, minds):
        self.context = database()
        self.bench = Bench(self.context.__enter__())
        needed = [sorted({a for a, b in edges if b == job and a < job}) for job in range(JOBS)]
        self.ids = []
        for job in range(JOBS):
            after = [self.ids[other] for other in needed[job]]
            flag = {"cancel_on_blocking_job_failure": minds[job]}
            self.ids.append(self.bench.add(str(job), after, **flag))
        self.model = Model(needed, minds)
        self.results = 0
        self.initialize_jobs(only_uninitialized=False)

    def held(self):
        return [job for job, status in self.model.status.items() if status in ACTIVE]

    def pick(self, data, statuses):
        jobs = [job for job, status in self.model.status.items() if status in statuses]
        return data.draw(st.sampled_from(jobs)) if jobs else None

    @rule(only_uninitialized=st.booleans())
    def initialize_jobs(self, only_uninitialized):
        self.bench.initialize(only_uninitialized=only_uninitialized)
        self.model.initialize(only_uninitialized=only_uninitialized)

    @rule(limit=st.integers(1, 4))
    def claim(self, limit):
        expected = [job for job, status in self.model.status.items() if status is S.READY][:limit]
        claimed = self.bench.claim(limit).jobs
        assert [c.job.id for c in claimed] == [self.ids[job] for job in expected]
        for job in expected:
            self.model.status[job] = S.PENDING

    @rule(data=st.data())
    def start(self, data):
        job = self.pick(data, {S.PENDING, S.RUNNING})
        if job is not None:
            self.bench.start(self.ids[job])
            self.model.status[job] = S.RUNNING

    @precondition(lambda self: self.held())
    @rule(data=st.data(), status=st.sampled_from([S.COMPLETED, *FAILED_ENDS, S.PENDING_FAILED]))
    def end_several(self, data, status):
        jobs = data.draw(st.lists(st.sampled_from(self.held()), unique=True, min_size=1))
        outcomes = self.bench.end(*(self.ids[job] for job in jobs), status=status)
        assert outcomes == ["ok"] * len(jobs)
        for job in jobs:
            self.model.status[job] = status
        self.model.follow()
        self.results += len(jobs)
        again = self.bench.end(*(self.ids[job] for job in jobs), status=status)
        assert again == ["duplicate"] * len(jobs)

    @rule(data=st.data(), status=st.sampled_from(FAILED_ENDS))
    def end_and_retry(self, data, status):
        job = self.pick(data, ACTIVE)
        if job is not None:
            assert self.bench.end(self.ids[job], status=status, retry=True) == ["ok"]
            self.model.status[job] = S.READY
            self.results += 1

    @rule(data=st.data())
    def release(self, data):
        job = self.pick(data, ACTIVE)
        if job is not None:
            token = self.bench.tokens[self.ids[job]]
            self.bench.turn(releases=[JobRelease(job_id=self.ids[job], token=token)])
            self.model.status[job] = S.READY

    @rule(data=st.data(), older=st.integers(1, 3))
    def report_late(self, data, older):
        job = self.pick(data, ACTIVE)
        if job is not None:
            token = self.bench.tokens[self.ids[job]] - older
            (outcome,) = self.bench.end(self.ids[job], token=token)
            assert outcome in {"fenced", "illegal", "duplicate"}

    @rule(data=st.data())
    def cancel(self, data):
        job = self.pick(data, {S.BLOCKED, S.READY, S.RUNNING, S.PENDING})
        if job is not None:
            was_held = self.model.status[job] in ACTIVE
            manage_status_change(self.bench.conn, self.ids[job], S.CANCELED, 0, now_ms=NOW)
            self.model.end(job, S.CANCELED)
            assert (self.ids[job] in self.bench.turn().kill) >= was_held

    @rule(data=st.data())
    def retry(self, data):
        job = self.pick(data, {S.FAILED, S.TERMINATED, S.PENDING_FAILED, S.RUNNING})
        if job is not None:
            retry_job(self.bench.conn, self.ids[job], 0, 10**6, now_ms=NOW)
            self.model.reopen(job, S.READY)

    @rule()
    def reset_failed(self):
        reset_job_status(self.bench.conn, self.bench.workflow_id, failed_only=True, now_ms=NOW)
        self.model.reset_failed()

    @invariant()
    def statuses_agree(self):
        if hasattr(self, "model"):
            expected = {str(job): status.value for job, status in self.model.status.items()}
            assert self.bench.statuses() == expected

    @invariant()
    def counters_count(self):
        if not hasattr(self, "model"):
            return
        member, job = tables.dependency_set_member.c, tables.job.c
        rows = self.bench.conn.execute(
            select(member.set_id, job.status).join(tables.job, job.id == member.job_id)
        ).all()
        remaining, bad = Counter(), Counter()
        for set_id, number in rows:
            remaining[set_id] += S.from_number(number) not in SETTLED
            bad[set_id] += S.from_number(number) in UNSUCCESSFUL
        for row in self.bench.conn.execute(tables.dependency_set.select()):
            assert (row.remaining, row.unsuccessful) == (remaining[row.id], bad[row.id])

    @invariant()
    def nothing_is_recorded_twice_or_lost(self):
        if not hasattr(self, "model"):
            return
        assert self.bench.count(tables.result) == self.results
        assert self.bench.event_types().count("workflow_completed") == self.model.completions
        attempt = tables.attempt.c
        live = self.bench.conn.execute(
            select(attempt.job_id, func.count())
            .where(attempt.ended_at.is_(None), attempt.outcome.is_(None))
            .group_by(attempt.job_id)
        )
        assert dict(map(tuple, live)) == {self.ids[job]: 1 for job in self.held()}

    def teardown(self):
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
