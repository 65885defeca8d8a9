"""`torc-server check` on a database of PostgreSQL."""

from __future__ import annotations

import subprocess
import sys

import pytest


def check(address, *options):
    command = [sys.executable, "-m", "torc_server", "check", "--database", address, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def execute(postgres, address):
    """Execute a statement in the database."""
    name = address.partition("?")[0].rpartition("/")[2]
    return lambda statement: postgres.execute(statement, name)


@pytest.fixture
def server(make_server, http_of, address):
    """A server with a workflow of two jobs, of which the second needs the first."""
    running = make_server(address=address)
    call = http_of(running)
    workflow = call.make_workflow()
    needs = []
    for name in ("a", "b"):
        job = {"workflow_id": workflow, "name": name, "command": "true"}
        needs.append(call("POST", "/jobs", job | {"depends_on_job_ids": needs}).body["id"])
    assert call("POST", f"/workflows/{workflow}/initialize_jobs").status == 200
    return running


def test_a_database_in_use_is_said_to_be_in_order(server, address):
    found = check(address)

    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.endswith("is in order: 1 workflow, 2 jobs.\n")


def test_wrong_counters_are_corrected_with_an_event_when_no_server_runs(
    server, address, execute, http_of
):
    execute("UPDATE dependency_set SET remaining = 7, unsuccessful = 1")
    execute("UPDATE job SET status = 5 WHERE name = 'a'")

    found = check(address)
    assert (found.returncode, found.stdout) == (
        9,
        "Workflow 1 has 1 wrong counter of dependencies.\n",
    )
    refused = check(address, "--repair")
    assert (refused.returncode, "Servers use the database" in refused.stderr) == (5, True)
    server.kill()
    repaired = check(address, "--repair")
    assert repaired.returncode == 0, repaired.stderr
    assert check(address).returncode == 0

    server.start()
    call = http_of(server)
    [job] = call("GET", "/jobs", workflow_id=1, name="b").body["items"]
    assert job["status"] == "ready"
    events = call("GET", "/events", workflow_id=1).body["items"]
    assert [each["data"]["counters"] for each in events if "counters" in each["data"]] == [1]


def test_references_to_nothing_and_unfinished_indexes_are_damage(server, address, execute):
    execute("SET session_replication_role = replica; UPDATE job SET workflow_id = 77 WHERE id = 1")
    execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_event_rare'::regclass")

    found = check(address)

    assert found.returncode == 9
    assert found.stdout == (
        "Index ix_event_rare is not valid; REINDEX rebuilds it.\n"
        "Table job has 1 reference to rows of workflow that do not exist.\n"
    )
    assert "restore a backup" in found.stderr


def test_what_is_no_database_of_this_program_is_refused(postgres, address):
    empty = check(address)
    assert (empty.returncode, "is empty" in empty.stderr) == (4, True)

    missing = check(postgres.url("missing"))
    assert (missing.returncode, "cannot be opened" in missing.stderr) == (9, True)
