"""The schema, and how a database of an older version comes to it.

A new database is made as the tables describe it. An older one is brought forward step by step, in
one transaction with the new number, so a database is always at one of the versions and never
between two.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from torc_core.errors import ConflictError
from torc_server.storage import tables


def _dynamic_work(connection: Connection) -> None:
    """Environments, jobs that add jobs, when jobs began, tasks, RO-Crate, Slurm statistics."""
    for statement in (
        "ALTER TABLE workflow ADD COLUMN env JSON",
        "ALTER TABLE workflow ADD COLUMN dynamic_jobs JSON",
        "ALTER TABLE workflow ADD COLUMN enable_ro_crate BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE workflow ADD COLUMN submission_directory TEXT",
        "ALTER TABLE job ADD COLUMN env JSON",
        "ALTER TABLE job ADD COLUMN origin TEXT",
        "ALTER TABLE job ADD COLUMN started_at INTEGER",
        """
        UPDATE job SET started_at = (
            SELECT started_at FROM attempt WHERE job_id = job.id AND token = job.token
        ) WHERE status = 4
        """,
        """
        CREATE INDEX ix_job_failure_handler ON job (failure_handler_id)
        WHERE failure_handler_id IS NOT NULL
        """,
        "CREATE INDEX ix_workflow_action_executed_by ON workflow_action (executed_by)",
        """
        CREATE TABLE task (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            workflow_id INTEGER NOT NULL,
            operation TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            error TEXT,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
        )
        """,
        "CREATE INDEX ix_task_workflow_id ON task (workflow_id)",
        """
        CREATE TABLE ro_crate_entity (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            workflow_id INTEGER NOT NULL,
            entity_id TEXT NOT NULL,
            entity_type TEXT NOT NULL,
            file_id INTEGER,
            entity_metadata JSON,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
            FOREIGN KEY(file_id) REFERENCES file (id) ON DELETE SET NULL
        )
        """,
        "CREATE UNIQUE INDEX ux_ro_crate_entity ON ro_crate_entity (workflow_id, entity_id)",
        "CREATE INDEX ix_ro_crate_entity_file_id ON ro_crate_entity (file_id)",
        """
        CREATE TABLE slurm_stats (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            workflow_id INTEGER NOT NULL,
            job_id INTEGER NOT NULL,
            run_id INTEGER NOT NULL,
            attempt_id INTEGER NOT NULL,
            slurm_job_id TEXT,
            max_rss_bytes INTEGER,
            max_vm_size_bytes INTEGER,
            max_disk_read_bytes INTEGER,
            max_disk_write_bytes INTEGER,
            ave_cpu_seconds FLOAT,
            node_list TEXT,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
            FOREIGN KEY(job_id) REFERENCES job (id) ON DELETE CASCADE
        )
        """,
        "CREATE INDEX ix_slurm_stats_workflow_id ON slurm_stats (workflow_id)",
        """
        CREATE UNIQUE INDEX ux_slurm_stats_attempt
        ON slurm_stats (job_id, run_id, attempt_id)
        """,
    ):
        connection.exec_driver_sql(statement)


UPGRADES: tuple[Callable[[Connection], None], ...] = (_dynamic_work,)
"""The first brings a database from version 1 to version 2, and so on. Those that were released
never change, so they are written out and do not look at the tables; SQLite is the only database
that has older versions."""

VERSION = 1 + len(UPGRADES)
"""The version of the schema that the tables describe."""


def check_version(connection: Connection, database: Path) -> int:
    """Return the version of a database that this program may use; changes nothing.

    Raises:
        ConflictError: The database is newer than this program, or another program's.
    """
    version: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > VERSION:
        raise ConflictError(
            f"The database {database} has schema version {version}; this program knows "
            f"version {VERSION} and older.",
            hint="Start the newer torc-server that wrote it, or name another file.",
        )
    if version == 0 and inspect(connection).get_table_names():
        raise ConflictError(
            f"The database {database} belongs to another program.",
            hint="Name another file with --database.",
        )
    return version


def migrate(connection: Connection, version: int) -> None:
    """Bring a database from its version, 0 for an empty one, to this program's."""
    if version == VERSION:
        return
    with connection.begin():
        if version == 0:
            assert tables.workflow is not None  # importing the tables fills the metadata
            SQLModel.metadata.create_all(connection, checkfirst=False)
        else:
            for upgrade in UPGRADES[version - 1 :]:
                upgrade(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
