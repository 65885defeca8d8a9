"""The schema that the steps make is the one that the tables describe."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

from torc_core.errors import ConflictError
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_server.queries.jobs import JobFilter, list_jobs
from torc_server.queries.running import running_jobs
from torc_server.records.pages import Paging
from torc_server.rules.attempts.client_reports import complete_job
from torc_server.rules.resets import process_changed_job_inputs
from torc_server.storage import migrations, sqlite
from torc_server.storage.sqlite import SQLiteDatabase
from torc_server.storage.sqlite_upgrades import UPGRADES

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def database(tmp_path):
    made = SQLiteDatabase(tmp_path / "torc.db")
    made.create()
    return made


@pytest.fixture
def connection(database):
    with database.writer_engine().connect() as opened:
        yield opened


def described(engine_or_connection):
    """Return everything that matters of a schema."""
    seen = inspect(engine_or_connection)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["primary_key"])
                for column in seen.get_columns(table)
            },
            "indexes": sorted(
                (index["name"], tuple(index["column_names"]), index["unique"])
                for index in seen.get_indexes(table)
            ),
            "references": sorted(
                (key["constrained_columns"][0], key["referred_table"], str(key["options"]))
                for key in seen.get_foreign_keys(table)
            ),
        }
        for table in seen.get_table_names()
    }


def test_the_steps_make_what_the_tables_describe(connection, database):
    migrations.migrate(connection, database, 0)
    wanted = create_engine("sqlite://")
    SQLModel.metadata.create_all(wanted)

    assert described(connection) == described(wanted)
    assert migrations.check_version(connection, database) == migrations.VERSION


def execute(connection, file):
    for statement in (DATA / file).read_text("utf-8").split(";\n"):
        connection.exec_driver_sql(statement)


def test_an_old_database_comes_to_what_the_tables_describe(connection, database):
    execute(connection, "schema_v1.sql")
    connection.exec_driver_sql("PRAGMA user_version=1")
    connection.commit()
    wanted = create_engine("sqlite://")
    SQLModel.metadata.create_all(wanted)

    migrations.migrate(connection, database, 1)

    assert described(connection) == described(wanted)


def test_a_workflow_that_an_old_server_began_goes_on(connection, database):
    execute(connection, "schema_v1.sql")
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    execute(connection, "rows_v1.sql")
    connection.commit()
    migrations.migrate(connection, database, 1)

    def statuses():
        found = list_jobs(connection, 1, JobFilter(), Paging()).items
        return {job.name: str(job.status) for job in found}

    old = {"a": "completed", "b": "ready", "d": "blocked", "e": "blocked", "g": "blocked"}
    assert statuses() == old | {"h": "failed", "r": "running", "rr": "pending"}
    changed = process_changed_job_inputs(connection, 1, dry_run=True, now_ms=0)
    assert changed.reinitialized_jobs == []
    [running] = running_jobs(connection, 1, Paging()).items
    assert (running.job_name, running.compute_node_name) == ("r", "h")
    assert running.start_time == "2026-11-20T14:19:56.652Z"

    for job in list_jobs(connection, 1, JobFilter(status="ready,running,pending"), Paging()).items:
        end(connection, job)
    assert statuses() == old | {
        "b": "completed",
        "d": "ready",
        "g": "ready",
        "h": "failed",
        "r": "completed",
        "rr": "completed",
    }


def end(connection, job):
    result = Result(
        job_id=job.id,
        workflow_id=1,
        run_id=0,
        compute_node_id=1,
        return_code=0,
        exec_time_minutes=0.5,
        completion_time="2026-01-01T00:00:00.000Z",
        status=JobStatus.COMPLETED,
    )
    complete_job(connection, job.id, JobStatus.COMPLETED, 0, result, now_ms=0)


def test_what_refers_to_a_row_is_found_without_reading_its_table(connection, database):
    migrations.migrate(connection, database, 0)
    references = [
        (table, key["constrained_columns"][0])
        for table in inspect(connection).get_table_names()
        for key in inspect(connection).get_foreign_keys(table)
    ]
    plans = {
        (table, column): connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = ?", (1,)
        ).one()[3]
        for table, column in references
    }

    assert [place for place, plan in plans.items() if not plan.startswith("SEARCH")] == []


def test_a_current_database_is_left_alone(connection, database):
    migrations.migrate(connection, database, 0)
    before = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()

    migrations.migrate(connection, database, migrations.check_version(connection, database))

    assert connection.exec_driver_sql("PRAGMA schema_version").scalar_one() == before


def test_a_step_that_fails_leaves_the_version_before_it(connection, database, monkeypatch):
    def broken(open_connection):
        open_connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
        open_connection.exec_driver_sql("SELECT nonsense")

    migrations.migrate(connection, database, 0)
    monkeypatch.setattr(sqlite, "UPGRADES", (*UPGRADES, broken))
    monkeypatch.setattr(migrations, "VERSION", migrations.VERSION + 1)
    with pytest.raises(Exception, match="nonsense"):
        migrations.migrate(connection, database, migrations.VERSION - 1)
    connection.rollback()

    assert migrations.check_version(connection, database) == migrations.VERSION - 1
    assert "half" not in inspect(connection).get_table_names()


@pytest.mark.parametrize(
    ("made", "word"),
    [("PRAGMA user_version=99", "99"), ("CREATE TABLE t (id INTEGER)", "another program")],
)
def test_what_is_not_ours_is_refused(connection, database, made, word):
    connection.exec_driver_sql(made)
    connection.commit()

    with pytest.raises(ConflictError, match=word):
        migrations.check_version(connection, database)
