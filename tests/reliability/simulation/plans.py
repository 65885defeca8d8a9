"""What a seed means: a workflow, machines, and how often what fails."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from reliability.simulation.network import Weather
from sqlalchemy import Connection, func, insert, select

from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import Exchange, WorkRequest
from torc_core.model.job import Job, OnLost
from torc_core.model.records.timers import DEFAULT_TIMERS, RunnerTimers
from torc_core.model.workflow import Workflow
from torc_server.background.large_work import Sizes
from torc_server.rules.attempts.exchange import answer_exchange
from torc_server.rules.creation import create_jobs
from torc_server.rules.initialize import initialize_jobs
from torc_server.rules.workflows import create_workflow, find_workflow
from torc_server.storage import tables
from torc_server.storage.statements import Prepared

RETRIED, FINAL = 3, 4
"""Exit codes: of an attempt that its failure handler retries, and of one that fails the job."""
_RULES = f'[{{"exit_codes": [{RETRIED}], "max_retries": 5}}]'


_POLICIES: tuple[OnLost, ...] = ("fail", "hold")


class PlannedJob(NamedTuple):
    """A job and what its attempts do."""

    needs: tuple[int, ...] = ()
    """Positions of earlier jobs."""
    failures: int = 0
    """How many attempts exit with `RETRIED` before one succeeds."""
    is_hopeless: bool = False
    """It exits with `FINAL`."""
    on_lost: OnLost | None = None


class Slicing(NamedTuple):
    """Large work: what is asked for, and how small its slices are."""

    sizes: Sizes
    longest_s: float
    """How long a slice waits for its turn at most."""
    start: Literal["start", "initialize", "task"]
    """How the workflow is initialized first."""
    again: int = 0
    """How often it is initialized while it runs."""
    resets: int = 0
    """How often its failed jobs are reset and initialized."""
    deletes: Literal["", "own", "neighbor"] = ""
    """Which workflow is deleted."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One history: what is to run, and what goes wrong."""

    jobs: tuple[PlannedJob, ...]
    hosts: int = 2
    slots: int = 2
    longest_s: float = 60.0
    """How long a job runs at most."""
    is_steady: bool = False
    """Each job runs for a second, so that many end together."""
    weather: Weather = field(default_factory=Weather)
    crash_share: float = 0.0
    """How often a group of the server's is its last."""
    deaths: dict[str, int] = field(default_factory=dict)
    """How often what else happens, see `History`."""
    cancels: bool = False
    horizon_s: float = 300.0
    """Within which all of it happens."""
    timers: RunnerTimers = DEFAULT_TIMERS
    """The server's."""
    longest_pause_s: float = 1500.0
    longest_down_s: float = 700.0
    """How long the server is away at most, once in ten times."""
    slicing: Slicing | None = None
    """The workflow is not initialized, and all that is large is done in slices."""

    @property
    def resets(self) -> int:
        """How often failed jobs are reset."""
        return self.slicing.resets if self.slicing else 0

    @property
    def deletes_own(self) -> bool:
        """Whether the workflow is deleted."""
        return self.slicing is not None and self.slicing.deletes == "own"

    @property
    def may_stop(self) -> bool:
        """Whether jobs may be stopped that run."""
        return self.cancels or self.deletes_own or bool(self.resets)


def _chain(count: int) -> list[PlannedJob]:
    return [PlannedJob((at - 1,) if at else ()) for at in range(count)]


def _diamond() -> list[PlannedJob]:
    return [PlannedJob(), PlannedJob((0,)), PlannedJob((0,)), PlannedJob((1, 2))]


def _fan(count: int, *, out: bool) -> list[PlannedJob]:
    leaves = [PlannedJob((0,) if out else ()) for _ in range(count)]
    return [PlannedJob(), *leaves] if out else [*leaves, PlannedJob(tuple(range(count)))]


def shapes(width: int) -> dict[str, tuple[PlannedJob, ...]]:
    """Return the shapes of workflows, some of them so wide."""
    retry = [PlannedJob(failures=2), PlannedJob((0,), failures=1), PlannedJob((1,))]
    hopeless = [PlannedJob(), PlannedJob((0,), is_hopeless=True), PlannedJob((1,)), PlannedJob()]
    return {
        "chain": tuple(_chain(5)),
        "diamond": tuple(_diamond()),
        "fan-out": tuple(_fan(width, out=True)),
        "fan-in": tuple(_fan(width, out=False)),
        "retry": tuple(retry),
        "cancel": tuple(hopeless),
    }


DEATHS = {
    "runner dies": 3,
    "machine dies": 1,
    "guard dies": 1,
    "pause": 2,
    "wall clock set": 2,
}
"""What happens to machines and clocks, and how often at most in one history."""


def plan_of(seed: int) -> Plan:
    """Return what a seed means."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        jobs = chance.choice(list(shapes(6).values()))
    else:
        jobs = tuple(_layered(chance))

    def share(worst: float) -> float:
        return chance.choice([0.0, 0.0, worst / 4, worst])

    plan = Plan(
        jobs=jobs,
        hosts=chance.choice([1, 2, 2, 3]),
        slots=chance.choice([1, 2, 4]),
        longest_s=chance.choice([5.0, 60.0, 60.0, 500.0]),
        weather=Weather(
            lost=share(0.2), reply_lost=share(0.2), duplicated=share(0.2), late=share(0.1)
        ),
        crash_share=share(0.2),
        deaths={
            what: chance.randint(1, most) for what, most in DEATHS.items() if chance.random() < 0.15
        },
        cancels=chance.random() < 0.05,
        horizon_s=chance.choice([20.0, 100.0, 600.0]),
    )
    on_lost = chance.choice(_POLICIES) if chance.random() < 0.2 else None
    return replace(plan, jobs=tuple(job._replace(on_lost=on_lost) for job in plan.jobs))


BRIEF = RunnerTimers(heartbeat_seconds=30.0, suspect_seconds=45.0, lost_seconds=70.0)
"""A lease is soon over, so that a history has a tenth of the heartbeats."""
WORKFLOWS = 40
"""How many there are for `SEEDS_EACH` seeds: what is made once does not take most of the time."""
SEEDS_EACH = 2000
SLICED_EACH = 8
"""One of so many seeds has large work, each step of which is a transaction."""


@cache
def _workflows(number: int) -> list[tuple[PlannedJob, ...]]:
    """Return the workflows of one run of seeds: a shape or layers, each with a policy."""
    chance = random.Random(f"workflows {number}")
    found = []
    for _ in range(WORKFLOWS):
        is_shape = chance.random() < 0.4
        jobs = chance.choice(list(shapes(3).values())) if is_shape else tuple(_layered(chance, 4))
        on_lost = chance.choice(_POLICIES) if chance.random() < 0.2 else None
        found.append(tuple(job._replace(on_lost=on_lost) for job in jobs))
    return found


def brief_of(seed: int) -> Plan:
    """Return what a seed means where all of it is brief, so that many fit into a minute."""
    chance = random.Random(seed)

    def share(worst: float) -> float:
        return chance.choice([0.0, 0.0, worst / 4, worst])

    return Plan(
        jobs=chance.choice(_workflows(seed // SEEDS_EACH)),
        hosts=chance.choice([1, 1, 2]),
        slots=chance.choice([1, 2, 4]),
        longest_s=chance.choice([2.0, 5.0, 20.0, 60.0]),
        weather=Weather(
            lost=share(0.2), reply_lost=share(0.2), duplicated=share(0.2), late=share(0.1)
        ),
        crash_share=share(0.2),
        deaths={
            what: chance.randint(1, most) for what, most in DEATHS.items() if chance.random() < 0.1
        },
        cancels=chance.random() < 0.05,
        horizon_s=chance.choice([2.0, 10.0, 40.0]),
        timers=BRIEF,
        longest_pause_s=200.0,
        longest_down_s=60.0,
        slicing=_slicing(seed) if seed % SLICED_EACH == 0 else None,
    )


def slices_of(seed: int) -> Plan:
    """Return what a seed means where all of it is brief, and work is large enough for slices."""
    return replace(brief_of(seed), slicing=_slicing(seed))


def _slicing(seed: int) -> Slicing:
    chance = random.Random(f"slices of {seed}")
    sizes = Sizes(large=1, piece=chance.randint(1, 3), rows=chance.randint(1, 8))
    return Slicing(
        sizes=sizes,
        longest_s=chance.choice([0.1, 1.0, 4.0]),
        start=chance.choice(["start", "initialize", "task"]),
        again=chance.choice([0, 0, 1, 2]),
        resets=chance.choice([0, 0, 1]),
        deletes=chance.choice(["", "", "own", "neighbor"]),
    )


def pauses_of(seed: int) -> Plan:
    """Return what a seed means where nothing happens but pauses, with jobs that take long."""
    return Plan(
        jobs=(PlannedJob(),) * 60,
        hosts=3,
        slots=3,
        longest_s=2400.0,
        deaths={"pause": 10 + seed % 5},
        horizon_s=12_000.0,
    )


def clocks_of(seed: int) -> Plan:
    """Return what a seed means where the server dies and its clock is set, and no runner is silent.

    Jobs run for longer than a lease, so that a lease which is wrong is over before they are.
    """
    return Plan(
        jobs=(PlannedJob(),) * 6,
        hosts=2,
        slots=3,
        longest_s=2400.0,
        crash_share=0.05 if seed % 2 else 0.0,
        deaths={"wall clock set": 4},
        horizon_s=1500.0,
    )


PROFILES = {
    "all": brief_of,
    "slices": slices_of,
    "long": plan_of,
    "pauses": pauses_of,
    "clocks": clocks_of,
}
"""What seeds may mean."""


def _layered(chance: random.Random, most_jobs: int = 9) -> list[PlannedJob]:
    jobs: list[PlannedJob] = []
    for at in range(chance.randint(1, most_jobs)):
        most = min(at, 3)
        needs = tuple(sorted(chance.sample(range(at), chance.randint(0, most))))
        fails = chance.random()
        jobs.append(PlannedJob(needs, failures=int(fails < 0.1), is_hopeless=fails > 0.95))
    return jobs


class Created(NamedTuple):
    """A workflow in the database."""

    id: int
    job_ids: list[int]
    neighbor: Created | None = None
    """Another one beside it."""


def _create(conn: Connection, jobs: tuple[PlannedJob, ...], *, now_ms: int) -> Created:
    workflow = create_workflow(conn, Workflow(name="w", user="u"), now_ms=now_ms)
    handler = {"workflow_id": workflow.id, "name": "h", "rules": _RULES}
    key = conn.execute(insert(tables.failure_handler).values(handler)).inserted_primary_key
    assert key is not None
    ids: dict[int, int] = {}
    while len(ids) < len(jobs):
        batch = [at for at, job in enumerate(jobs) if at not in ids and ids.keys() >= {*job.needs}]
        records = [
            Job(
                workflow_id=workflow.id,
                name=f"j{at}",
                command="true",
                depends_on_job_ids=[ids[need] for need in jobs[at].needs],
                failure_handler_id=key[0] if jobs[at].failures else None,
                on_lost=jobs[at].on_lost,
            )
            for at in batch
        ]
        made = create_jobs(conn, records)
        ids |= {at: job.id or 0 for at, job in zip(batch, made, strict=True)}
    return Created(workflow.id or 0, [ids[at] for at in range(len(jobs))])


def create(conn: Connection, jobs: tuple[PlannedJob, ...], *, now_ms: int) -> Created:
    """Create and initialize the workflow of a plan."""
    created = _create(conn, jobs, now_ms=now_ms)
    initialize_jobs(conn, created.id, now_ms=now_ms)
    return created


def create_large(conn: Connection, jobs: tuple[PlannedJob, ...], *, now_ms: int) -> Created:
    """Create the workflow of a plan, and a neighbor of which a dead runner has claimed jobs."""
    created = _create(conn, jobs, now_ms=now_ms)
    neighbor = create(conn, tuple(_diamond()), now_ms=now_ms)
    node_id = add_node(conn, neighbor.id, 4, now_ms=now_ms)
    room = ComputeNodesResources(num_cpus=4, memory_gb=8.0, num_gpus=0, num_nodes=1)
    work = WorkRequest(resources=room, max_jobs=4)
    answer_exchange(conn, node_id, Exchange(seq=1, work=work), now_ms=now_ms)
    return created._replace(neighbor=neighbor)


def register(conn: Connection, workflow_id: int, slots: int, *, now_ms: int) -> int:
    """Register a compute node of a workflow that may have been deleted.

    Raises:
        NotFoundError: It was.
    """
    find_workflow(conn, workflow_id)
    return add_node(conn, workflow_id, slots, now_ms=now_ms)


_COLUMNS = (
    *("workflow_id", "hostname", "pid", "start_time", "is_active", "num_cpus", "memory_gb"),
    *("num_gpus", "num_nodes", "compute_node_type", "last_seq", "last_seen_at"),
)
_ADD_NODE = Prepared(insert(tables.compute_node), *_COLUMNS)
_LATEST_NODE = Prepared(select(func.max(tables.compute_node.c.id)))


def add_node(conn: Connection, workflow_id: int, slots: int, *, now_ms: int) -> int:
    """Register a compute node."""
    values: dict[str, Any] = {
        "workflow_id": workflow_id,
        "hostname": "h",
        "pid": 1,
        "start_time": "2024-01-01T00:00:00.000Z",
        "is_active": True,
        "num_cpus": slots,
        "memory_gb": 1000.0,
        "num_gpus": 0,
        "num_nodes": 1,
        "compute_node_type": "local",
        "last_seq": 0,
        "last_seen_at": now_ms,
    }
    _ADD_NODE.run_each(conn, [values])
    [(node_id,)] = _LATEST_NODE.all(conn)
    return int(node_id)
