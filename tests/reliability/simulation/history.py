"""One history: a workflow that runs to its end while everything fails, and what it must leave."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from core.runner.shared_time import Machine, Time
from reliability.simulation.contradictions import contradictions, events_of, registered_twice
from reliability.simulation.hosts import Host, Ledger, choose
from reliability.simulation.large_owner import LargeOwner
from reliability.simulation.network import Link, Network, Weather
from reliability.simulation.owner import Owner
from reliability.simulation.plans import (
    FINAL,
    RETRIED,
    Created,
    Plan,
    add_node,
    create,
    create_large,
    register,
)
from reliability.simulation.server import Server
from reliability.simulation.store import Store, Work
from sqlalchemy import Connection, bindparam, select

from torc_core.errors import NotFoundError
from torc_core.model.exchange import ClaimedJob
from torc_core.model.result import LOST_ATTEMPTS_LIMIT, LOST_RETURN_CODE
from torc_core.model.status import ACTIVE, JobStatus
from torc_server.rules.attempts.cancel import cancel_workflow
from torc_server.rules.workflows import has_open_jobs
from torc_server.storage import tables
from torc_server.storage.statements import Prepared
from torc_server.upkeep.check import check

LONGEST_S = 2 * 24 * 3600.0
"""What is not over by then is stuck."""
MOST_HOSTS = 25
KNOWN_WITHOUT_RECORDS = ("attempts that were executed twice", "jobs that began too early", "damage")
"""What can be said of a workflow that was deleted."""
_job, _result, _workflow = tables.job.c, tables.result.c, tables.workflow.c
_JOBS = Prepared(select(_job.id, _job.token, _job.status))
_RESULTS = Prepared(
    select(_result.job_id, _result.return_code, _result.exec_time_minutes, _result.status)
)
_IS_CANCELED = Prepared(
    select(_workflow.is_canceled).where(_workflow.id == bindparam("workflow_id"))
)
_ALL = [
    Prepared(select(table).order_by(table.c.id))
    for table in (tables.result, tables.event, tables.attempt)
]
_COUNTED = {JobStatus.COMPLETED, JobStatus.FAILED}


class Report(NamedTuple):
    """What happened in one history."""

    problems: list[str]
    fired: Counter[str]
    """What went wrong, by kind."""
    fingerprint: str
    """The same for the same history."""
    expired: int
    """How many leases were over."""
    late: int
    """Completions that were refused, as others had the jobs, and kept."""


class StuckError(Exception):
    """The workflow does not come to its end."""


class History:
    """One workflow, its server, its machines, and their faults.

    Args:
        store: A database, which is emptied.
        plan: What happens.
        seed: Of when it happens.
    """

    def __init__(self, store: Store, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._chance = random.Random(seed)
        self.time = Time()
        self._fired: Counter[str] = Counter()
        self._ledger = Ledger()
        self._lengths: set[tuple[int | None, int]] = set()
        self.hosts: list[Host] = []
        self._store = store
        slices = random.Random(f"turns of {seed}")
        self.server = Server(store, self.time, self._chance, plan, self._fired, slices)
        self.network = Network(self.time, self._chance, plan.weather, self._fired)
        beside = random.Random(f"requests with keys of {seed}")
        requests = Network(self.time, beside, plan.weather, self._fired)
        self._owner = Owner(self.server, requests, self.time)
        self._false_expiries: list[str] = []
        if not {*plan.deaths} - {"wall clock set"} and plan.weather == Weather():
            self.server.on_expiry = self._judge_expiry
        fill = create if plan.slicing is None else create_large
        self._created: Created = store.reset(self.server.clock, plan.jobs, fill)
        self._large: LargeOwner | None = None
        if plan.slicing is not None:
            self._large = LargeOwner(self._owner, self._created, plan.slicing, slices)
        self.server.start()
        ids = self._created.job_ids
        self._planned = dict(zip(ids, plan.jobs, strict=True))
        self._ledger.needs = {
            job_id: [ids[need] for need in job.needs] for job_id, job in self._planned.items()
        }

    def run(self) -> Report:
        """Let it happen, and compare all that is left."""
        self._begin()
        problems = []
        try:
            self._run_to_the_end()
        except StuckError as error:
            problems.append(str(error))
        for host in self.hosts:
            if host.machine.error is None and not host.machine.is_over:
                host.kill()
        if self._store.connection is None:  # as the server is down
            self.server.start()
        self.server.end()
        report = self._store.ask(self._compare)
        return report._replace(problems=[*problems, *report.problems])

    def _begin(self) -> None:
        for _ in range(self._plan.hosts):
            self._add_host()
        for what, times in self._plan.deaths.items():
            for _ in range(times):
                self._within(lambda what=what: self._let_happen(what))
        if self._plan.cancels:
            self._within(self._cancel)
        if any(job.on_lost == "hold" for job in self._plan.jobs):
            self._owner.retry_held(self._created.id)
        if self._large is not None:
            self._large.begin(self._within)

    def _run_to_the_end(self) -> None:
        while not self._is_over():
            if self.time.clock.now > LONGEST_S:
                raise StuckError("the workflow is stuck: no runner goes on")
            self.time.step()

    def _is_over(self) -> bool:
        """Return whether all is done; while it is not, the next runner is started."""
        for host in self.hosts:
            if not (host.machine.is_over or host.is_gone):
                return False
        if self._store.connection is None:  # the server is down
            return False
        if self._large is not None and not self._store.ask(self._large.is_idle):
            return False
        if not self._store.ask(self._is_open):
            return True
        if len(self.hosts) >= MOST_HOSTS:
            raise StuckError(f"the workflow is stuck: {len(self.hosts)} machines were not enough")
        self._add_host()
        return False

    def _is_open(self, conn: Connection) -> bool:
        """Return whether a runner has something to do."""
        found = _IS_CANCELED.first(conn, workflow_id=self._created.id)
        if found is None:  # it was deleted
            return False
        return has_open_jobs(conn, self._created.id) and not found.is_canceled

    # ---- machines

    def _add_host(self) -> None:
        host = Host(self.time, self._ledger, self._behave, self._plan.slots, connect=self._connect)
        host.may_be_gone = self._plan.deletes_own
        self.hosts.append(host)
        host.start_runner()

    def _connect(self, machine: Machine, registered: Callable[[int, Link], None]) -> None:
        """Register a runner, for as long as it takes."""

        def reply(node_id: Any) -> None:
            if isinstance(node_id, NotFoundError):
                machine.is_over = True
                return

            def exchange(request: Any, reply: Any, fail: Any) -> None:
                self.server.exchange(node_id, request, reply, fail)

            link = Link(exchange, self.network, machine, self.time, self._chance)
            registered(node_id, link)

        add = add_node if self._large is None else register
        work = Work(add, (self._created.id, self._plan.slots))
        self._owner.ask("node", work, reply, (NotFoundError,))

    def _behave(self, claimed: ClaimedJob) -> tuple[float, int]:
        job = self._planned[claimed.job.id or 0]
        code = 0
        if job.is_hopeless:
            code = FINAL
        elif claimed.counted_attempt <= job.failures:
            code = RETRIED
        if self._plan.is_steady:
            return 1 + claimed.token / 1000, code
        length_ms = round(self._chance.uniform(0.001, self._plan.longest_s) * 1000)
        while (claimed.job.id, length_ms) in self._lengths:
            length_ms += 1  # results are told apart by it
        self._lengths.add((claimed.job.id, length_ms))
        return length_ms / 1000, code

    # ---- what happens to them

    def _let_happen(self, what: str) -> None:
        if what == "wall clock set":
            self._fired[what] += 1
            day_ms = 24 * 3600 * 1000
            self.server.clock.offset_ms += self._chance.choice([-1, 1]) * self._chance.choice(
                [3_600_000, day_ms]
            )
            return
        host = choose(self._chance, self.hosts)
        if host is None:
            return
        self._fired[what] += 1
        if what == "machine dies":
            host.kill()
        elif what == "guard dies":
            host.kill_guard()
        elif what == "pause":
            length_s = self._chance.uniform(
                self._plan.timers.lost_seconds + 10, self._plan.longest_pause_s
            )
            host.pause(length_s, with_jobs=self._chance.random() < 0.5)
        else:
            host.kill_runner()
            if self._chance.random() < 0.3:
                self._fired["guard dies with its runner"] += 1
                host.guard.lose_processes()
            self._after(
                self._chance.choice([0.5, self._plan.timers.lost_seconds * 1.5]), host.start_runner
            )

    def _cancel(self) -> None:
        self._fired["canceled"] += 1
        work = Work(cancel_workflow, (self._created.id,))
        self.network.call(
            lambda reply, fail: self.server.request(work, reply, fail),
            lambda _: None,
            lambda: self._after(1.0, self._cancel),
        )

    def _within(self, event: Callable[[], None]) -> None:
        self._after(self._chance.uniform(0, self._plan.horizon_s), event)

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        self.time.at(self.time.clock.now + seconds, event)

    def _judge_expiry(self, node_id: int) -> None:
        """Note a loss where no runner is ever silent, but for those that have left."""
        for host in self.hosts:
            if host.has_runner and host.nodes[-1] == node_id:
                self._false_expiries.append(f"node {node_id}")

    # ---- what is left

    def _compare(self, conn: Connection) -> Report:
        rows = _RESULTS.all(conn)
        reported = [row for row in rows if row.return_code != LOST_RETURN_CODE]
        losses = Counter(row.job_id for row in rows if row.return_code == LOST_RETURN_CODE)
        token_of = {
            (job_id, end.code, end.ms): token for (job_id, token), end in self._ledger.ends.items()
        }
        counted: list[tuple[int, int | None, int]] = [
            (row.job_id, token_of.get(_mark(row)), row.return_code) for row in reported
        ]
        jobs = {row.id: row for row in _JOBS.all(conn) if row.id in self._planned}
        late = Counter((data["job_id"], data["token"]) for data in events_of(conn, "late_result"))
        expired = [
            data["compute_node_id"]
            for data in events_of(conn, "compute_node_stopped")
            if (data["reason"] or "").startswith("nothing heard")
        ]
        links = [link for host in self.hosts for link in host.links]
        answers = [answer for link in links for answer in link.acknowledged]
        known = {(job_id, token) for job_id, token, _ in counted}
        starts = Counter((start.job_id, start.token) for start in self._ledger.starts)
        final = Counter(job_id for job_id, _, code in counted if code != RETRIED)
        found: dict[str, Collection[Any]] = {
            "attempts that were executed twice": [k for k, count in starts.items() if count > 1],
            "jobs that began too early": self._ledger.too_early,
            "results that no process has left": [r for r in counted if r[1] is None],
            "results that are counted twice": [key for key, n in Counter(counted).items() if n > 1],
            "jobs with several final results": [
                j for j, count in final.items() if count > 1 + self._plan.resets
            ],
            "final results of attempts that are not the latest": [
                r
                for r in counted
                if r[2] != RETRIED and r[1] != jobs[r[0]].token and not self._plan.resets
            ],
            "acknowledged completions that are lost": {
                a[:2]
                for a in answers
                if a.result in {"ok", "duplicate"}
                and a.status in {"completed", "failed"}
                and a[:2] not in known
            },
            "late results that were not kept": {
                a[:2]
                for a in answers
                if a.result in {"fenced", "illegal"} and a[:2] not in late | Counter(known)
            },
            "completions that were kept nowhere": {
                key
                for host in self.hosts
                if host.has_reported
                for key in host.guard.finished
                if key not in known and key not in late
            },
            "late results that were kept twice": [key for key, n in late.items() if n > 1],
            "results that count and are called late": known & late.keys(),
            "jobs that lost more attempts than they may": [
                job_id
                for job_id, count in losses.items()
                if count > LOST_ATTEMPTS_LIMIT and not self._planned[job_id].on_lost
            ],
            "jobs whose status is not that of their results": [
                (row.id, JobStatus.from_number(row.status).value)
                for row in jobs.values()
                if self._is_wrong(row, final[row.id], losses[row.id])
            ],
            "attempts that were stopped for nothing": [
                key
                for host in self.hosts
                for key in host.guard.stopped
                if not (self._plan.may_stop or expired)
            ],
            "a runner was lost that was not silent": self._false_expiries,
            "old exchanges that were taken for new ones": self.server.taken_for_new,
            "runners that are registered twice": registered_twice(
                conn, self._created.id, self._owner.asked["node"]
            ),
            **contradictions(conn, self._ledger, self._planned),
            "damage": check(conn, self._store.database).problems,
        }
        if self._plan.deletes_own:
            found = {what: found[what] for what in KNOWN_WITHOUT_RECORDS}
        if self._large is not None:
            found |= self._large.problems(conn)
        problems = [
            f"{what}: {listed[:10]}" for what, items in found.items() if (listed := sorted(items))
        ]
        return Report(
            problems,
            self._fired,
            self._fingerprint(conn),
            len(expired),
            sum(late.values()),
        )

    def _is_wrong(self, row: Any, final: int, losses: int) -> bool:
        status = JobStatus.from_number(row.status)
        if status is JobStatus.CANCELED:
            return False
        if self._plan.cancels and status not in _COUNTED:
            return status in ACTIVE
        most = 1 if self._planned[row.id].on_lost == "fail" else LOST_ATTEMPTS_LIMIT
        if status is JobStatus.FAILED and losses >= most:
            return final > 0
        expected = JobStatus.FAILED if self._planned[row.id].is_hopeless else JobStatus.COMPLETED
        return not 1 <= final <= 1 + self._plan.resets or status is not expected

    def _fingerprint(self, conn: Connection) -> str:
        digest = hashlib.sha256(repr(self._ledger.starts).encode())
        for every in _ALL:
            digest.update(repr([tuple(row) for row in every.all(conn)]).encode())
        return digest.hexdigest()[:16]


def _mark(row: Any) -> tuple[int, int, int]:
    """Return by what a result is known in the ledger."""
    return row.job_id, row.return_code, round(row.exec_time_minutes * 60_000)
