"""Events are found by their types, and those of a few by an index of their own."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from torc_core.model.events.event import Event
from torc_core.model.job import Job
from torc_core.model.workflow import Workflow
from torc_server.records.resources import EVENT
from torc_server.storage import migrations, tables
from torc_server.storage.sqlite.database import SQLiteDatabase


@pytest.fixture
def workflow_id(client):
    """A workflow with events of the server and of clients, under types of theirs and of others."""
    workflow_id = client.create_workflow(Workflow(name="typed", user="tester")).id
    client.create_job(Job(workflow_id=workflow_id, name="a", command="true"))
    client.initialize_jobs(workflow_id)
    for data in (
        {"type": "note"},
        {"type": "job_completed", "category": "Mine"},
        {"type": "job_started"},
        {"category": "job_ready"},
        {"category": "mine"},
        {"text": 'a "category" of its own'},
        {"CATEGORY": "mine"},
    ):
        client.create_event(Event(workflow_id=workflow_id, timestamp=0, data=data))
    return workflow_id


def expected(stored, category, *, is_part):
    def matches(name):
        return category.lower() in name.lower() if is_part else category == name

    return [
        event.id
        for event, kind in stored
        if matches(kind) or matches(str(event.data.get("category", "")))
    ]


@pytest.mark.parametrize("is_part", [False, True])
@pytest.mark.parametrize(
    "category",
    ["job_ready", "job_started", "job_completed", "JOB_C", "read", "e", "note", "mine", "Mine",
     "user_event", "workflow_started", "job_failed", "_", "%", "no"],
)  # fmt: skip
def test_those_of_a_type_or_a_category_are_listed(client, workflow_id, category, is_part):
    stored = [
        (event, event.data.get("event_type") or event.data.get("type", "user_event"))
        for event in client.list_events(workflow_id).items
    ]
    contains = {"contains": "category"} if is_part else {}
    found = client.list_events(workflow_id, category=category, **contains)

    assert [each.id for each in found.items] == expected(stored, category, is_part=is_part)
    assert found.total_count == len(found.items)


@pytest.fixture(params=[0, 15])
def connection(request, tmp_path):
    """Databases that are new, and that come from the version before the index."""
    database = SQLiteDatabase(tmp_path / "torc.db")
    database.create()
    with database.writer_engine().connect() as opened:
        migrations.migrate(opened, database, 0)
        if request.param:
            for later in ("ix_event_rare", "ix_job_attempt"):
                opened.exec_driver_sql(f"DROP INDEX {later}")
            for table, column in (("unfinished_work", "holder"), ("task", "server")):
                opened.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
            database.write_version(opened, request.param)
            opened.commit()
            migrations.migrate(opened, database, request.param)
        yield opened


@pytest.mark.parametrize("is_part", [False, True])
def test_events_of_each_job_are_not_read_in_search_of_others(connection, is_part):
    category = EVENT.filters["category"]
    condition = (category.part if is_part else category.condition)("job_failed")
    query = select(tables.event.c.id).where(tables.event.c.workflow_id == 1, condition)
    asked = query.order_by(tables.event.c.id.desc()).limit(200)
    words = asked.compile(connection, compile_kwargs={"literal_binds": True})
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}").all()

    assert [row[3] for row in plan] == ["SEARCH event USING INDEX ix_event_rare (workflow_id=?)"]
