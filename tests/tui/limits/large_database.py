"""A database with workflows of any size, made in seconds.

Their first jobs are made by the server's own rules, and all others are copies of these.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, insert

from torc_core.model.ids import WorkflowId, id_of
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_server.rules.creation import create_jobs
from torc_server.rules.initialize import initialize_jobs
from torc_server.rules.workflows import create_workflow
from torc_server.storage import tables
from torc_server.storage.migrations import migrate
from torc_server.storage.sqlite.database import SQLiteDatabase

FEW, MANY = 1_000, 1_000_000
"""Jobs of the workflows whose costs are compared."""
_FAST = ("synchronous=OFF", "journal_mode=OFF", "cache_size=-65536", "foreign_keys=OFF")
_KINDS = ("prepare", "simulate", "reduce", "report")
_COPY = {
    "id": ":last + first.id - :first + 1 + :kinds * (n - 1)",
    "name": "replace(first.name, '_0', '_' || n)",
    "command": "replace(first.command, '_0', '_' || n)",
    "attempt_id": "1 + (n % 1000 = 7)",
    "status": f"""CASE WHEN 2 * n > :copies THEN first.status
        WHEN n % 100 = 7 THEN {JobStatus.FAILED.number} ELSE {JobStatus.COMPLETED.number} END""",
}
"""What a copy has of its own: the first half of them is over, and one of a hundred has failed."""
_NODE = {
    "hostname": "node001", "pid": 1, "start_time": "2026-01-01T00:00:00.000Z", "is_active": False,
    "num_cpus": 8, "memory_gb": 16.0, "num_gpus": 0, "num_nodes": 1, "compute_node_type": "local",
    "last_seq": 0,
}  # fmt: skip
_RESULTS = (
    f"""
    INSERT INTO result (workflow_id, job_id, run_id, attempt_id, compute_node_id, return_code,
        exec_time_minutes, completion_time, status, peak_memory_bytes, peak_cpu_percent)
    SELECT workflow_id, id, 0, attempt_id, 1, iif(status = {JobStatus.FAILED.number}, 137, 0),
        id % 600 / 60.0, '2026-01-01T01:00:00.000Z', status, id * 104729 % 4294967296, id % 350
    FROM job WHERE status = {JobStatus.FAILED.number}
        OR (status = {JobStatus.COMPLETED.number} AND id % 10 = 5)
    """,
    """
    INSERT INTO workflow_result (workflow_id, job_id, result_id)
    SELECT workflow_id, job_id, id FROM result
    """,
)
"""Those of what has failed, and of a tenth of what has completed."""


def make_database(path: Path, sizes: dict[str, int]) -> None:
    """Make workflows of so many jobs, by their names."""
    database = SQLiteDatabase(path)
    database.create()
    engine = database.writer_engine()
    with engine.connect() as connection:
        migrate(connection, database, 0)
        firsts = {name: _make_first(connection, name) for name in sizes}
        with connection.begin():
            connection.execute(insert(tables.compute_node).values(_NODE | {"workflow_id": 1}))
        database.finish(connection)
    engine.dispose()
    with closing(sqlite3.connect(path)) as opened:
        for pragma in _FAST:
            opened.execute(f"PRAGMA {pragma}")
        indexes = opened.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'job' AND type = 'index'"
        ).fetchall()
        for name, _ in indexes:
            opened.execute(f"DROP INDEX {name}")
        for name, jobs in sizes.items():
            _copy(opened, firsts[name], jobs // len(_KINDS) - 1)
        for _, statement in indexes:  # sorting takes less than putting each row in its place
            opened.execute(statement)
        for statement in _RESULTS:
            opened.execute(statement)
        opened.commit()


def _make_first(connection: Connection, name: str) -> WorkflowId:
    with connection.begin():
        workflow = create_workflow(connection, Workflow(name=name, user="tester"), now_ms=0)
        workflow_id = id_of(workflow)
        jobs = [
            Job(
                workflow_id=workflow_id, name=f"{kind}_0", command=f"bash {kind}.sh --case {kind}_0"
            )
            for kind in _KINDS
        ]
        create_jobs(connection, jobs)
        initialize_jobs(connection, workflow_id, now_ms=0)
    return workflow_id


def _copy(opened: sqlite3.Connection, workflow_id: WorkflowId, copies: int) -> None:
    columns = [row[1] for row in opened.execute("PRAGMA table_info(job)")]
    values = ", ".join(_COPY.get(column, f"first.{column}") for column in columns)
    [(first, last)] = opened.execute(
        "SELECT min(id) FILTER (WHERE workflow_id = ?), max(id) FROM job", (workflow_id,)
    )
    opened.execute(
        f"""
        WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :copies)
        INSERT INTO job ({", ".join(columns)})
        SELECT {values} FROM number CROSS JOIN job AS first
        WHERE first.id BETWEEN :first AND :first + :kinds - 1
        """,
        {"copies": copies, "first": first, "last": last, "kinds": len(_KINDS)},
    )
