"""The event feed tells of news once, and finds a lost server again."""

from __future__ import annotations

import threading

from waiting import wait_for

from torc_core.client import TorcClient
from torc_core.model.job import Job
from torc_core.model.status import JobStatus
from torc_core.model.workflow import Workflow
from torc_core.operations.event_feed import EventFeed


def make_jobs(client, count):
    number = client.create_workflow(Workflow(name="fed", user="tester")).id
    jobs = [Job(workflow_id=number, name=f"job_{i}", command="true") for i in range(count)]
    client.create_jobs(jobs)
    client.initialize_jobs(number)
    return number, client.list_jobs(number).items


def test_a_burst_of_events_is_one_piece_of_news(server, client):
    number, jobs = make_jobs(client, 20)
    told = []
    feed = EventFeed(server.client, number, lambda: told.append(threading.get_ident()))
    try:
        wait_for(lambda: feed.is_live and told, "the feed to be live")
        feed.acknowledge()
        told.clear()
        for job in jobs:
            client.manage_status_change(job.id, JobStatus.CANCELED, 0)
        wait_for(lambda: told, "news")

        assert len(told) == 1
        assert told[0] != threading.get_ident()
    finally:
        feed.close()


def test_a_lost_server_is_found_again(make_server):
    own = make_server()
    number, jobs = make_jobs(own.client(), 1)
    told = []
    feed = EventFeed(own.client, number, lambda: told.append(1))
    try:
        wait_for(lambda: feed.is_live, "the feed to be live")
        own.kill()
        wait_for(lambda: not feed.is_live, "the loss to be noticed")
        own.start()
        wait_for(lambda: feed.is_live, "the feed to be live again")
        feed.acknowledge()
        told.clear()
        own.client().manage_status_change(jobs[0].id, JobStatus.CANCELED, 0)
        wait_for(lambda: told, "news")
    finally:
        feed.close()


def test_no_pause_is_kept_once_the_server_is_known_to_answer(make_server, monkeypatch):
    monkeypatch.setattr("torc_core.operations.follow_events.FIRST_PAUSE_S", 3600.0)
    own = make_server()
    number, _ = make_jobs(own.client(), 1)
    monkeypatch.setattr("torc_core.operations.event_feed._LONGEST_PAUSE_S", 3600.0)
    own.kill()
    told = []
    feed = EventFeed(own.client, number, lambda: told.append(1))
    try:
        wait_for(lambda: told, "the first try to have failed")
        own.start()
        feed.reconnect_now()
        wait_for(lambda: feed.is_live, "the feed to be live")
    finally:
        feed.close()


def test_closing_ends_the_thread(server, client):
    number, _ = make_jobs(client, 1)
    before = set(threading.enumerate())
    feed = EventFeed(server.client, number, lambda: None)
    wait_for(lambda: feed.is_live, "the feed to be live")
    feed.close()

    wait_for(lambda: set(threading.enumerate()) <= before, "the thread to end")


def test_closing_while_the_stream_is_opened_ends_the_thread(server, client):
    number, _ = make_jobs(client, 1)
    made = threading.Event()

    class ClosedMeanwhile(TorcClient):
        def stream_events(self, *arguments, **options):
            stream = super().stream_events(*arguments, **options)
            assert made.wait(100)
            feed.close()
            return stream

    before = set(threading.enumerate())
    feed = EventFeed(lambda: ClosedMeanwhile(server.url), number, lambda: None)
    made.set()

    wait_for(lambda: set(threading.enumerate()) <= before, "the thread to end")
