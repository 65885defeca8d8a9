"""Events at a terminal: created, listed by type, followed across a restart of the server."""

from __future__ import annotations

import json
import signal

import pytest
from cli.monitor import Monitor, create
from core.client.raw_server import RawServer, reply
from waiting import wait_for

from torc_core.characters import HIDDEN
from torc_core.clock import utc_text
from torc_core.model.workflow import Workflow

HOSTILE = "\x1b[2J\x9b2J\u202e"


@pytest.fixture
def workflow(client):
    return client.create_workflow(Workflow(name="eventful", user="tester")).id


@pytest.fixture
def monitor(tmp_path):
    started = []

    def start(url, *arguments):
        started.append(Monitor(url, *arguments, cwd=tmp_path))
        return started[-1]

    yield start
    for each in started:
        each.end()


def test_the_list_is_filtered_by_type_and_category(torc, client, workflow):
    ids = [
        create(client, workflow, type="note"),
        create(client, workflow, type="other", category="note"),
        create(client, workflow, type="other"),
        create(client, workflow, type="note"),
        create(client, workflow, type="No Name", category=["note"]),
    ]

    def listed(*options):
        events = torc("-f", "json", "events", "list", workflow, *options).json["events"]
        return [ids.index(event["id"]) for event in events]

    assert listed("-c", "note") == [0, 1, 3]
    assert listed("--type", "note", "-o", "1", "-l", "1") == [1]
    assert listed("-t", "note", "-s", "id", "-r") == [3, 1, 0]
    assert listed("-l", "2") == [0, 1]
    assert listed("-c", "user_event") == [4]


def test_a_server_that_ignores_the_category_gives_the_same_list(torc_alone, monkeypatch):
    """The reference's server does."""
    events = [
        {"id": n, "workflow_id": 1, "timestamp": n, "data": {"category": "ab"[n % 2]}}
        for n in range(1, 8)
    ]

    def answer(request):
        if "/events" not in request.target:
            return reply({"id": 1, "name": "w", "user": "u"})
        return reply({"items": events, "count": 7, "total_count": 7, "has_more": False})

    with RawServer(answer) as server:
        monkeypatch.setenv("TORC_API_URL", server.url)
        listed = torc_alone("-f", "json", "events", "list", 1, "-c", "a", "-o", 1, "-l", 2).json

    assert [event["id"] for event in listed["events"]] == [4, 6]


def test_the_latest_event_is_shown(torc, client, workflow):
    create(client, workflow, type="first")
    latest = create(client, workflow, type="second")

    shown = torc("-f", "json", "events", "get-latest-event", workflow).json

    assert shown["id"] == latest
    assert shown["data"] == {"type": "second"}
    assert shown["timestamp_formatted"]


def test_a_workflow_without_events_has_no_latest_one(torc, workflow):
    answer = torc("-f", "json", "events", "get-latest-event", workflow)

    assert (answer.code, answer.out) == (4, "")
    assert f"Workflow {workflow} has no events." in answer.err


def test_events_are_shown_as_they_happen(monitor, server, client, workflow, tmp_path):
    line = ("events", "monitor", workflow, "--filename", "events.jsonl", "-c", "note")
    following = monitor(server.url, *line)

    shown = following.first(client, workflow, type="note", text=HOSTILE)
    assert "  info     note  " in shown
    assert not HIDDEN.search(shown.rstrip("\n"))
    first, *_ = (tmp_path / "events.jsonl").read_text("utf-8").split("\n")
    assert not HIDDEN.search(first)
    first = json.loads(first)
    assert first["data"]["text"] == HOSTILE
    assert set(first) == {
        *("workflow_id", "timestamp", "timestamp_formatted", "event_type", "severity", "data")
    }
    create(client, workflow, type="other")
    create(client, workflow, type="note", text="last")
    while "last" not in (shown := following.next()):
        assert "other" not in shown


def test_times_are_in_utc(monitor, torc, server, client, workflow, monkeypatch):
    monkeypatch.setenv("TZ", "America/Denver")
    following = monitor(server.url, "events", "monitor", workflow)

    followed = following.first(client, workflow, type="note")
    listed = torc("events", "list", workflow).out.splitlines()[1:]

    moments = {utc_text(event.timestamp) for event in client.list_events(workflow).items}
    assert followed.split()[0] in moments
    assert {line.split()[1] for line in listed} == moments


def test_a_monitor_ends_after_its_duration_and_at_ctrl_c(monitor, server, client, workflow):
    brief = monitor(server.url, "events", "monitor", workflow, "-d", 0.001)
    endless = monitor(server.url, "events", "monitor", workflow, "--level", "error")
    assert brief.process.wait(100) == 0

    create(client, workflow, type="note")
    assert "  error    job_failed  " in endless.first(client, workflow, type="job_failed")
    endless.process.send_signal(signal.SIGINT)
    assert endless.process.wait(100) == 130


def test_what_happens_while_the_server_is_away_is_shown_afterwards(monitor, make_server):
    server = make_server()
    client = server.client()
    workflow = client.create_workflow(Workflow(name="restarted", user="tester")).id
    following = monitor(server.url, "-f", "json", "events", "monitor", workflow, "-p", 0.1)
    following.first(client, workflow, type="hello")

    server.kill()
    wait_for(lambda: "reconnecting" in following.process.stderr.readline(), "a broken connection")
    server.start()
    for number in range(3):
        create(client, workflow, type="after", number=number)

    numbers = []
    while len(numbers) < 3:
        line = following.next()
        if '"number"' in line:
            numbers.append(int(line.split(":")[1]))
    assert numbers == [0, 1, 2]
    client.close()


def test_the_events_of_a_deleted_workflow_end(monitor, server, client, workflow):
    following = monitor(server.url, "events", "monitor", workflow, "-p", 0.1)
    following.first(client, workflow, type="hello")

    client.delete_workflow(workflow)

    assert following.process.wait(100) == 4


def test_a_file_that_cannot_be_written_is_named(torc, workflow):
    answer = torc("events", "monitor", workflow, "--filename", "/nowhere/events.jsonl")

    assert answer.code == 9
    assert "/nowhere/events.jsonl" in answer.err
