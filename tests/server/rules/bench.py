"""A workflow under test: short words for what clients and runners do."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace
from sqlalchemy import Connection, insert, select

from torc_core.model.artifact import File
from torc_core.model.compute import ComputeNodesResources
from torc_core.model.exchange import Exchange, JobEnd, JobStart, WorkRequest
from torc_core.model.job import Job
from torc_core.model.resources import ResourceRequirements
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_server.rules.attempts.exchange import answer_exchange
from torc_server.rules.creation import create_jobs
from torc_server.rules.initialize import Initialization, initialize_jobs
from torc_server.rules.workflows import add_requirements, create_workflow
from torc_server.storage import tables

NOW = 1_700_000_000_000
TIME = "2024-01-01T00:00:00.000Z"
PLENTY = ComputeNodesResources(num_cpus=1000, memory_gb=1000.0, num_gpus=8, num_nodes=1)


@dataclass
class Bench:
    """One workflow in an otherwise empty database, driven by one runner unless told otherwise."""

    conn: Connection
    workflow_id: int = 0
    node_id: int = 0
    seq: int = 0
    tokens: dict[int, int] = field(default_factory=dict)

    def __post_init__(self):
        workflow = create_workflow(self.conn, Workflow(name="w", user="u"), now_ms=NOW)
        self.workflow_id = workflow.id
        self.node_id = self.add_node()

    def add_node(self, **values):
        node = {
            "workflow_id": self.workflow_id,
            "hostname": "h",
            "pid": 1,
            "start_time": TIME,
            "is_active": True,
            "num_cpus": 8,
            "memory_gb": 16.0,
            "num_gpus": 0,
            "num_nodes": 1,
            "compute_node_type": "local",
            "last_seq": 0,
        } | values
        return self.conn.execute(insert(tables.compute_node).values(node)).inserted_primary_key[0]

    def job(self, name="job", **fields):
        return Job(workflow_id=self.workflow_id, name=name, command="true", **fields)

    def create(self, *jobs):
        return [job.id for job in create_jobs(self.conn, jobs)]

    def add(self, name, after=(), **fields):
        return self.create(self.job(name, depends_on_job_ids=list(after), **fields))[0]

    def need(self, name="n", **fields):
        return add_requirements(
            self.conn, ResourceRequirements(workflow_id=self.workflow_id, name=name, **fields)
        )

    def file(self, name):
        values = {"workflow_id": self.workflow_id, "name": name, "path": f"{name}.dat"}
        File(**values)
        return self.conn.execute(insert(tables.file).values(values)).inserted_primary_key[0]

    def user_data(self, name, data=None, *, is_ephemeral=False):
        values = {
            "workflow_id": self.workflow_id,
            "name": name,
            "data": data,
            "is_ephemeral": is_ephemeral,
        }
        return self.conn.execute(insert(tables.user_data).values(values)).inserted_primary_key[0]

    def initialize(self, **options):
        asked = Initialization(**options)
        return initialize_jobs(self.conn, self.workflow_id, asked, now_ms=NOW)

    def turn(self, *, node_id=None, seq=None, **fields):
        """Take the next turn, or repeat an old one, and return the reply."""
        if seq is None:
            self.seq = seq = self.seq + 1
        turn = Exchange(seq=seq, **fields)
        reply = answer_exchange(self.conn, node_id or self.node_id, turn, now_ms=NOW).reply
        for claimed in reply.jobs:
            self.tokens[claimed.job.id] = claimed.token
        return reply

    def claim(self, limit=1000, resources=PLENTY, *, node_id=None, seq=None, **fields):
        work = WorkRequest(resources=resources, max_jobs=limit, **fields)
        return self.turn(node_id=node_id, seq=seq, work=work)

    def claimed_ids(self, *args, **fields):
        return [claimed.job.id for claimed in self.claim(*args, **fields).jobs]

    def ending(self, job_id, status=JobStatus.COMPLETED, **fields):
        end = JobEnd(
            job_id=job_id,
            token=self.tokens.get(job_id, 0),
            status=status,
            return_code=0 if status is JobStatus.COMPLETED else 1,
            exec_time_minutes=0.1,
            completion_time=TIME,
        )
        return replace(end, **fields)

    def result(self, job_id, node_id, status, return_code):
        """What a client without tokens reports."""
        return Result(
            job_id=job_id,
            workflow_id=self.workflow_id,
            run_id=self.workflow().run_id,
            compute_node_id=node_id,
            return_code=return_code,
            exec_time_minutes=1.0,
            completion_time=TIME,
            status=status,
        )

    def end(self, *job_ids, status=JobStatus.COMPLETED, **fields):
        """Report the ends of held jobs and return the outcomes."""
        reply = self.turn(ends=[self.ending(job_id, status, **fields) for job_id in job_ids])
        return [outcome.result for outcome in reply.outcomes]

    def start(self, *job_ids):
        starts = [JobStart(job_id=j, token=self.tokens[j], start_time=TIME) for j in job_ids]
        return self.turn(starts=starts)

    def run(self, *job_ids, status=JobStatus.COMPLETED):
        """Claim whatever is ready and end the given jobs."""
        self.claim()
        assert set(self.end(*job_ids, status=status)) <= {"ok"}

    def statuses(self):
        job = tables.job.c
        rows = self.conn.execute(
            select(job.name, job.status).where(job.workflow_id == self.workflow_id)
        )
        return {name: JobStatus.from_number(number).value for name, number in rows}

    def events(self):
        event = tables.event.c
        rows = self.conn.execute(select(event.event_type, event.data).order_by(event.id))
        return [(row.event_type, row.data) for row in rows]

    def event_types(self):
        return [event_type for event_type, _ in self.events()]

    def count(self, table):
        return len(self.conn.execute(select(table)).all())

    def workflow(self):
        return self.conn.execute(
            select(tables.workflow).where(tables.workflow.c.id == self.workflow_id)
        ).one()
