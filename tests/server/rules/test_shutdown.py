"""Runners that are asked to stop or drain hear of it at once, and get no more jobs."""

from __future__ import annotations

import pytest
from server.rules.bench import NOW
from sqlalchemy import update

from torc_core.model.exchange import Exchange, Shutdown
from torc_server.rules.attempts.exchange import answer_exchange, answer_waiting
from torc_server.storage import tables


def ask(bench, shutdown):
    node = tables.compute_node
    asked = update(node).where(node.c.id == bench.node_id)
    bench.conn.execute(asked.values(shutdown=shutdown, shutdown_reason="maintenance"))


@pytest.mark.parametrize("shutdown", Shutdown)
def test_a_runner_hears_what_it_is_asked_and_why(bench, shutdown):
    bench.add("job")
    bench.initialize()
    assert bench.turn().shutdown is None
    ask(bench, shutdown)

    reply = bench.claim()

    assert (reply.shutdown, reply.shutdown_reason) == (shutdown, "maintenance")
    assert reply.jobs == []
    assert bench.claimed_ids(node_id=bench.add_node(), seq=1)


def test_a_runner_that_waits_hears_of_it_at_once(bench):
    bench.add("job")
    waiting = Exchange(seq=1, wait_seconds=30)
    assert not answer_exchange(bench.conn, bench.node_id, waiting, now_ms=NOW).has_news
    ask(bench, Shutdown.STOP)
    assert answer_waiting(bench.conn, bench.node_id, waiting, now_ms=NOW).has_news


def test_reports_of_a_runner_that_stops_still_count(bench):
    job = bench.add("job")
    bench.initialize()
    bench.claim()
    ask(bench, Shutdown.STOP)
    assert bench.end(job) == ["ok"]
