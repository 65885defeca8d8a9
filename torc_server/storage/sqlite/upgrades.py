"""Upgrades of SQLite databases with older versions of the schema.

Steps that were released never change, so they are written out and do not look at the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import Connection


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


def _execution_config(connection: Connection) -> None:
    """How the jobs of a workflow are executed."""
    connection.exec_driver_sql("ALTER TABLE workflow ADD COLUMN execution_config TEXT")


def _workflow_runs(connection: Connection) -> None:
    """Workflow runs, runners that are asked to shut down, attempts that are not counted."""
    for statement in (
        "ALTER TABLE job ADD COLUMN interrupted BOOLEAN NOT NULL DEFAULT 0",
        "ALTER TABLE job ADD COLUMN uncounted_attempts INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE compute_node ADD COLUMN shutdown TEXT",
        "ALTER TABLE compute_node ADD COLUMN shutdown_reason TEXT",
        """
        CREATE TABLE workflow_run (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            workflow_id INTEGER NOT NULL,
            run_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            status TEXT NOT NULL,
            user TEXT NOT NULL,
            host TEXT,
            boot_id TEXT,
            pid INTEGER,
            pid_start INTEGER,
            pid_namespace INTEGER,
            compute_node_id INTEGER,
            request_key TEXT,
            created_at INTEGER NOT NULL,
            heartbeat_at INTEGER NOT NULL,
            heartbeat_interval FLOAT NOT NULL,
            report_by_buffer FLOAT NOT NULL,
            ended_at INTEGER,
            exit_code INTEGER,
            reason TEXT,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE,
            FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE SET NULL
        )
        """,
        """
        CREATE UNIQUE INDEX ux_workflow_run_request
        ON workflow_run (workflow_id, request_key)
        """,
        """
        CREATE UNIQUE INDEX ux_workflow_run_resuming
        ON workflow_run (workflow_id) WHERE status = 'resuming'
        """,
        "CREATE INDEX ix_workflow_run_compute_node_id ON workflow_run (compute_node_id)",
    ):
        connection.exec_driver_sql(statement)


def _node_usage(connection: Connection) -> None:
    """What was used of a compute node."""
    for column in (
        "peak_cpu_percent FLOAT",
        "avg_cpu_percent FLOAT",
        "peak_memory_bytes INTEGER",
        "avg_memory_bytes INTEGER",
        "sample_count INTEGER",
    ):
        connection.exec_driver_sql(f"ALTER TABLE compute_node ADD COLUMN {column}")


def _action_executions(connection: Connection) -> None:
    """Which runners execute an action, and how that ended."""
    for statement in (
        """
        CREATE TABLE action_execution (
            action_id INTEGER NOT NULL,
            compute_node_id INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            return_code INTEGER,
            PRIMARY KEY (action_id, compute_node_id),
            FOREIGN KEY(action_id) REFERENCES workflow_action (id) ON DELETE CASCADE,
            FOREIGN KEY(compute_node_id) REFERENCES compute_node (id) ON DELETE CASCADE
        )
        """,
        "CREATE INDEX ix_action_execution_compute_node_id ON action_execution (compute_node_id)",
    ):
        connection.exec_driver_sql(statement)


def _allocation_requests(connection: Connection) -> None:
    """What the submitters of allocations called their requests."""
    for statement in (
        "ALTER TABLE scheduled_compute_node ADD COLUMN request_key TEXT",
        """
        CREATE UNIQUE INDEX ux_scheduled_compute_node_request
        ON scheduled_compute_node (workflow_id, request_key)
        """,
    ):
        connection.exec_driver_sql(statement)


def _recoveries(connection: Connection) -> None:
    """Records of recoveries, and which Slurm cluster knows an allocation."""
    for statement in (
        "ALTER TABLE scheduled_compute_node ADD COLUMN slurm_cluster TEXT",
        """
        CREATE TABLE recovery (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            workflow_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            run_id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            plan JSON,
            holder TEXT NOT NULL,
            held_until INTEGER NOT NULL,
            step TEXT,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            message TEXT,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
        )
        """,
        """
        CREATE UNIQUE INDEX ux_recovery_number
        ON recovery (workflow_id, run_id, kind, number)
        """,
        """
        CREATE UNIQUE INDEX ux_recovery_unfinished
        ON recovery (workflow_id) WHERE ended_at IS NULL
        """,
    ):
        connection.exec_driver_sql(statement)


def _deletions(connection: Connection) -> None:
    """How often rows of a workflow were deleted."""
    connection.exec_driver_sql(
        "ALTER TABLE workflow ADD COLUMN deletions INTEGER DEFAULT 0 NOT NULL"
    )


def _job_groups(connection: Connection) -> None:
    """Groups of jobs whose names differ in their numbers alone."""
    for statement in (
        """
        CREATE TABLE job_group (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            workflow_id INTEGER NOT NULL,
            name TEXT NOT NULL,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
        )
        """,
        "CREATE UNIQUE INDEX ux_job_group_name ON job_group (workflow_id, name)",
        "ALTER TABLE job ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0",
    ):
        connection.exec_driver_sql(statement)
    numbers: dict[tuple[int, str], int] = {}
    number = re.compile(r"\d+")
    last = 0
    while jobs := connection.exec_driver_sql(
        "SELECT id, workflow_id, name FROM job WHERE id > ? ORDER BY id LIMIT 10000", (last,)
    ).all():
        keys = [(workflow_id, number.sub("#", name)) for _, workflow_id, name in jobs]
        new = [key for key in dict.fromkeys(keys) if key not in numbers]
        numbers |= {key: at for at, key in enumerate(new, len(numbers) + 1)}
        if new:
            connection.exec_driver_sql(
                "INSERT INTO job_group (id, workflow_id, name) VALUES (?, ?, ?)",
                [(numbers[key], *key) for key in new],
            )
        connection.exec_driver_sql(
            "UPDATE job SET group_id = ? WHERE id = ?",
            [(numbers[key], job[0]) for key, job in zip(keys, jobs, strict=True)],
        )
        last = jobs[-1][0]
    for statement in (
        "CREATE INDEX ix_job_group ON job (group_id)",
        "DROP INDEX ix_job_claim",
        """
        CREATE INDEX ix_job_claim ON job
        (workflow_id, status, resource_requirements_id, scheduler_id, priority DESC, id, group_id)
        """,
        "DROP INDEX ix_job_dependency_set_id",
        "CREATE INDEX ix_job_dependency_set_id ON job (dependency_set_id, group_id)",
    ):
        connection.exec_driver_sql(statement)


def _answered_requests(connection: Connection) -> None:
    """The replies to requests with keys."""
    for statement in (
        """
        CREATE TABLE answered_request (
            "key" TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            answered_at INTEGER NOT NULL,
            reply BLOB NOT NULL,
            PRIMARY KEY ("key")
        )
        """,
        "CREATE INDEX ix_answered_request_answered_at ON answered_request (answered_at)",
    ):
        connection.exec_driver_sql(statement)


def _suspects(connection: Connection) -> None:
    """Since when runners are suspect."""
    connection.exec_driver_sql("ALTER TABLE compute_node ADD COLUMN suspect_at INTEGER")


def _loss_policies(connection: Connection) -> None:
    """What follows when an attempt of a job is lost."""
    connection.exec_driver_sql("ALTER TABLE job ADD COLUMN on_lost TEXT")


def _unfinished_work(connection: Connection) -> None:
    """Long work on workflows that is done in slices."""
    connection.exec_driver_sql(
        """
        CREATE TABLE unfinished_work (
            workflow_id INTEGER NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL,
            data JSON,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
        )
        """
    )


def _boots(connection: Connection) -> None:
    """Which run of its machine a runner belongs to."""
    connection.exec_driver_sql("ALTER TABLE compute_node ADD COLUMN boot_id TEXT")


def _rare_events(connection: Connection) -> None:
    """An index of the events that not each job has."""
    connection.exec_driver_sql(
        """
        CREATE INDEX ix_event_rare ON event (workflow_id, id) WHERE
        (event_type NOT IN ('job_ready', 'job_started', 'job_completed')
        OR CAST(data AS TEXT) LIKE '%"category"%')
        """
    )


def _jobs_by_attempt(connection: Connection) -> None:
    """An index of jobs by their attempts, so that lists in that order are not sorted."""
    connection.exec_driver_sql("CREATE INDEX ix_job_attempt ON job (workflow_id, attempt_id, id)")


def _holders(connection: Connection) -> None:
    """Which server does long work, and which works on tasks."""
    connection.exec_driver_sql("ALTER TABLE unfinished_work ADD COLUMN holder INTEGER")
    connection.exec_driver_sql("ALTER TABLE task ADD COLUMN server INTEGER")


UPGRADES: tuple[Callable[[Connection], None], ...] = (
    _dynamic_work,
    _execution_config,
    _workflow_runs,
    _node_usage,
    _action_executions,
    _allocation_requests,
    _recoveries,
    _deletions,
    _job_groups,
    _answered_requests,
    _suspects,
    _loss_policies,
    _unfinished_work,
    _boots,
    _rare_events,
    _jobs_by_attempt,
    _holders,
)
"""The first upgrades from version 1 to version 2, and so on."""
