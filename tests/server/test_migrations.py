"""The schema that the steps make is the one that the tables describe."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, inspect
from sqlmodel import SQLModel

from torc_core.errors import ConflictError
from torc_core.model.result import Result
from torc_core.model.status import JobStatus
from torc_server.queries.job_groups import list_job_groups
from torc_server.queries.jobs import JobFilter, list_jobs
from torc_server.queries.running import running_jobs
from torc_server.records.pages import Paging
from torc_server.rules.attempts.client_reports import complete_job
from torc_server.rules.resets import process_changed_job_inputs
from torc_server.storage import migrations
from torc_server.storage.sqlite import database as sqlite_database
from torc_server.storage.sqlite.database import SQLiteDatabase
from torc_server.storage.sqlite.upgrades import UPGRADES

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


def test_jobs_of_an_old_database_are_grouped(connection, database):
    execute(connection, "schema_v1.sql")
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    execute(connection, "rows_v1.sql")
    connection.exec_driver_sql("UPDATE job SET name = 'fit_' || id WHERE name IN ('a', 'h')")
    connection.commit()
    migrations.migrate(connection, database, 1)
    groups = {each.name: each for each in list_job_groups(connection, 1, Paging()).items}

    assert groups.keys() == {"fit_#", "b", "d", "e", "g", "r", "rr"}
    assert groups["fit_#"].jobs_by_status == {"completed": 1, "failed": 1}


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
    monkeypatch.setattr(sqlite_database, "UPGRADES", (*UPGRADES, broken))
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


def make_version(database, version):
    """Make the database as a program of an older version left it, with a workflow in it."""
    with database.writer_engine().connect() as made:
        execute(made, "schema_v1.sql")
        made.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        execute(made, "rows_v1.sql")
        for step in UPGRADES[: version - 1]:
            step(made)
        database.write_version(made, version)
        made.commit()


@pytest.fixture(scope="module")
def wanted():
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    return described(engine)


@pytest.mark.parametrize("version", range(1, migrations.VERSION))
def test_a_database_of_each_older_version_is_brought_forward(database, wanted, version):
    make_version(database, version)
    with database.writer_engine().connect() as connection:
        migrations.migrate(connection, database, version)

        assert described(connection) == wanted
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        names = connection.exec_driver_sql("SELECT name FROM job ORDER BY name").scalars().all()
        assert names == ["a", "b", "d", "e", "g", "h", "r", "rr"]


def killed_at(database, version, number):
    """Upgrade in a child that is killed before its statement of a number; False: there is none."""
    child = os.fork()
    if child == 0:
        engine, left = database.writer_engine(), [number]

        @event.listens_for(engine, "before_cursor_execute")
        def count(*_):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with engine.connect() as connection:
                migrations.migrate(connection, database, version)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_an_upgrade_that_is_killed_at_any_statement_leaves_the_old_version_or_the_new(
    tmp_path, wanted
):
    original = SQLiteDatabase(tmp_path / "old.db")
    original.create()
    make_version(original, 1)
    with original.writer_engine().connect() as connection:
        old = described(connection)
    found = []
    for number in itertools.count():
        database = SQLiteDatabase(tmp_path / "torc.db")
        for ending in ("", "-wal", "-shm"):
            (tmp_path / f"torc.db{ending}").unlink(missing_ok=True)
        shutil.copy(original.path, database.path)
        was_killed = killed_at(database, 1, number)
        with database.writer_engine().connect() as connection:
            version = migrations.check_version(connection, database)
            found.append(version)
            assert described(connection) == {1: old, migrations.VERSION: wanted}[version]
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        if not was_killed:
            break

    assert found[-1] == migrations.VERSION
    assert set(found) == {1, migrations.VERSION}
    assert len(found) > 40
