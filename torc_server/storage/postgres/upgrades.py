"""Upgrades of PostgreSQL databases with older versions of the schema.

Steps that were released never change, so they are written out and do not look at the tables.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

FIRST = 13
"""The first version in which there are PostgreSQL databases."""


def _unfinished_work(connection: Connection) -> None:
    """Long work on workflows that is done in slices."""
    connection.exec_driver_sql(
        """
        CREATE TABLE unfinished_work (
            workflow_id BIGINT NOT NULL PRIMARY KEY,
            kind TEXT COLLATE "C" NOT NULL,
            data JSON,
            FOREIGN KEY(workflow_id) REFERENCES workflow (id) ON DELETE CASCADE
        )
        """
    )


def _boots(connection: Connection) -> None:
    """Which run of its machine a runner belongs to."""
    connection.exec_driver_sql('ALTER TABLE compute_node ADD COLUMN boot_id TEXT COLLATE "C"')


def _rare_events(connection: Connection) -> None:
    """An index of the events that not each job has."""
    connection.exec_driver_sql(
        """
        CREATE INDEX ix_event_rare ON event (workflow_id, id) WHERE
        (event_type NOT IN ('job_ready', 'job_started', 'job_completed')
        OR CAST(data AS TEXT) LIKE '%%"category"%%')
        """
    )


def _jobs_by_attempt(connection: Connection) -> None:
    """An index of jobs by their attempts, so that lists in that order are not sorted."""
    connection.exec_driver_sql("CREATE INDEX ix_job_attempt ON job (workflow_id, attempt_id, id)")


def _holders(connection: Connection) -> None:
    """Which server does long work, and which works on tasks."""
    connection.exec_driver_sql("ALTER TABLE unfinished_work ADD COLUMN holder BIGINT")
    connection.exec_driver_sql("ALTER TABLE task ADD COLUMN server BIGINT")


UPGRADES: tuple[Callable[[Connection], None], ...] = (
    _unfinished_work,
    _boots,
    _rare_events,
    _jobs_by_attempt,
    _holders,
)
"""The first upgrades from version `FIRST` to the next one, and so on."""
