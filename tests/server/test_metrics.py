"""What Prometheus reads from a server; read here by its own parser."""

from __future__ import annotations

import http.client
from contextlib import ExitStack, closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nodes import NODE
from prometheus_client.parser import text_string_to_metric_families
from waiting import wait_for

from torc_server.histogram import SECONDS, Histogram


@pytest.fixture
def own(make_server, http_of):
    """Requests to a server of which nothing else is asked."""
    return http_of(make_server())


@pytest.fixture
def figures(own):
    """Return the figures of that server: samples by name and labels."""

    def scrape():
        reply = own("GET", "/metrics")
        assert reply.status == 200
        assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(reply.text)
            for sample in family.samples
        }

    return scrape


def test_jobs_are_counted_by_status(own, figures):
    workflow_id = own.make_workflow()
    for name in "abc":
        own("POST", "/jobs", {"workflow_id": workflow_id, "name": name, "command": "true"})
    assert figures()["torc_jobs", "uninitialized"] == 3

    own("POST", f"/workflows/{workflow_id}/initialize_jobs")

    found = figures()
    assert found["torc_workflows",] == 1
    assert found["torc_jobs", "ready"] == 3
    assert found["torc_jobs", "uninitialized"] == 0


def test_requests_are_counted_by_operation_and_status(own, figures):
    own("GET", "/ping")
    own("GET", "/ping")
    own("GET", "/workflows/77")
    own("GET", "/an/invented/path")

    found = figures()
    assert found["torc_request_seconds_count", "ping", "200"] == 2
    assert found["torc_request_seconds_count", "get_workflow", "404"] == 1
    assert found["torc_request_seconds_count", "unknown", "404"] == 1
    assert 0 < found["torc_request_seconds_sum", "ping", "200"] < 60


def test_open_streams_are_requests_in_progress(own, figures):
    workflow_id = own.make_workflow()
    path = f"/torc-service/v1/workflows/{workflow_id}/events/stream"
    with ExitStack() as stack:
        for _ in range(3):
            connection = http.client.HTTPConnection("127.0.0.1", own.port, timeout=100)
            stack.enter_context(closing(connection))
            connection.request("GET", path)
            stack.enter_context(connection.getresponse())

        assert figures()["torc_requests_in_progress", "stream_events"] == 3

    gone = ("torc_requests_in_progress", "stream_events")
    wait_for(lambda: gone not in figures(), "the end of the streams")


def test_each_change_is_in_a_group_of_the_writer(own, figures):
    before = figures()["torc_write_group_size_sum",]
    for _ in range(5):
        own.make_workflow()

    found = figures()
    assert found["torc_write_group_size_sum",] == before + 5
    assert found["torc_write_group_seconds_count",] == found["torc_write_group_size_count",]
    assert found["torc_writes_waiting",] == 0
    assert found["torc_database_healthy",] == 1
    assert found["torc_database_free_bytes",] > 0


def test_an_active_node_counts_until_it_has_stopped(own, figures):
    workflow_id = own.make_workflow()
    assert ("torc_oldest_heartbeat_timestamp_seconds",) not in figures()
    node = own(
        "POST",
        "/compute_nodes",
        NODE | {"workflow_id": workflow_id, "is_active": True},
    ).body
    found = figures()
    assert found["torc_compute_nodes_active",] == 1
    assert found["torc_compute_nodes_suspect",] == 0

    own("PUT", f"/compute_nodes/{node['id']}", node | {"is_active": False})

    assert figures()["torc_compute_nodes_active",] == 0


def test_figures_need_the_credentials_that_all_else_needs(make_server, http_of, tmp_path):
    token = tmp_path / "token"
    token.write_text("secret-token-of-16")
    token.chmod(0o600)
    call = http_of(make_server("--token-file", str(token)))

    assert call("GET", "/metrics").status == 401
    assert (
        call("GET", "/metrics", None, {"Authorization": "Bearer secret-token-of-16"}).status == 200
    )


@given(st.lists(st.floats(0, 100)))
def test_a_bucket_has_all_values_that_are_not_above_its_bound(values):
    histogram = Histogram()
    for value in values:
        histogram.add(value)

    *buckets, (last, number) = histogram.buckets()
    assert [(float(bound), count) for bound, count in buckets] == [
        (bound, sum(value <= bound for value in values)) for bound in SECONDS
    ]
    assert (last, number) == ("+Inf", len(values))
    assert histogram.total == pytest.approx(sum(values))


def test_the_debug_log_names_each_request_by_its_span(make_server, http_of, tmp_path):
    server = make_server("--log-level", "debug", "--log-dir", str(tmp_path))

    http_of(server)("GET", "/workflows/77", None, {"X-Span-ID": "mine-7"})

    log = tmp_path / "torc-server.log"
    text = "mine-7: /torc-service/v1/workflows/77 (get_workflow) answered with 404 after"
    wait_for(lambda: text in log.read_text(), "the line of the request")
